/** Commits that meet others: erasures of what failed, decisions about failed records, their own lost answers. */

import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { commitPages } from '../../src/delivery/commit.js';
import { noFailpoint } from '../../src/delivery/failpoint.js';
import type { Page, PageEntry } from '../../src/delivery/page.js';
import { type PageResults, settlePage } from '../../src/delivery/settlement.js';
import type { FailureRow } from '../../src/domain/settlement.js';
import type { Db } from '../../src/storage/database.js';
import { deleteDeliveryRows } from '../../src/storage/destinations.js';
import { cancelPart } from '../../src/storage/export-settlement.js';
import { discardFailedRecordRows } from '../../src/storage/failed-record-decisions.js';
import type { LaneClaim } from '../../src/storage/lanes.js';
import {
  deferRecords,
  keepFailedRecords,
  lockPendingRows,
  moveExports,
  recoverFailedRecords,
  removeReasons,
} from '../../src/storage/page-commit.js';
import { findExportSlice } from '../../src/storage/page-source.js';
import { putTriggeredRecords } from '../../src/storage/pending-records.js';
import { deleteProfileRows } from '../../src/storage/profile-writes.js';
import {
  addExport,
  type DeliverySetup,
  exampleTarget,
  readBooks,
  readCounter,
  setUpDelivery,
} from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const LANE = 3;
let setup: DeliverySetup;
let claim: LaneClaim;
let exportId: number;
let streams = 0;

beforeEach(async () => {
  const { db } = database;
  streams += 1;
  setup = await setUpDelivery(db, { stream: `orders-${streams}` });
  const worker = await sql<{ id: number }>`insert into worker (name, lease_expires_at)
    values ('test', clock_timestamp() + interval '1 hour') returning id`.execute(db);
  const workerId = worker.rows[0]?.id ?? 0;
  const { workspaceId, destinationId } = setup;
  claim = { workspaceId, destinationId, lane: LANE, workerId, epoch: 1, position: 0, takenOver: false };
  await sql`update lane set worker_id = ${workerId}, epoch = 1 where destination_id = ${destinationId}`.execute(db);
  exportId = await addExport(db, setup);
});

test('a record that fails while its profile is erased is skipped, in its event and in the numbers', async () => {
  const [kept, erased] = [await addProfile('kept'), await addProfile('erased')];
  const page = await makePage([kept, erased]);
  let commit: ReturnType<typeof commitPages> | undefined;

  await database.db.transaction().execute(async (tx) => {
    await deleteProfileRows(tx, setup.workspaceId, { lane: LANE, profileId: 'erased' });
    commit = commitAll(page, [failed(), failed()]);
    await untilWaiting(1);
  });
  const [committed] = (await commit) ?? [];

  const records = await database.db.selectFrom('failed_record').select('profile_id').execute();
  expect(records.filter((row) => row.profile_id === erased || row.profile_id === kept)).toEqual([{ profile_id: kept }]);
  const event = await database.db
    .selectFrom('delivery_event')
    .select(['failed', 'skipped', 'codes'])
    .where('destination_id', '=', setup.destinationId)
    .execute();
  expect(event).toEqual([{ failed: 1, skipped: 1, codes: { PROFILE_DELETED: 1, RECORD_REFUSED: 1 } }]);
  expect(await readBooks(database.db, exportId)).toMatchObject({ received: 2, failed: 1, skipped: 1, attempts: 2 });
  const names = ['code.PROFILE_DELETED', 'code.RECORD_REFUSED', 'segment.0.failed', 'segment.0.skipped'];
  for (const name of names) expect(await readCounter(database.db, exportId, name)).toBe(1);
  expect(committed?.settlement.failures).toHaveLength(1);
});

