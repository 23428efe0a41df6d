/** Live delivery: a change reaches the stream by itself, once, with its causes; what comes in flight is not lost. */

import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import type { DeliveryEngine } from '../../src/delivery/engine.js';
import { createProfiles, type Profiles } from '../../src/domain/profile.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type DeliverySetup, setUpDelivery, startEngine } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let setup: DeliverySetup;
let profiles: Profiles;
let stream: string;

beforeEach(async () => {
  stream = `live-${Math.random().toString(36).slice(2)}`;
  setup = await setUpDelivery(database.db, { stream, attributes: ['name', 'city'] });
  profiles = createProfiles({ db: database.db, clock: () => new Date() });
});

test('a new member is delivered by itself, once, with its causes and the time from its commit', async () => {
  await using sandbox = await openSandbox();
  await using _engine = startEngine(database.db, sandbox.endpoint);

  await write({ name: 'Ada' }, 'REALIZED');
  await untilSettled(1);

  expect(readStream(sandbox)).toMatchObject([{ name: 'Ada', segmentMembership: { ups: expect.anything() } }]);
  expect(await readOutcomes()).toMatchObject([
    { origin: 'LIVE', outcome: 'D', causes: ['ATTRIBUTE:name', 'MEMBERSHIP:segment-0'], exportIds: [] },
  ]);
  expect((await readOutcomes())[0]?.latencyMs).toBeGreaterThan(0);
  expect(await countPending()).toBe(0);
});

test('the latency of a change counts what its page waits for once the change is found', async () => {
  await using sandbox = await openSandbox();
  await write({ name: 'Ada' }, 'REALIZED');
  const writtenAt = performance.now();
  let sentAt = 0;
  await using _engine = startEngine(database.db, sandbox.endpoint, {
    async failpoint(name) {
      if (name !== 'page.read') return;
      const readAt = performance.now();
      await until(() => performance.now() - readAt >= 500);
      sentAt = performance.now();
    },
  });

  await untilSettled(1);

  // Less what an answer of the database may lie unread.
  expect((await readOutcomes())[0]?.latencyMs).toBeGreaterThan(sentAt - writtenAt - 200);
});

test('changes that wait become one record with the latest state and all causes', async () => {
  await using sandbox = await openSandbox();
  await write({ name: 'Ada' }, 'REALIZED');
  await write({ name: 'Grace' });
  await write({ city: 'Arlington' });

  await using _engine = startEngine(database.db, sandbox.endpoint);
  await untilSettled(1);

  expect(readStream(sandbox)).toMatchObject([{ name: 'Grace', city: 'Arlington' }]);
  const [outcome] = await readOutcomes();
  expect(outcome?.causes).toEqual(['ATTRIBUTE:city', 'ATTRIBUTE:name', 'MEMBERSHIP:segment-0']);
});

test('a change that comes while a record is in flight is delivered after it, with its own causes only', async () => {
  await using sandbox = await openSandbox();
  await using _engine = writeInFlight(sandbox, { city: 'Arlington' });

  await write({ name: 'Ada' }, 'REALIZED');
  await untilSettled(2);

  expect(readStream(sandbox)).toMatchObject([{ name: 'Ada' }, { name: 'Ada', city: 'Arlington' }]);
  expect((await readOutcomes()).map(({ causes }) => causes)).toEqual([
    ['ATTRIBUTE:name', 'MEMBERSHIP:segment-0'],
    ['ATTRIBUTE:city'],
  ]);
  expect(await countPending()).toBe(0);
});

test('the same cause that comes again while its record is in flight is delivered again', async () => {
  await using sandbox = await openSandbox();
  await using _engine = writeInFlight(sandbox, { name: 'Grace' });

  await write({ name: 'Ada' }, 'REALIZED');
  await untilSettled(2);

  expect(readStream(sandbox)).toMatchObject([{ name: 'Ada' }, { name: 'Grace' }]);
});

