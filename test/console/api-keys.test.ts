/** API keys and the audit log by clicks: a key is issued and shown once, works, is revoked, and both are on record. */

import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('an ADMIN issues a key with an end, revokes it by its name, and finds both on record, with the way to what was changed', async () => {
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
  await page.getByLabel('Expires').fill('2020-01-01T00:00');
  await page.getByRole('button', { name: 'Issue the key' }).click();
  await page.getByText('has passed').waitFor();
  await page.getByLabel('Expires').fill('2100-01-02T03:04');
  await page.getByRole('button', { name: 'Issue the key' }).click();
  const key = (await page.getByLabel('The new API key').textContent()) ?? '';
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('article', { name: 'robot' }).getByText('expires Jan 2, 2100, 3:04:00 AM').waitFor();
  expect(await statusOf(app.url, key)).toBe(200);

  await page.getByRole('button', { name: 'Revoke robot' }).click();
  await page.getByLabel('Type robot to go on').fill('robot');
  await page.getByRole('button', { name: 'Revoke the API key' }).click();
  await page.getByRole('article', { name: 'robot' }).getByText('Revoked').waitFor();
  await expect.poll(() => statusOf(app.url, key), { timeout: 5_000 }).toBe(401);

  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('cell', { name: 'revokeApiKey' }).waitFor();
  await page.getByRole('cell', { name: 'createApiKey API key robot' }).last().waitFor();
  await opened.narrow();
  expect(await page.content()).not.toContain(key);
  await page.getByRole('cell', { name: 'revokeApiKey' }).getByRole('link', { name: 'robot' }).click();
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  expect(opened.faults).toEqual([]);
}, 120_000);

async function statusOf(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/failed-records.ndjson?list=x`, { headers: { authorization: `Bearer ${key}` } });
  // The list is none: only who is let in hears so.
  return response.status === 400 ? 200 : response.status;
}
