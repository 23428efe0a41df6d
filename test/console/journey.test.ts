/** The whole job in a browser, from an empty workspace to a repaired stream, all of it by clicks. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
/** How long a retry may take to be delivered. */
const RETRY_WAIT = { timeoutMs: 30_000 };

/** Members of the segment with an attribute that changes with every round. */
function profileLines(count: number, round: number): string {
  return Array.from({ length: count }, (_, number) =>
    JSON.stringify({
      profileId: `p-${number}`,
      attributes: { person: { name: { firstName: `First ${number}` } }, round },
      memberships: [{ segmentId: 'vip', status: 'realized', lastQualificationTime: '2026-01-01T00:00:00Z' }],
    }),
  ).join('\n');
}

async function upload(page: Page, lines: string): Promise<void> {
  await page.getByRole('link', { name: 'Upload', exact: true }).click();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'File', exact: true }).click(),
  ]);
  await chooser.setFiles({ name: 'p.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(lines) });
  await Promise.all([
    page.waitForResponse((response) => response.url().includes('/ingest/profiles')),
    page.getByRole('button', { name: 'Upload' }).click(),
  ]);
  await page.getByText('All lines were taken').waitFor();
}

async function createSegment(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Segments' }).click();
  await page.getByRole('button', { name: 'New segment' }).click();
  await page.getByRole('textbox', { name: 'Segment id' }).fill('vip');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Loyal customers');
  await page.getByRole('button', { name: 'Create segment' }).click();
  await page.getByRole('link', { name: 'Loyal customers' }).waitFor();
}

async function connectStream(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('link', { name: 'Connect the first destination' }).click();
  await page.getByRole('link', { name: 'Set up Amazon Kinesis' }).click();
  await page.getByLabel('Access key id').fill('AKIAIOSFODNN7EXAMPLE');
  await page.getByLabel('Secret access key').fill('wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('export user');
  await page.getByRole('button', { name: 'Create credential and continue' }).click();
  await page.getByLabel('Region').fill('us-east-1');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Orders');
  await page.getByText('Streams found: 1.').waitFor();
  await page.getByRole('combobox', { name: 'Stream' }).click();
  await page.getByRole('option', { name: 'profiles' }).click();
  await page.getByRole('button', { name: 'Continue to the test' }).click();
  await page.getByText('The test passed').waitFor();
  await page.getByRole('button', { name: 'Create destination' }).click();
  await page.getByRole('heading', { name: 'Orders' }).waitFor();
}

async function activate(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Activate segments' }).click();
  await page.getByLabel('Loyal customers').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('checkbox', { name: 'round' }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('region', { name: 'Record' }).getByText('"round": 1').waitFor();
  await page.getByRole('button', { name: 'Activate', exact: true }).click();
}

test('an empty workspace comes to deliver, breaks, and is repaired, by clicks alone', async () => {
  await using app = await startTestApp({
    connection: database.connection,
    // The console asks nothing but what is listed.
    environment: { LISTED_OPERATIONS: 'on' },
  });
  await using opened = await openConsole();
  const { page } = opened;
  await page.goto(app.url);
  await signIn(opened, app.apiKey);
  await createSegment(page);
  await upload(page, profileLines(200, 1));
  await connectStream(page);
  await activate(page);
  await page.getByText('100 % of 200: 200 delivered, 0 failed').waitFor();
  await opened.takePicture('journey-export');

  await page.getByRole('link', { name: 'Orders' }).click();
  await page.getByRole('tab', { name: 'Live events' }).click();
  await page.getByText('Live. 0 events').waitFor();
  await using second = await openConsole();
  await second.page.goto(app.url);
  await signIn(second, app.apiKey);
  await upload(second.page, profileLines(10, 2));
  const events = page.getByRole('table', { name: 'Events' });
  await events.getByRole('link', { name: 'p-9', exact: true }).waitFor();
  await opened.takePicture('journey-live');

  app.sandbox.setFaults([
    { kind: 'request-error', code: 'AccessDeniedException', status: 400, match: { operation: 'PutRecords' } },
  ]);
  await upload(second.page, profileLines(10, 3));
  await events.getByText('Halted').waitFor();
  await page.getByRole('tab', { name: 'Summary' }).click();
  await page.getByText('Halted: ACCESS_DENIED').waitFor();
  await page.getByRole('button', { name: 'Test now' }).click();
  await page.getByText('The test did not pass').waitFor();
  await opened.takePicture('journey-halted');
  const barriers = await opened.findBarriers();
  app.sandbox.setFaults([
    {
      kind: 'request-error',
      code: 'ValidationException',
      status: 400,
      match: { operation: 'PutRecords', partitionKey: 'p-3' },
    },
  ]);
  await page.getByRole('button', { name: 'Test now' }).click();
  await page.getByText('The test passed').waitFor();
  await page.getByRole('link', { name: 'Look at the failed records' }).click();
  await page.getByRole('table', { name: 'Failed records' }).getByRole('link', { name: 'p-3' }).waitFor();
  await opened.takePicture('journey-failed-records');
  app.sandbox.setFaults([]);
  await page.getByRole('button', { name: 'Retry 1 record' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry 1 record' }).click();
  await page.getByText('None is open').waitFor();
  await page.goto(`${app.url}/profiles/p-3`);
  const sent = page.getByRole('table', { name: 'Deliveries' });
  // The view is as of when it was opened, and the retry may still be under way then.
  await until(async () => {
    await page.reload({ waitUntil: 'networkidle' });
    expect(await sent.getByText('Retry').count()).toBe(1);
  }, RETRY_WAIT);
  await opened.takePicture('journey-profile');

  const stored = [...app.sandbox.listRecords('profiles')].filter(({ partitionKey }) => partitionKey === 'p-3');
  expect(stored.map(({ data }) => JSON.parse(data.toString()).round)).toEqual([1, 2, 3]);
  expect(barriers).toEqual([]);
  expect([...opened.faults, ...second.faults]).toEqual([]);
}, 300_000);
