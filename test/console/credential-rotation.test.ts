/** Credentials in a browser: renamed and rotated. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('a credential is renamed and rotated by clicks; the old key comes back, and is erased in the end', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  await frontend.setUp({ stream: 'orders', segmentIds: ['vip'], attributes: [] });
  await using opened = await openConsole();
  const { page } = opened;
  await page.goto(`${app.url}/credentials`);
  await signIn(opened, app.apiKey);

  await page.getByRole('button', { name: 'Rename key of orders' }).click();
  await page.getByLabel('New name').fill('');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await page.getByRole('dialog').getByText(/name/).last().waitFor();
  await page.getByLabel('New name').fill('orders key');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  const card = page.getByRole('article', { name: 'orders key' });
  await card.getByText('Access key ending in MPLE').waitFor();
  await page.getByRole('button', { name: 'Rotate orders key' }).click();
  await page.getByLabel('Access key id').fill('AKIAIOSFODNN7SECOND0');
  await page.getByLabel('Secret access key').fill('wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY01');
  const formBarriers = await opened.findBarriers();
  await page.getByRole('button', { name: 'Use the new one' }).click();
  await card.getByText('Access key ending in OND0').waitFor();
  await card.getByText('Before: access key ending in MPLE').waitFor();
  await opened.takePicture('credential-rotated');
  const cardBarriers = await opened.findBarriers();
  await card.getByRole('button', { name: 'Bring the old one back' }).click();
  await page.getByRole('button', { name: 'Bring the old one back in orders key' }).click();
  await card.getByText('Before: access key ending in OND0').waitFor();
  await card.getByRole('button', { name: 'Erase the old one' }).click();
  await page.getByRole('button', { name: 'Erase the old one in orders key' }).click();
  await card.getByText('Before:').waitFor({ state: 'detached' });

  expect({ formBarriers, cardBarriers }).toEqual({ formBarriers: [], cardBarriers: [] });
  expect(await card.getByText('Access key ending in MPLE').count()).toBe(1);
  expect(opened.faults).toEqual([]);
}, 120_000);