test('a page that is held is counted once, also if the commit is repeated because its answer was lost', async () => {
  const page = await makePage([await addProfile('held')]);
  const results: PageResults = [
    {
      status: 'deferred',
      cause: 'THROTTLED',
      detail: null,
      awsCode: null,
      awsRequestId: null,
      retryAfterMs: 1,
      attempts: 3,
      outcomeUnknown: false,
    },
  ];

  await commitAll(page, results);
  await commitAll(page, results);

  expect(await readCounter(database.db, exportId, 'attempts')).toBe(3);
  expect(await readBooks(database.db, exportId)).toMatchObject({ received: 1, pendingRows: 1 });
});

test.each<[string, (tx: Db) => Promise<unknown>]>([
  ['a discard', (tx) => discardFailedRecordRows(tx, { ...ofActivation(), code: 'FAILED_RECORD_DISCARDED' })],
  ['a page in another order', (tx) => keepFailedRecords(tx, claim, [failure(2), failure(1)])],
  ['a deletion of the destination', (tx) => deleteDeliveryRows(tx, setup.destinationId)],
])('a commit and %s lock failed records in one order', async (_name, other) => {
  // In the order of ids 2 comes first, in that of profiles 1.
  await keepFailedRecords(database.db, claim, [failure(2)]);
  await keepFailedRecords(database.db, claim, [failure(1)]);

  await inTurns(
    async (tx) => keepFailedRecords(tx, claim, [failure(1)]),
    other,
    async (tx) => keepFailedRecords(tx, claim, [failure(2)]),
  );
});

test('commits that recover failed records lock them in that order too', async () => {
  await keepFailedRecords(database.db, claim, [failure(2)]);
  await keepFailedRecords(database.db, claim, [failure(1)]);
  await sql`update failed_record set state = 'RETRYING', retried_by = ${exportId}
    where destination_id = ${setup.destinationId}`.execute(database.db);
  const retried = [2, 1].map((profileKey) => ({ ...failure(profileKey), exportId, delivered: true }));

  await inTurns(
    async (tx) => keepFailedRecords(tx, claim, [failure(1)]),
    async (tx) => recoverFailedRecords(tx, retried),
    async (tx) => keepFailedRecords(tx, claim, [failure(2)]),
  );
});

test('a commit locks its exports in the order in which a discard does', async () => {
  const second = await addExport(database.db, setup);
  const step = (id: number) => ({ exportId: id, counters: { skipped: 1 }, deferred: 0, checkpoint: null, hold: null });

  await inTurns(
    async (tx) => moveExports(tx, claim, [step(exportId)]),
    async (tx) => moveExports(tx, claim, [step(second), step(exportId)]),
    async (tx) => moveExports(tx, claim, [step(second)]),
  );

  expect(await readCounter(database.db, second, 'skipped')).toBe(2);
});

test.each<[string, (tx: Db) => Promise<unknown>]>([
  ['a page', (tx) => commitPending(tx)],
  ['a canceled export', (tx) => cancelPart(tx, claim, exportId)],
])('%s and a writer of its profiles lock pending rows in one order', async (_name, other) => {
  const trigger = (profileKey: number) => ({ ...setup, lane: LANE, profileKey, causes: ['ATTRIBUTE:name'] });
  await putTriggeredRecords(database.db, [trigger(1), trigger(2)]);
  // In the order in which they are due, 2 comes first.
  await sql`update pending_record
    set exports = jsonb_build_object(${String(exportId)}::text, '0'),
      not_before = not_before - profile_id * interval '1 minute'
    where destination_id = ${setup.destinationId}`.execute(database.db);

  await inTurns(
    async (tx) => putTriggeredRecords(tx, [trigger(1)]),
    other,
    async (tx) => putTriggeredRecords(tx, [trigger(2)]),
  );
});

