/** The live view over pauses and over a server that is stopped and started: no gap, and nothing twice. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { type ConsolePage, openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

/** What a browser says of a server that was stopped. */
const SERVER_GONE = [/^error: Failed to load resource: net::ERR_/, /^error: WebSocket connection to .* failed/];

/** New members of the segment, each of which is delivered at once. */
function* members(name: string, count: number): Generator<object> {
  for (let number = 0; number < count; number += 1)
    yield { profileId: `${name}-${number}`, memberships: [{ segmentId: 'vip', status: 'REALIZED' }] };
}

async function untilRows({ page }: ConsolePage, count: number): Promise<string[]> {
  return await until(
    async () => {
      const found = await page.getByRole('table', { name: 'Events' }).getByRole('link').allTextContents();
      if (found.length !== count) throw new Error(`${found.length} rows in place of ${count}.`);
      return found;
    },
    { timeoutMs: 60_000, intervalMs: 100 },
  );
}

test('events stop and go on with a click, and over a restart of the server, each of them once', async () => {
  const environment = { ENCRYPTION_KEY: randomBytes(32).toString('base64') };
  const first = await startTestApp({ connection: database.connection, environment });
  const frontend = new Frontend(first.url, first.apiKey);
  await frontend.createSegments(['vip']);
  const made = await frontend.setUp({ stream: 'profiles', segmentIds: ['vip'], attributes: [] });
  await using opened = await openConsole({ allowedFaults: SERVER_GONE });
  const { page } = opened;

  await page.goto(`${first.url}/destinations/${made.destinationId}/live`);
  await signIn(opened, first.apiKey);
  await page.getByText('Nothing has happened since').waitFor();
  await page.getByText('Live. 0 events').waitFor();
  await frontend.ingest('profiles', members('early', 30));
  await untilRows(opened, 30);
  await page.getByRole('button', { name: 'Pause' }).click();
  await frontend.ingest('profiles', members('paused', 10));
  await page.getByText('Paused.').waitFor();
  await untilRows(opened, 30);
  await page.getByRole('button', { name: 'Go on' }).click();
  await untilRows(opened, 40);
  const barriers = await opened.findBarriers();
  await opened.takePicture('live');
  expect(opened.faults).toEqual([]);

  await frontend.ingest('profiles', members('broken', 20));
  await first[Symbol.asyncDispose]();
  await page.getByText('This could not be loaded').waitFor();
  await page
    .getByText('Connection lost')
    .or(page.getByText('The connection is lost'))
    .or(page.getByText('Connecting'))
    .first()
    .waitFor();
  const port = new URL(first.url).port;
  await using second = await startTestApp({
    connection: database.connection,
    apiKey: first.apiKey,
    environment: { ...environment, PORT: port },
  });
  await frontend.ingest('profiles', members('late', 20));
  const shown = await untilRows(opened, 80);
  await page.getByLabel('Profile id').fill('late-7');
  await untilRows(opened, 1);
  const filtered = page.url();
  await frontend.ingest('profiles', members('many', 600));
  // All of them: what waits when an export begins becomes one record with it.
  await page.getByText('1 of 680 events').waitFor();
  await frontend.triggerExport(made.activationId);
  await page.getByLabel('Profile id').fill('many-437');
  // Once live and once by the export, in commits that list other records first.
  const found = await untilRows(opened, 2);
  await page.getByText(/^Live\. 2 of 1,[0-9]+ events since/).waitFor();
  barriers.push(...(await opened.findBarriers()));
  await page.getByRole('link', { name: 'All that was sent of many-437' }).click();
  await page.getByRole('heading', { name: 'many-437' }).waitFor();

  expect(second.url).toBe(first.url);
  expect(new Set(shown).size).toBe(80);
  expect(filtered).toContain('profile=late-7');
  expect(found).toEqual(['many-437', 'many-437']);
  expect(barriers).toEqual([]);
}, 240_000);
