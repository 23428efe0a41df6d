/** Permissions that a credential lacks, in a browser: each with the statement that gives it, to copy. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

const deny = (operation: string) =>
  ({ kind: 'request-error', code: 'AccessDeniedException', status: 400, match: { operation } }) as const;

test('a test, the list of streams and the spread show the statement of what is missing, and copy it', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['vip']);
  const { destinationId } = await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: [] });
  app.sandbox.setFaults([deny('PutRecords'), deny('ListShards'), deny('ListStreams')]);
  await using opened = await openConsole({ permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = opened;
  const barriers: string[] = [];
  const copyStatement = async (action: string): Promise<unknown> => {
    await page.getByRole('button', { name: `The policy statement that gives ${action}` }).click();
    // With the keyboard: what is under the mouse moves while the statement unfolds.
    await page.getByRole('button', { name: `Copy the statement for ${action}` }).press('Enter');
    return await until(async () => {
      const text = String(await page.evaluate('navigator.clipboard.readText()'));
      expect(text).toContain(action);
      return JSON.parse(text);
    });
  };

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