test('a former member gets its exit, and nothing after it', async () => {
  await using sandbox = await openSandbox();
  await using _engine = startEngine(database.db, sandbox.endpoint);
  await write({ name: 'Ada' }, 'REALIZED');
  await untilSettled(1);

  await write({ name: 'Grace' }, 'EXITED');
  await untilSettled(2);
  await write({ name: 'Margaret' });
  await write({ name: 'Margaret' }, 'REALIZED');
  await untilSettled(3);

  const statuses = readStream(sandbox).map(
    (record) => Object.values(record['segmentMembership']['ups'])[0] as { status: string },
  );
  expect(statuses.map(({ status }) => status)).toEqual(['realized', 'exited', 'realized']);
});

test('a profile that is erased before its change is sent is skipped', async () => {
  await using sandbox = await openSandbox();
  await write({ name: 'Ada' }, 'REALIZED');
  await profiles.delete(setup.workspaceId, 'p');

  await using _engine = startEngine(database.db, sandbox.endpoint);
  await untilSettled(1);

  expect(readStream(sandbox)).toEqual([]);
  expect(await readOutcomes()).toMatchObject([{ outcome: 'S', code: 'PROFILE_DELETED' }]);
});

test('a write that is rolled back leaves nothing to deliver', async () => {
  const broken = { profileId: 'q', memberships: [{ segmentId: 'no-such-segment', status: 'REALIZED' as const }] };

  await expect(
    profiles.upsert(setup.workspaceId, [
      { profileId: 'p', memberships: [{ segmentId: 'segment-0', status: 'REALIZED' }] },
      broken,
    ]),
  ).rejects.toThrow();

  expect(await countPending()).toBe(0);
});

/** An engine during whose first call to Kinesis the profile is written. */
function writeInFlight(sandbox: Sandbox, attributes: Record<string, unknown>): DeliveryEngine {
  let isWritten = false;
  return startEngine(database.db, sandbox.endpoint, {
    async failpoint(name) {
      if (name !== 'page.sent' || isWritten) return;
      isWritten = true;
      await write(attributes);
    },
  });
}

async function openSandbox(): Promise<Sandbox> {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 1);
  return sandbox;
}

async function write(attributes: Record<string, unknown>, status?: 'REALIZED' | 'EXITED'): Promise<void> {
  const memberships = status ? [{ segmentId: 'segment-0', status }] : [];
  await profiles.upsert(setup.workspaceId, [{ profileId: 'p', attributes, memberships }]);
}

// biome-ignore lint/suspicious/noExplicitAny: records as a consumer reads them.
function readStream(sandbox: Sandbox): Record<string, any>[] {
  return Array.from(sandbox.listRecords(stream), (record) => JSON.parse(Buffer.from(record.data).toString()));
}

async function countPending(): Promise<number> {
  const { rows } = await sql<{ records: number }>`select count(*)::int as records from pending_record
    where destination_id = ${setup.destinationId}`.execute(database.db);
  return rows[0]?.records ?? 0;
}

interface OutcomeView {
  origin: string;
  outcome: string;
  code: string | null;
  causes: string[];
  exportIds: number[];
  latencyMs: number;
}

async function readOutcomes(): Promise<OutcomeView[]> {
  const { rows } = await sql<Omit<OutcomeView, 'causes'> & { causes: string[] | null }>`
    select event.origin, event.outcomes as outcome, event.record_codes[1] as code, event.export_ids as "exportIds",
      event.record_causes -> 0 as causes, event.latencies_ms[1] as "latencyMs"
    from delivery_event event where destination_id = ${setup.destinationId}
    order by committed_at, id`.execute(database.db);
  return rows.map((row) => ({ ...row, causes: (row.causes ?? []).toSorted() }));
}

/** Waits until so many single records were put on the books. */
async function untilSettled(records: number): Promise<void> {
  await until(async () => {
    const outcomes = await readOutcomes();
    if (outcomes.length < records) throw new Error(`${outcomes.length} of ${records} records are on the books.`);
  });
}
