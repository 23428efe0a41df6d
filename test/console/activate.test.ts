/** Activating segments in a browser, following the export, and retrying what failed in it. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { openConsole, tabTo } from '../support/browser.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const exported = z.object({ export: z.object({ id: z.string() }) });

/** AWS refuses whatever holds the record of this profile, until the faults are cleared. */
const refusesProfile = (profileId: string) => ({
  kind: 'request-error' as const,
  code: 'ValidationException',
  status: 400,
  match: { operation: 'PutRecords', partitionKey: profileId },
});

/** The API's own file of the open failed records of the newest export. */
async function readList({ url, apiKey }: TestApp, destinationId: string): Promise<string> {
  const { exports } = Object(
    await new Frontend(url, apiKey).run(
      `query($id: ID!) { exports(filter: { destinationId: $id }) { nodes { failedRecords(filter: { states: [OPEN] }) { downloadPath } } } }`,
      { id: destinationId },
    ),
  );
  const path = exports.nodes[0].failedRecords.downloadPath;
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${apiKey}` } });
  return await response.text();
}

test('segments are activated by clicks, the export is followed to its end, and what failed is retried', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip', 'new']);
  await frontend.ingest('profiles', generateProfiles(300, ['vip', 'new']));
  const { destinationId, activationId } = await frontend.setUp({
    stream: 'profiles',
    segmentIds: ['new'],
    attributes: [],
  });
  app.sandbox.setFaults([refusesProfile('profile-4'), refusesProfile('profile-8')]);
  await using opened = await openConsole();
  const { page } = opened;
  const barriers: string[] = [];
  const goOn = () => page.getByRole('button', { name: 'Continue' }).click();

  await page.goto(`${app.url}/destinations/${destinationId}/activate`);
  await tabTo(opened, page.getByLabel('API key'));
  await page.keyboard.insertText(app.apiKey);
  await page.keyboard.press('Enter');
  await tabTo(opened, page.getByLabel('Search segments'));
  await page.keyboard.type('vi');
  await page.getByLabel('new', { exact: true }).waitFor({ state: 'detached' });
  await tabTo(opened, page.getByLabel('vip', { exact: true }));
  await page.keyboard.press('Space');
  await page.getByText('vip · 150 members').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('activate-segments');
  await tabTo(opened, page.getByRole('button', { name: 'Continue' }));
  await page.keyboard.press('Enter');
  await page.getByRole('checkbox', { name: 'firstName' }).check();
  await page.getByRole('checkbox', { name: 'tier' }).check();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('activate-attributes');
  await goOn();
  await page.getByRole('radio', { name: 'All present members' }).check();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('activate-options');
  await goOn();
  await page.getByRole('region', { name: 'Record' }).getByText('"firstName"').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('activate-review');
  await opened.narrow();
  await page.getByRole('button', { name: 'Activate', exact: true }).click();

  await page.getByRole('heading', { name: 'Backfill export' }).waitFor();
  await page.getByText('100 % of 150: 148 delivered, 2 failed').waitFor();
  await page.getByText('2 failed records').waitFor();
  await opened.narrow();
  await page.setViewportSize({ width: 1280, height: 800 });
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('export');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ]);
  const downloaded = await readFile(await file.path(), 'utf8');
  const served = await readList(app, destinationId);
  await page.getByRole('combobox', { name: 'Code' }).click();
  await page.getByRole('option', { name: 'RECORD_TOO_LARGE' }).click();
  await page.getByText('None is open').waitFor();
  await page.getByRole('combobox', { name: 'Code' }).click();
  await page.getByRole('option', { name: 'RECORD_REFUSED' }).click();
  await page.getByRole('button', { name: 'Show the record of profile-4' }).click();
  await page.getByRole('dialog').getByText('"First 4"').waitFor();
  barriers.push(...(await opened.findBarriers()));
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  app.sandbox.setFaults([refusesProfile('profile-8')]);
  await page.getByRole('link', { name: 'Failed records' }).click();
  await page.getByText('Choose a destination to retry').waitFor();
  const unbounded = await page.getByRole('button', { name: /^(Retry|Discard) / }).count();
  await page.getByRole('combobox', { name: 'Destination' }).fill('prof');
  await page.getByRole('option', { name: 'profiles' }).click();
  await page.getByRole('button', { name: 'Retry 2 records' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry 2 records' }).click();
  await page.getByRole('button', { name: 'Discard 1 record' }).click();
  barriers.push(...(await opened.findBarriers()));
  await page.getByRole('dialog').getByRole('button', { name: 'Discard 1 record' }).click();
  await page.getByText('None is open').waitFor();
  await page.getByRole('link', { name: 'Exports' }).click();
  await page.getByRole('link', { name: 'Retry to profiles' }).click();
  await page.getByText('100 % of 2: 1 delivered, 0 failed, 1 skipped').waitFor();
  await page.getByRole('link', { name: 'Overview' }).first().click();
  await page.getByRole('article', { name: 'profiles' }).waitFor();
  const alarms = await page.getByText('Needs attention').count();
  const order = { type: 'TriggerExportInput', value: { activationId, maxRecordsPerSecond: 2 } };
  const slow = exported.parse(await frontend.mutate('triggerExport', order, '{ export { id } }'));
  await page.goto(`${app.url}/exports/${slow.export.id}`);
  await page
    .locator('dd')
    .filter({ hasText: /^\d+ (s|min)$/ })
    .waitFor();
  await page.getByRole('button', { name: 'Cancel the export' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the export to profiles' }).click();
  await page.getByText('Canceled', { exact: true }).waitFor();
  await page.getByRole('cell', { name: 'EXPORT_CANCELED' }).waitFor();

  expect(downloaded).toBe(served);
  expect(downloaded.trim().split('\n')).toHaveLength(2);
  expect({ unbounded, alarms }).toEqual({ unbounded: 0, alarms: 0 });
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 240_000);
