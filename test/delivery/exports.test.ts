/** Exports that change under way: canceled, and profiles, memberships, segments, activations that go. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { FailpointName } from '../../src/delivery/failpoint.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import {
  addExport,
  addMemberships,
  addProfiles,
  cancelExport,
  type DeliverySetup,
  readBooks,
  readCounter,
  setUpDelivery,
  startEngine,
  untilFinished,
  untilState,
} from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { Gate } from '../support/gate.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

test('a cancel before anything is listed ends on CANCELED with nothing sent', async () => {
  await using run = await prepare('canceled-first', { profiles: 50 });
  await cancelExport(database.db, run.exportId);
  await using _engine = run.start();

  const books = await untilFinished(database.db, run.exportId);

  expect(books).toMatchObject({ state: 'CANCELED', received: 0, delivered: 0, skipped: 0, pendingRows: 0 });
  expect([...run.sandbox.listRecords(run.stream)]).toEqual([]);
});

test('a cancel in mid-listing skips what is listed', async () => {
  await using run = await prepare('canceled-listing', { profiles: 200 });
  await sql`update export_lane set not_before = 'infinity' where export_id = ${run.exportId}`.execute(database.db);
  // Half of the lanes are listed, then the cancel comes.
  const gate = new Gate();
  let claims = 0;
  await using _engine = run.start({
    maxLanes: 16,
    failpoint: (name) => {
      claims += name === 'lane.claimed' ? 1 : 0;
      return name === 'lane.claimed' && claims > 8 ? gate.pass() : Promise.resolve();
    },
  });
  await until(async () => expect(await countListed(run.exportId)).toBe(8));
  await cancelExport(database.db, run.exportId);
  gate.open();

  const books = await untilFinished(database.db, run.exportId);

  expect(books).toMatchObject({ state: 'CANCELED', delivered: 0, pendingRows: 0 });
  expect(books.received).toBeGreaterThan(0);
  expect(books.skipped).toBe(books.received);
  expect(await readCounter(database.db, run.exportId, 'code.EXPORT_CANCELED')).toBe(books.received);
});

test('a cancel in mid-sending: a page under way is delivered, the rest is skipped, nothing is sent after', async () => {
  await using run = await prepare('canceled-running', { profiles: 3_000, segments: 2 });
  const gate = new Gate();
  await using _engine = run.start({ failpoint: stopAt('page.sent', gate) });
  await until(() => gate.arrived >= 2);
  await cancelExport(database.db, run.exportId);
  gate.open();

  const books = await untilFinished(database.db, run.exportId);

  expect(books).toMatchObject({ state: 'CANCELED', received: 3_000, failed: 0, pendingRows: 0 });
  expect(books.delivered).toBeGreaterThan(0);
  expect(books.skipped).toBe(3_000 - books.delivered);
  expect(await readCounter(database.db, run.exportId, 'code.EXPORT_CANCELED')).toBe(books.skipped);
  expect(await readSegmentSum(run.exportId)).toEqual([3_000, 3_000]);
  const ledger = await compareWithLedger(database.db, run.sandbox, run.place);
  expect(ledger).toMatchObject({ told: books.delivered, untold: [], invented: 0 });
});

test('a cancel with deferred rows skips them too and leaves other exports their reasons', async () => {
  await using run = await prepare('canceled-deferred', { profiles: 300 });
  run.sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure', probability: 0.7 }]);
  const other = await addExport(database.db, run.setup);
  await using _engine = run.start();
  await until(async () => expect(await countDeferred(run.exportId)).toBeGreaterThan(20));

  await cancelExport(database.db, run.exportId);
  const books = await untilFinished(database.db, run.exportId);
  run.sandbox.setFaults([]);

  expect(books).toMatchObject({ state: 'CANCELED', received: 300, pendingRows: 0 });
  expect(await countDeferred(run.exportId)).toBe(0);
  expect(await untilFinished(database.db, other)).toMatchObject({ state: 'SUCCEEDED', delivered: 300 });
});

test('who is erased, exited or unmapped in mid-export is skipped with the reason', async () => {
  await using run = await prepare('leavers', { profiles: 300, segments: 3 });
  await using held = await holdSending(run);
  await using _engine = run.start();
  await untilState(database.db, run.exportId, 'RUNNING');
  const [first = 0, second = 0] = run.setup.segmentIds;
  const exited = await changeMembers(run.setup, first, 0);
  const erased = await eraseProfiles(run.setup, 'p299');
  await sql`delete from activation_segment where segment_id = ${second}`.execute(database.db);
  await held.release();

  const books = await untilFinished(database.db, run.exportId);

  const codes = await readCodes(run.exportId);
  expect(codes).toEqual({ NOT_A_MEMBER: exited + 100, PROFILE_DELETED: erased });
  expect(books).toMatchObject({ state: 'SUCCEEDED', received: 300, skipped: exited + 100 + erased });
});

test('an export of a single segment that is unmapped skips all as SEGMENT_UNMAPPED', async () => {
  await using run = await prepare('unmapped', { profiles: 60 });
  await using held = await holdSending(run);
  await using _engine = run.start();
  await untilState(database.db, run.exportId, 'RUNNING');
  await sql`delete from activation_segment where activation_id = ${run.setup.activationId}`.execute(database.db);
  await held.release();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'SUCCEEDED',
    skipped: 60,
    delivered: 0,
  });
  expect(await readCodes(run.exportId)).toEqual({ SEGMENT_UNMAPPED: 60 });
});

test('an export of an activation that is deleted skips all as ACTIVATION_DELETED', async () => {
  await using run = await prepare('deleted', { profiles: 60 });
  await using held = await holdSending(run);
  await using _engine = run.start();
  await untilState(database.db, run.exportId, 'RUNNING');
  await sql`delete from activation where id = ${run.setup.activationId}`.execute(database.db);
  await held.release();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'SUCCEEDED',
    skipped: 60,
    delivered: 0,
  });
  expect(await readCodes(run.exportId)).toEqual({ ACTIVATION_DELETED: 60 });
});

test('what changes between listing and sending is sent in its present state', async () => {
  await using run = await prepare('present', { profiles: 40, segments: 2 });
  await using held = await holdSending(run);
  await using _engine = run.start();
  await untilState(database.db, run.exportId, 'RUNNING');
  const [first = 0, second = 0] = run.setup.segmentIds;
  await sql`update profile set attributes = '{"name":"new"}' where workspace_id = ${run.setup.workspaceId}`.execute(
    database.db,
  );
  await addMemberships(database.db, { setup: run.setup, segmentId: first, where: sql`true`, status: 'EXITED' });
  await addMemberships(database.db, { setup: run.setup, segmentId: second, where: sql`true`, status: 'EXISTING' });
  await held.release();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 40 });

  const time = '2026-01-01T00:00:00Z';
  for (const record of run.sandbox.listRecords(run.stream))
    expect(JSON.parse(record.data.toString())).toEqual({
      name: 'new',
      segmentMembership: {
        ups: {
          'segment-0': { lastQualificationTime: time, status: 'exited' },
          'segment-1': { lastQualificationTime: time, status: 'existing' },
        },
      },
    });
});

test('two exports of one activation at once: each has its own balance, every profile is sent', async () => {
  await using run = await prepare('two-exports', { profiles: 1_000 });
  const other = await addExport(database.db, run.setup);
  await using _engine = run.start();

  for (const exportId of [run.exportId, other])
    expect(await untilFinished(database.db, exportId)).toMatchObject({
      state: 'SUCCEEDED',
      received: 1_000,
      delivered: 1_000,
    });

  const ledger = await compareWithLedger(database.db, run.sandbox, run.place);
  expect(ledger).toMatchObject({ untold: [], invented: 0 });
  expect(ledger.profileIds.size).toBe(1_000);
});

test('a page above the byte cap is sent in parts, with the checkpoint inside the page', async () => {
  await using run = await prepare('bytes', { profiles: 400 });
  await sql`update profile set size_bytes = 500000 where workspace_id = ${run.setup.workspaceId}`.execute(database.db);
  await using _engine = run.start();

  const books = await untilFinished(database.db, run.exportId);

  expect(books).toMatchObject({ state: 'SUCCEEDED', delivered: 400 });
  const { rows } = await sql<{ records: number }>`select max(delivered) as records from delivery_event
    where destination_id = ${run.setup.destinationId}`.execute(database.db);
  expect(rows[0]?.records).toBeLessThanOrEqual(8);
});

test('the books of a running export are balanced at every look', async () => {
  await using run = await prepare('looks', { profiles: 2_000 });
  run.sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure', probability: 0.3 }]);
  await using _engine = run.start();

  await untilFinished(database.db, run.exportId);

  expect(await readBooks(database.db, run.exportId)).toMatchObject({ received: 2_000, delivered: 2_000 });
});

async function prepare(stream: string, options: { profiles: number; segments?: number }) {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  const setup = await setUpDelivery(database.db, { stream, segments: options.segments ?? 1 });
  await addProfiles(database.db, setup, options.profiles);
  const exportId = await addExport(database.db, setup);
  return {
    sandbox,
    stream,
    setup,
    exportId,
    place: { stream, destinationId: setup.destinationId },
    start: (overrides: Parameters<typeof startEngine>[2] = {}) => startEngine(database.db, sandbox.endpoint, overrides),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

function stopAt(place: FailpointName, gate: Gate): (name: FailpointName) => Promise<void> {
  return (name) => (name === place ? gate.pass() : Promise.resolve());
}

/** Keeps an export's pages back, so that it stands between listing and sending. */
async function holdSending(run: { exportId: number }) {
  const set = (time: string) =>
    sql`update export_lane set not_before = ${time} where export_id = ${run.exportId}`.execute(database.db);
  await set('infinity');
  return {
    release: () => set('-infinity'),
    [Symbol.asyncDispose]: async () => {
      await set('-infinity');
    },
  };
}

