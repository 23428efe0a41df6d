/** Many membership changes in one body of bulk ingest, with an active activation: all are delivered, none twice. */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Frontend } from '../support/frontend.js';
import { readLedgerBook } from '../support/ledger.js';
import { frontendOf, setStage } from '../support/stage.js';
import { consume } from '../support/stream-consumer.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const SMALL = 10_000;
/** Changes of the large body: 100,000 where there is time. */
const LARGE = Math.max(30_000, Math.min(100_000, 100 * Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 0)));
/** What V8 may let the heap grow by between two collections: 40 to 63 MB were seen, and no more of 100,000 than of 30,000. */
const MAX_GROWTH_MB = 100;

const database = useTestDatabase();

test(`${LARGE} changes in one body are delivered, each once, and take no more memory than ${SMALL}`, {
  timeout: 900_000,
}, async ({ annotate }) => {
  const environment = { DATABASE_URL: database.connection, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
  await using stage = await setStage({ environment });
  const frontend = frontendOf(await stage.startServer());
  await frontend.createSegments(['everyone']);
  await addProfiles(frontend, SMALL + LARGE);
  const { destinationId } = await frontend.setUp({ stream: 'orders', segmentIds: ['everyone'], attributes: ['tier'] });

  const small = await watchMemory(frontend, () => joinSegment(frontend, { destinationId, from: 0, count: SMALL }));
  const large = await watchMemory(frontend, () => joinSegment(frontend, { destinationId, from: SMALL, count: LARGE }));

  await annotate(`peak of ${SMALL}: ${small.peakMb} MB; of ${LARGE}: ${large.peakMb} MB`);
  for (const { report, lines } of [small.value, large.value])
    expect(report).toMatchObject({ lines, accepted: lines, updated: lines, refused: 0 });
  expect(large.peakMb - small.peakMb).toBeLessThan(MAX_GROWTH_MB);
  const ledger = await readLedgerBook(stage.ledger);
  const profileIds = Array.from({ length: SMALL + LARGE }, (_, number) => `profile-${number}`);
  expect({ lost: ledger.findLost(profileIds), duplicates: ledger.duplicates }).toEqual({ lost: [], duplicates: 0 });
  const records = await consume(stage.sandbox.endpoint, 'orders');
  expect(records.size).toBe(SMALL + LARGE);
  const [number, record] = [SMALL + 7, records.get(`profile-${SMALL + 7}`)];
  expect(record).toMatchObject({ tier: number, segmentMembership: { ups: { everyone: { status: 'realized' } } } });
});

/** Adds profiles that are in no segment. */
async function addProfiles(frontend: Frontend, count: number): Promise<void> {
  for (let start = 0; start < count; start += 20_000) {
    const size = Math.min(20_000, count - start);
    await frontend.ingest(
      'profiles',
      Array.from({ length: size }, (_, index) => ({
        profileId: `profile-${start + index}`,
        attributes: { tier: start + index },
      })),
    );
  }
}

/** Puts profiles into the segment by one body, and waits until nothing of it waits. */
async function joinSegment(
  frontend: Frontend,
  change: { destinationId: string; from: number; count: number },
): Promise<{ report: Record<string, unknown>; lines: number }> {
  const lines = Array.from({ length: change.count }, (_, index) => ({
    profileId: `profile-${change.from + index}`,
    segmentId: 'everyone',
    status: 'realized',
  }));
  const report = await frontend.ingest('memberships', lines);
  await until(
    async () => {
      const pending = await readPending(frontend, change.destinationId);
      if (pending > 0) throw new Error(`${pending} records wait.`);
    },
    { timeoutMs: 600_000, intervalMs: 100 },
  );
  return { report, lines: change.count };
}

async function readPending(frontend: Frontend, id: string): Promise<number> {
  const data = await frontend.run('query($id: ID!) { destination(id: $id) { pending } }', { id });
  return z.object({ pending: z.number() }).parse(data['destination']).pending;
}

/** Does work while the server's resident memory is watched. */
async function watchMemory<Value>(
  frontend: Frontend,
  work: () => Promise<Value>,
): Promise<{ value: Value; peakMb: number }> {
  let peak = 0;
  let isDone = false;
  const watch = async () => {
    while (!isDone) {
      peak = Math.max(peak, await frontend.readMetric('process_resident_memory_bytes'));
      await delay(100);
    }
  };
  const watching = watch();
  const value = await work().finally(() => {
    isDone = true;
  });
  await watching;
  return { value, peakMb: Math.round(peak / 1024 / 1024) };
}