/** Settles record 2 and puts record 1 back, as a page of both does. */
async function commitPending(tx: Db): Promise<void> {
  const { rows } = await sql<{ version: number }>`select version from pending_record
    where destination_id = ${setup.destinationId} and profile_id = 2`.execute(tx);
  const { activationId } = setup;
  const settled = { lane: LANE, activationId, profileKey: 2, version: rows[0]?.version ?? 0, exportIds: [] };
  const deferral = {
    lane: LANE,
    activationId,
    profileKey: 1,
    exports: {},
    attempts: 1,
    outcomeUnknown: false,
    retryAfterMs: 1,
  };
  await lockPendingRows(tx, [settled, deferral]);
  await removeReasons(tx, [settled]);
  await deferRecords(tx, claim, [deferral]);
}

/** Begins a transaction, lets another one wait for it, and goes on: a deadlock if that one holds what comes next. */
async function inTurns(
  first: (tx: Db) => Promise<unknown>,
  other: (tx: Db) => Promise<unknown>,
  then: (tx: Db) => Promise<unknown>,
): Promise<void> {
  let waiting: Promise<unknown> | undefined;
  await database.db.transaction().execute(async (tx) => {
    await first(tx);
    waiting = database.db.transaction().execute(other);
    // Watched from here on: it may be the one that a deadlock ends.
    waiting.catch(() => {});
    await untilWaiting(1);
    await then(tx);
  });
  await waiting;
}

async function untilWaiting(count: number): Promise<void> {
  await until(async () => {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
    return rows[0]?.waiting === count;
  });
}

async function addProfile(profileId: string): Promise<number> {
  const row = await database.db
    .insertInto('profile')
    .values({ lane: LANE, workspace_id: setup.workspaceId, profile_id: profileId, revision: 1, size_bytes: 1 })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Lists profiles as the export's one page, about to be sent. */
async function makePage(profileKeys: number[]): Promise<Page> {
  const size = profileKeys.length;
  await sql`insert into export_page (export_id, lane, page, size, profile_ids, segment_sets)
    values (${exportId}, ${LANE}, 0, ${size}, ${profileKeys}, ${profileKeys.map(() => '0')})`.execute(database.db);
  await sql`update export_lane set state = 'READY', pages = 1, received = ${size}
    where export_id = ${exportId} and lane = ${LANE}`.execute(database.db);
  await sql`update export set state = 'RUNNING' where id = ${exportId}`.execute(database.db);
  const slice = await findExportSlice(database.db, claim, exportId);
  if (!slice) throw new Error('There is no page to send.');
  const entries = slice.candidates.map((candidate): PageEntry => {
    const record = { data: Buffer.from('{}'), partitionKey: 'p' };
    return { candidate, causes: [], origin: 'MANUAL', activationVersion: 1, revision: 1, verdict: { record } };
  });
  const exports = new Map([[String(exportId), { trigger: 'MANUAL', segmentIds: setup.segmentIds }]]);
  const target = { ...exampleTarget, destinationId: setup.destinationId };
  return { lane: LANE, target, slice, exports, entries, foundAtMs: 0 };
}

async function commitAll(page: Page, results: PageResults): ReturnType<typeof commitPages> {
  const settlement = settlePage(page, results, { claim, latencyMs: 1 });
  return await commitPages(database.db, [{ claim, page, settlement }], noFailpoint);
}

function failed(): PageResults[number] {
  return {
    status: 'failed',
    code: 'RECORD_REFUSED',
    message: 'no',
    awsCode: null,
    awsRequestId: null,
    attempts: 1,
    outcomeUnknown: false,
    sizeBytes: 2,
    limitBytes: null,
  };
}

function failure(profileKey: number): FailureRow {
  return {
    lane: LANE,
    activationId: setup.activationId,
    profileKey,
    code: 'RECORD_TOO_LARGE',
    message: 'too large',
    awsCode: null,
    awsRequestId: null,
    attempts: 1,
    sizeBytes: 1,
    limitBytes: 1,
    exports: {},
  };
}

function ofActivation() {
  return { workspaceId: setup.workspaceId, filter: { activationId: setup.activationId } };
}