async function changeMembers(setup: DeliverySetup, segmentId: number, remainder: number): Promise<number> {
  const { numAffectedRows } = await sql`update profile
    set memberships = jsonb_build_object(${String(segmentId)}::text,
      jsonb_build_object('status', 'EXITED', 'qualifiedAt', '2026-01-01T00:00:00Z'))
    where workspace_id = ${setup.workspaceId} and memberships::jsonb ? ${String(segmentId)} and id % 2 = ${remainder}`.execute(
    database.db,
  );
  return Number(numAffectedRows);
}

async function eraseProfiles(setup: DeliverySetup, profileId: string): Promise<number> {
  const { numAffectedRows } = await sql`delete from profile
    where workspace_id = ${setup.workspaceId} and profile_id = ${profileId}`.execute(database.db);
  return Number(numAffectedRows);
}

async function countListed(exportId: number): Promise<number> {
  const { rows } = await sql<{ listed: number }>`select count(*)::int as listed from export_lane
    where export_id = ${exportId} and state <> 'PREPARING'`.execute(database.db);
  return rows[0]?.listed ?? 0;
}

async function countDeferred(exportId: number): Promise<number> {
  const { rows } = await sql<{ rows: number; counted: number }>`
    select (select count(*)::int from pending_record where exports ? ${String(exportId)}) as rows,
      (select sum(deferred)::int from export_lane where export_id = ${exportId}) as counted`.execute(database.db);
  expect(rows[0]?.counted).toBe(rows[0]?.rows);
  return rows[0]?.rows ?? 0;
}

async function readCodes(exportId: number): Promise<Record<string, number>> {
  const { rows } = await sql<{ code: string; records: number }>`
    select substr(key, 6) as code, sum(value::int)::int as records
    from export_lane, jsonb_each_text(counts) where export_id = ${exportId} and key like 'code.%'
    group by key`.execute(database.db);
  return Object.fromEntries(rows.map((row) => [row.code, row.records]));
}

/** What the segments received, and what became of it. */
async function readSegmentSum(exportId: number): Promise<[number, number]> {
  const { rows } = await sql<{ received: number; settled: number }>`
    select sum(value::int) filter (where key like '%.received')::int as received,
      sum(value::int) filter (where key not like '%.received')::int as settled
    from export_lane, jsonb_each_text(counts)
    where export_id = ${exportId} and key like 'segment.%'`.execute(database.db);
  return [rows[0]?.received ?? 0, rows[0]?.settled ?? 0];
}
