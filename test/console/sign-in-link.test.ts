/** The console in a browser: a link signs in once. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp } from '../support/app.js';
import { openConsole } from '../support/browser.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('a link signs in once, and leaves no token in the address', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const headers = { authorization: `Bearer ${app.apiKey}` };
  const made = await fetch(`${app.url}/sign-in-links`, { method: 'POST', headers });
  const { path } = z.object({ path: z.string() }).parse(await made.json());
  await using first = await openConsole();
  await first.page.goto(app.url + path);
  await first.page.getByText('No destination yet').waitFor();
  const signedInAt = first.page.url();
  await first.page.reload();
  await first.page.getByText('No destination yet').waitFor();

  expect(new URL(signedInAt).hash).toBe('');
  expect(first.faults).toEqual([]);
  await using second = await openConsole({ allowedFaults: [/status of 410/] });
  await second.page.goto(app.url + path);
  await second.page.getByText('The link was used already or has expired.').waitFor();
  await second.page.getByLabel('API key').waitFor();
  expect(new URL(second.page.url()).hash).toBe('');
  expect(await second.findBarriers()).toEqual([]);
}, 60_000);
