/** Claims, fences and releases, each with the interleaving that it is there for. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../src/storage/database.js';
import { claimLanes, fenceLane, type LaneClaim, LaneLostError, releaseLane } from '../../src/storage/lanes.js';
import { prolongLease, registerWorker, removeWorker } from '../../src/storage/workers.js';
import { addExport, type DeliverySetup, dumpEngineTables, setUpDelivery } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const LEASE_MS = 60_000;

test('two workers that claim at once get disjoint lanes', async () => {
  const { setup } = await prepareWork(database.db);
  const workers = [await register(), await register(), await register()];

  const claims = await Promise.all(workers.map((worker) => claimAll(worker, 16)));

  const lanes = claims.flat().filter((claim) => claim.destinationId === setup.destinationId);
  expect(new Set(lanes.map((claim) => claim.lane)).size).toBe(lanes.length);
  const left = await claimAll(workers[0] ?? 0, 100);
  expect(lanes.length + left.filter((claim) => !lanes.some((other) => other.lane === claim.lane)).length).toBe(16);
  await finishAll();
});

test('a limit is kept and busy lanes are left out', async () => {
  await prepareWork(database.db);
  const worker = await register();

  const first = await claimAll(worker, 5);
  const second = await claimLanes(database.db, worker, { limit: 16, exclude: first });

  expect(first).toHaveLength(5);
  expect(second).toHaveLength(11);
  expect(second.every((claim) => !first.some((other) => other.lane === claim.lane))).toBe(true);
  await finishAll();
});

test('lanes of a running lease are not claimed, those of one that is over are, and it is counted', async () => {
  await prepareWork(database.db);
  const old = await register();
  const first = await claimAll(old, 16);
  const next = await register();
  expect(await claimAll(next, 16)).toEqual([]);

  await expire(old);
  const taken = await claimAll(next, 16);

  expect(taken).toHaveLength(16);
  expect(taken.every((claim) => claim.takenOver)).toBe(true);
  expect(first.every((claim) => !claim.takenOver)).toBe(true);
  await finishAll();
});

test('a heartbeat in flight keeps its lanes from being claimed, and once committed it counts', async () => {
  await prepareWork(database.db);
  const old = await register(300);
  await claimAll(old, 16);
  const next = await register();
  await using session = await holdSession();
  await session.run('begin');
  // The beat comes in time; its commit is late.
  await session.run(
    `update worker set lease_expires_at = clock_timestamp() + interval '1 minute' where id = ${old} and lease_expires_at > clock_timestamp()`,
  );
  await untilOver(old);

  expect(await claimAll(next, 16)).toEqual([]);
  await session.run('commit');

  expect(await claimAll(next, 16)).toEqual([]);
  await finishAll();
});

test('a heartbeat that comes during a claim of its lanes waits for it and is refused', async () => {
  await prepareWork(database.db);
  const old = await register();
  await claimAll(old, 16);
  await expire(old);
  const next = await register();

  const beat = await database.db.transaction().execute(async (tx) => {
    expect(await claimLanes(tx, next, { limit: 16, exclude: [] })).toHaveLength(16);
    const waiting = prolongLease(database.db, old, LEASE_MS);
    return { waiting };
  });

  expect(await beat.waiting).toMatchObject({ alive: false });
  await finishAll();
});

test('a lease that is over is never revived', async () => {
  const worker = await register();
  expect(await prolongLease(database.db, worker, LEASE_MS)).toMatchObject({ alive: true });

  await expire(worker);

  expect(await prolongLease(database.db, worker, LEASE_MS)).toMatchObject({ alive: false });
  expect(await prolongLease(database.db, worker, LEASE_MS)).toMatchObject({ alive: false });
});

test('a lane in a commit under way is passed over by a claim', async () => {
  await prepareWork(database.db);
  const old = await register();
  const [held, ...others] = await claimAll(old, 16);
  if (!held) throw new Error('Nothing was claimed.');
  await expire(old);

  const taken = await database.db.transaction().execute(async (tx) => {
    await fenceLane(tx, held, 1);
    return await claimAll(await register(), 16);
  });

  expect(taken.map((claim) => claim.lane).sort()).toEqual(others.map((claim) => claim.lane).sort());
  const [last] = await claimAll(await register(), 16);
  expect(last).toMatchObject({ lane: held.lane, epoch: held.epoch + 1, position: held.position + 1 });
  await finishAll();
});

test.each([
  ['an old epoch', { epoch: 0 }],
  ['another worker', { workerId: 1_000_000 }],
  ['another position', { position: 41 }],
])('the fence refuses %s, and nothing at all is written', async (_, stale) => {
  await prepareWork(database.db);
  const [claim] = await claimAll(await register(), 1);
  if (!claim) throw new Error('Nothing was claimed.');
  const before = await dumpEngineTables(database.db);

  const commit = database.db.transaction().execute(async (tx) => {
    await fenceLane(tx, { ...claim, ...stale }, 1);
    throw new Error('The fence let it pass.');
  });

  await expect(commit).rejects.toThrow(LaneLostError);
  expect(await dumpEngineTables(database.db)).toEqual(before);
  await finishAll();
});

test('a fence moves the position and lets the same claim in again only there', async () => {
  await prepareWork(database.db);
  const [claim] = await claimAll(await register(), 1);
  if (!claim) throw new Error('Nothing was claimed.');

  await fenceLane(database.db, claim, 2);

  await expect(fenceLane(database.db, claim, 1)).rejects.toThrow(LaneLostError);
  await fenceLane(database.db, { ...claim, position: claim.position + 2 }, 0);
  await finishAll();
});

test('giving back a lane that was lost has no effect', async () => {
  await prepareWork(database.db);
  const old = await register();
  const [lost] = await claimAll(old, 1);
  if (!lost) throw new Error('Nothing was claimed.');
  await expire(old);
  const next = await register();
  await claimAll(next, 16);

  await releaseLane(database.db, lost);

  expect(await readOwner(lost)).toBe(next);
  await finishAll();
});

test('a worker that leaves frees its lanes at once', async () => {
  await prepareWork(database.db);
  const worker = await register();
  await claimAll(worker, 16);

  await removeWorker(database.db, worker);

  expect(await claimAll(await register(), 16)).toHaveLength(16);
  await finishAll();
});

test('lanes without work are not claimed; a disabled or halted destination leaves only bookkeeping', async () => {
  const { setup, exportId } = await prepareWork(database.db);
  const worker = await register();
  await sql`update export_lane set state = 'READY', pages = 1 where export_id = ${exportId}`.execute(database.db);
  await sql`update export set state = 'RUNNING' where id = ${exportId}`.execute(database.db);
  await sql`update export_lane set state = 'DONE' where export_id = ${exportId} and lane >= 4`.execute(database.db);

  await setDestination(setup, sql`enabled = false`);
  expect(await claimAll(worker, 16)).toEqual([]);
  await setDestination(setup, sql`enabled = true, health_status = 'HALTED', next_probe_at = now() + interval '1 hour'`);
  expect(await claimAll(worker, 16)).toEqual([]);
  await sql`update export set state = 'CANCELING' where id = ${exportId}`.execute(database.db);
  expect(await claimAll(worker, 2)).toHaveLength(2);
  await sql`update export set state = 'RUNNING' where id = ${exportId}`.execute(database.db);
  await setDestination(setup, sql`next_probe_at = now()`);
  expect(await claimAll(await register(), 16)).toHaveLength(2);
  await finishAll();
});

function register(leaseMs = LEASE_MS): Promise<number> {
  return registerWorker(database.db, 'test', leaseMs);
}

function claimAll(workerId: number, limit: number): Promise<LaneClaim[]> {
  return claimLanes(database.db, workerId, { limit, exclude: [] });
}

async function expire(workerId: number): Promise<void> {
  await sql`update worker set lease_expires_at = clock_timestamp() where id = ${workerId}`.execute(database.db);
}

/** Waits until a lease is over by what is committed. */
async function untilOver(workerId: number): Promise<void> {
  await sql`select pg_sleep(extract(epoch from lease_expires_at - clock_timestamp()) + 0.01)
    from worker where id = ${workerId}`.execute(database.db);
}

