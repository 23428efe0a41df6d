/** Permissions that a credential lacks, in a browser: each with the statement that gives it, to copy. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  await new Frontend(app.url, app.apiKey).createSegments(['vip']);
});

afterEach(() => app.sandbox.setFaults([]));
afterAll(() => app[Symbol.asyncDispose]());

const deny = (operation: string) =>
  ({ kind: 'request-error', code: 'AccessDeniedException', status: 400, match: { operation } }) as const;

/** What the clipboard holds once the statement was copied. */
async function copyStatementOf(page: Page, action: string): Promise<unknown> {
  await page.getByRole('button', { name: `The policy statement that gives ${action}` }).click();
  // With the keyboard: what is under the mouse moves while the statement unfolds.
  await page.getByRole('button', { name: `Copy the statement for ${action}` }).press('Enter');
  return await until(async () => {
    const text = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(text).toContain(action);
    return JSON.parse(text);
  });
}

test('a test, the list of streams and the spread show the statement of what is missing, and copy it', async () => {
  const { destinationId } = await new Frontend(app.url, app.apiKey).setUp({
    stream: 'profiles',
    segmentIds: ['vip'],
    attributes: [],
  });
  app.sandbox.setFaults([deny('PutRecords'), deny('ListShards'), deny('ListStreams')]);
  await using opened = await openConsole({ permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = opened;
  const barriers: string[] = [];
  const copyStatement = (action: string) => copyStatementOf(page, action);

  await page.goto(`${app.url}/destinations/${destinationId}`);
  await signIn(opened, app.apiKey);
  await page.getByRole('button', { name: 'Test now' }).click();
  await page.getByText('The test did not pass').waitFor();
  const ofTest = await copyStatement('kinesis:PutRecords');
  barriers.push(...(await opened.findBarriers()));
  await opened.takePicture('missing-permission');
  await opened.narrow();
  await page.getByRole('tab', { name: 'Settings' }).click();
  const ofList = await copyStatement('kinesis:ListStreams');
  await page.getByRole('button', { name: 'Show the spread' }).click();
  const ofSpread = await copyStatement('kinesis:ListShards');
  barriers.push(...(await opened.findBarriers()));
  await opened.narrow();

  const stream = expect.stringMatching(/^arn:aws:kinesis:us-east-1:.+:stream\/profiles$/);
  expect(ofTest).toEqual({ Effect: 'Allow', Action: ['kinesis:PutRecords'], Resource: [stream] });
  expect(ofList).toEqual({ Effect: 'Allow', Action: ['kinesis:ListStreams'], Resource: ['*'] });
  expect(ofSpread).toEqual({ Effect: 'Allow', Action: ['kinesis:ListShards'], Resource: [stream] });
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 120_000);

test('a rotation that AWS refuses shows the statement of what is missing, and goes through once it is given', async () => {
  await new Frontend(app.url, app.apiKey).setUp({ stream: 'orders', segmentIds: ['vip'], attributes: [] });
  await using opened = await openConsole({ permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = opened;
  const submit = () => page.getByRole('button', { name: 'Use the new one' }).click();
  app.sandbox.setFaults([deny('GetCallerIdentity')]);

  await page.goto(`${app.url}/credentials`);
  await signIn(opened, app.apiKey);
  await page.getByRole('button', { name: 'Rotate key of orders' }).click();
  await page.getByLabel('Access key id').fill('AKIAIOSFODNN7SECOND0');
  await page.getByLabel('Secret access key').fill('wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY01');
  await submit();
  await page.getByText('add sts:GetCallerIdentity to its IAM policy').waitFor();
  const copied = await copyStatementOf(page, 'sts:GetCallerIdentity');
  const barriers = await opened.findBarriers();
  await opened.narrow();
  app.sandbox.setFaults([]);
  await submit();
  await page.getByText('Access key ending in OND0').waitFor();

  expect(copied).toEqual({ Effect: 'Allow', Action: ['sts:GetCallerIdentity'], Resource: ['*'] });
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 120_000);
