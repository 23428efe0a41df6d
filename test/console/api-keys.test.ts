/** API keys and the audit log by clicks: a key is issued and shown once, works, is revoked, and both are on record. */

import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('an ADMIN issues a key, revokes it by its name, and finds both on record', async () => {
  await using app = await startTestApp({
    connection: database.connection,
    environment: { LISTED_OPERATIONS: 'on' },
  });
  await using opened = await openConsole();
  const { page } = opened;
  await page.goto(app.url);
  await signIn(opened, app.apiKey);
  await page.getByRole('link', { name: 'API keys' }).click();

  await page.getByRole('button', { name: 'New API key' }).click();
  await page.getByLabel('Name').fill('robot');
  await page.getByRole('button', { name: 'Issue the key' }).click();
  const key = (await page.getByLabel('The new API key').textContent()) ?? '';
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await statusOf(app.url, key)).toBe(200);

  await page.getByRole('button', { name: 'Revoke robot' }).click();
  await page.getByLabel('Type robot to go on').fill('robot');
  await page.getByRole('button', { name: 'Revoke the API key' }).click();
  await page.getByRole('article', { name: 'robot' }).getByText('Revoked').waitFor();
  await expect.poll(() => statusOf(app.url, key), { timeout: 5_000 }).toBe(401);

  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('cell', { name: 'revokeApiKey' }).waitFor();
  await page.getByRole('cell', { name: 'createApiKey' }).waitFor();
  expect(await page.content()).not.toContain(key);
  expect(opened.faults).toEqual([]);
}, 120_000);

async function statusOf(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/failed-records.ndjson?list=x`, { headers: { authorization: `Bearer ${key}` } });
  // The list is none: only who is let in hears so.
  return response.status === 400 ? 200 : response.status;
}
