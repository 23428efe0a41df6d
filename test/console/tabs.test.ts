/** Tabs of a view in a browser: what they share of the address goes with the reader. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('the time that statistics cover stays through the tabs; the filter of one tab does not go to another', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  const made = await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: [] });
  await using opened = await openConsole();
  const { page } = opened;
  const visited: string[] = [];
  const open = async (tab: string) => {
    await page.getByRole('tab', { name: tab }).click();
    await page.getByRole('tab', { name: tab, selected: true }).waitFor();
    visited.push(page.url().replace(app.url, ''));
  };

  await page.goto(`${app.url}/destinations/${made.destinationId}?window=LAST_7_DAYS`);
  await signIn(opened, app.apiKey);
  await open('Live events');
  await page.getByLabel('Profile id').fill('p-1');
  await page.waitForURL('**?window=LAST_7_DAYS&profile=p-1');
  await open('Settings');
  await page.goBack();
  await page.getByLabel('Profile id').and(page.locator('[value=p-1]')).waitFor();
  await open('Summary');
  const covered = await page.getByRole('radio', { name: '7 d' }).isChecked();
  await page.goto(`${app.url}/activations/${made.activationId}?state=RECOVERED`);
  await page.getByText('30 d', { exact: true }).click();
  await page.waitForURL('**?state=RECOVERED&window=LAST_30_DAYS');
  await open("A member's record");
  await page.getByLabel('Profile id').fill('p-1');
  await page.waitForURL('**?window=LAST_30_DAYS&profile=p-1');
  await open('Summary');

  const [destination, activation] = [`/destinations/${made.destinationId}`, `/activations/${made.activationId}`];
  expect(visited).toEqual([
    `${destination}/live?window=LAST_7_DAYS`,
    `${destination}/settings?window=LAST_7_DAYS`,
    `${destination}?window=LAST_7_DAYS`,
    `${activation}/preview?window=LAST_30_DAYS`,
    `${activation}?window=LAST_30_DAYS`,
  ]);
  expect(covered).toBe(true);
  expect(opened.faults).toEqual([]);
}, 120_000);
