/** `kill -9` on the way of a live change, in the process that writes it or in the one that delivers it: nothing is lost. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { FAILPOINTS } from '../../src/delivery/failpoint.js';
import { createProfiles } from '../../src/domain/profile.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type ChildScript, startChildScript } from '../support/child-script.js';
import { type DeliverySetup, setUpDelivery, startEngine } from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
/** Kills of writers at random moments. */
const KILLS = Math.min(20, Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 8));
/** Writers at once. */
const WRITERS = 4;
const PROFILES = 40;
const LEASE_MS = 1_000;
let setup: DeliverySetup;
let stream: string;
let streams = 0;

beforeEach(async () => {
  streams += 1;
  stream = `killed-${streams}`;
  setup = await setUpDelivery(database.db, { stream, attributes: ['n'] });
});

test.each(['workspace.lock', 'profiles.insert', 'pending_records.put', 'memberships.insert'])(
  'a writer killed after its statement %s leaves neither a profile nor a record',
  async (place) => {
    await killWriterAt(place);

    expect(await readState()).toEqual({ profiles: 0, memberships: 0, pending: 0 });
  },
);

test('what a writer committed that was killed before it told anyone is delivered', async () => {
  await killWriterAt('committed');
  expect(await readState()).toEqual({ profiles: 5, memberships: 5, pending: 5 });

  await using sandbox = await openSandbox();
  await using _engine = startEngine(database.db, sandbox.endpoint);
  await untilIdle();

  const ledger = await compareWithLedger(database.db, sandbox, placeOf());
  expect(ledger).toMatchObject({ told: 5, untold: [], invented: 0 });
});

test(`writers killed ${KILLS} times in the middle of their work: what was acknowledged is delivered, the rest wholly or not at all`, {
  timeout: 120_000,
}, async () => {
  await using sandbox = await openSandbox();
  await using _engine = startEngine(database.db, sandbox.endpoint);
  const acknowledged = new Map<string, number>();
  for (let kill = 0; kill < KILLS; kill += WRITERS)
    await Promise.all(
      Array.from({ length: Math.min(WRITERS, KILLS - kill) }, async (_, writer) => {
        const prefix = `w${kill + writer}-`;
        acknowledged.set(prefix, await killWriterAtRandom(prefix));
      }),
    );

  await untilIdle();

  const written = await readNumbers();
  for (const [prefix, least] of acknowledged) {
    const numbers = new Set([...written].flatMap(([profileId, n]) => (profileId.startsWith(prefix) ? [n] : [])));
    expect({ prefix, numbers: numbers.size }).toEqual({ prefix, numbers: 1 });
    // The last write may have been committed without its answer.
    expect([least, least + 1]).toContain([...numbers][0]);
  }
  expect(readNewest(sandbox)).toEqual(written);
  expect(await compareWithLedger(database.db, sandbox, placeOf())).toMatchObject({ untold: [], invented: 0 });
});

test.each(FAILPOINTS)(
  'an engine killed at %s with changes on their way: none is lost, those under way are there twice at most',
  { timeout: 60_000 },
  async (place) => {
    await using sandbox = await openSandbox();
    await writeAll(1);
    const script = join(import.meta.dirname, 'engine.child.ts');
    await using child = startChildScript(script, [database.connection, sandbox.endpoint, String(LEASE_MS), place]);
    await until(() => child.said('there') > 0, { timeoutMs: 20_000 });
    let isWritten = false;
    // Comes while pages are under way: coalesces with what waits, or follows it, or waits for their commits.
    const change = writeAll(2).then(() => {
      isWritten = true;
    });
    await until(async () => isWritten || (await isWaiting()));
    await child.kill();
    await change;
    const sentBefore = [...sandbox.listRecords(stream)].length;

    await using _engine = startEngine(database.db, sandbox.endpoint);
    await untilIdle();

    expect(readNewest(sandbox)).toEqual(await readNumbers());
    const ledger = await compareWithLedger(database.db, sandbox, placeOf());
    expect(ledger.invented).toBe(0);
    expect(ledger.profileIds.size).toBe(PROFILES);
    const isCostly = ['page.sent', 'commit.fenced', 'commit.written'].includes(place);
    expect(ledger.untold.length).toBeLessThanOrEqual(isCostly ? sentBefore : 0);
    expect(new Set(ledger.untold).size).toBe(ledger.untold.length);
  },
);