/** A destination whose 16 lanes all have something to list. */
async function prepareWork(db: Db): Promise<{ setup: DeliverySetup; exportId: number }> {
  const setup = await setUpDelivery(db, { stream: 'orders' });
  return { setup, exportId: await addExport(db, setup) };
}

/** Takes the work of a test out of the others' way. */
async function finishAll(): Promise<void> {
  await sql`update export_lane set state = 'DONE'`.execute(database.db);
  await sql`update lane set worker_id = null`.execute(database.db);
}

async function setDestination(setup: DeliverySetup, change: ReturnType<typeof sql>): Promise<void> {
  await sql`update destination set ${change} where id = ${setup.destinationId}`.execute(database.db);
}

async function readOwner(claim: LaneClaim): Promise<number | null | undefined> {
  const row = await database.db
    .selectFrom('lane')
    .select('worker_id')
    .where('destination_id', '=', claim.destinationId)
    .where('lane', '=', claim.lane)
    .executeTakeFirst();
  return row?.worker_id;
}

/** A session of its own, for transactions that stay open. */
async function holdSession(): Promise<AsyncDisposable & { run(statement: string): Promise<void> }> {
  const session = await database.pool.connect();
  return {
    async run(statement) {
      await session.query(statement);
    },
    async [Symbol.asyncDispose]() {
      session.release();
    },
  };
}
