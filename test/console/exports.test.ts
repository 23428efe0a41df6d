/** The list of exports in a browser: it follows those that are under way. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('an export that starts while somebody looks comes into the list, and to its end, by itself', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  await frontend.ingest('profiles', generateProfiles(40, ['vip']));
  const { activationId } = await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: [] });
  await using opened = await openConsole();
  const { page } = opened;
  await page.goto(`${app.url}/exports`);
  await signIn(opened, app.apiKey);
  await page.getByText('No export yet').waitFor();

  await frontend.triggerExport(activationId);
  await page.getByText('100 % of 40: 40 delivered').waitFor();

  expect(opened.faults).toEqual([]);
}, 120_000);