function startWriter(prefix: string, place = ''): ChildScript {
  const script = join(import.meta.dirname, 'writer.child.ts');
  return startChildScript(script, [database.connection, String(setup.workspaceId), prefix, place]);
}

async function killWriterAt(place: string): Promise<void> {
  await using writer = startWriter('p', place);
  await until(() => writer.said('there') > 0, { timeoutMs: 20_000 });
  await writer.kill();
  await untilAlone();
}

/** @returns the last number whose write was acknowledged. */
async function killWriterAtRandom(prefix: string): Promise<number> {
  await using writer = startWriter(prefix);
  await until(() => writer.lines.length > 0, { timeoutMs: 20_000 });
  await delay(Math.random() * 500);
  await writer.kill();
  return Number(writer.lines.at(-1));
}

/** Waits until the database has given up the transactions of killed processes. */
async function untilAlone(): Promise<void> {
  await until(async () => {
    const { rows } = await sql<{ open: number }>`select count(*)::int as open from pg_stat_activity
      where datname = current_database() and application_name = 'tributary'`.execute(database.db);
    return rows[0]?.open === 0;
  });
}

async function openSandbox(): Promise<Sandbox> {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  return sandbox;
}

async function writeAll(n: number): Promise<void> {
  const profiles = createProfiles({ db: database.db, clock: () => new Date() });
  const memberships = [{ segmentId: 'segment-0', status: 'REALIZED' as const }];
  const ids = Array.from({ length: PROFILES }, (_, number) => `p${number}`);
  await profiles.upsert(
    setup.workspaceId,
    ids.map((profileId) => ({ profileId, attributes: { n }, memberships })),
  );
}

/** Whether a session of the database waits for a lock. */
async function isWaiting(): Promise<boolean> {
  const { rows } = await sql<{ waiting: number }>`select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
  return rows[0]?.waiting !== 0;
}

function placeOf(): { stream: string; destinationId: number } {
  return { stream, destinationId: setup.destinationId };
}

async function readState(): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`select
    (select count(*) from profile where workspace_id = ${setup.workspaceId})::int as profiles,
    (select count(*) from membership where segment_id = ${setup.segmentIds[0]})::int as memberships,
    (select count(*) from pending_record where destination_id = ${setup.destinationId})::int as pending`.execute(
    database.db,
  );
  return rows[0] ?? {};
}

/** The number that each profile holds. */
async function readNumbers(): Promise<Map<string, number>> {
  const { rows } = await sql<{ profile_id: string; n: number }>`
    select profile_id, (attributes ->> 'n')::int as n from profile where workspace_id = ${setup.workspaceId}`.execute(
    database.db,
  );
  return new Map(rows.map((row) => [row.profile_id, row.n]));
}

/** The number of each profile's last record. @throws if a record goes back. */
function readNewest(sandbox: Sandbox): Map<string, number> {
  const newest = new Map<string, number>();
  for (const { partitionKey, data } of sandbox.listRecords(stream)) {
    const { n } = JSON.parse(Buffer.from(data).toString());
    expect(n).toBeGreaterThanOrEqual(newest.get(partitionKey) ?? 0);
    newest.set(partitionKey, n);
  }
  return newest;
}

/** Waits until nothing waits for the destination. */
async function untilIdle(): Promise<void> {
  await until(
    async () => {
      const { pending } = await readState();
      if (pending !== 0) throw new Error(`${pending} records wait.`);
    },
    { timeoutMs: 30_000, intervalMs: 50 },
  );
}
