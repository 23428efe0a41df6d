/** What a page's commit removes, keeps and adds, row by row. */

import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { commitPages } from '../../src/delivery/commit.js';
import { noFailpoint } from '../../src/delivery/failpoint.js';
import type { Settlement } from '../../src/delivery/settlement.js';
import type { FailureRow } from '../../src/domain/settlement.js';
import { type LaneClaim, LaneLostError } from '../../src/storage/lanes.js';
import { deferRecords, keepFailedRecords, recoverFailedRecords, removeReasons } from '../../src/storage/page-commit.js';
import {
  addExport,
  type DeliverySetup,
  dumpEngineTables,
  exampleClaim,
  exampleTarget,
  readCounter,
  readStatisticsBooks,
  setUpDelivery,
} from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let setup: DeliverySetup;
let claim: LaneClaim;

beforeAll(async () => {
  setup = await setUpDelivery(database.db, { stream: 'orders' });
  claim = { ...exampleClaim, workspaceId: setup.workspaceId, destinationId: setup.destinationId };
});

test('a row that nothing came to meanwhile goes with its last reason', async () => {
  const version = await addWaiting(1, { causes: '[{"kind":"LIVE"}]', exports: '{"5":"0"}' });

  await removeReasons(database.db, [{ ...key(1), version, exportIds: ['5'] }]);

  expect(await readWaiting(1)).toBe(null);
});

test('a change that came in flight survives the commit that settled the older version, and waits from its own time', async () => {
  const version = await addWaiting(2, { exports: '{"5":"0","6":"1"}' });
  // In an update, the row's own columns are those before it: `version` is the older one.
  await touch(2, `causes = jsonb_build_object('MEMBERSHIP:s', version, 'ATTRIBUTE:n', version + 1000)`);
  const { changedAt } = (await readWaiting(2)) ?? {};

  await removeReasons(database.db, [{ ...key(2), version, exportIds: ['5'] }]);

  expect(await readWaiting(2)).toMatchObject({
    causes: { 'ATTRIBUTE:n': version + 1000 },
    exports: { 6: '1' },
    createdAt: changedAt,
  });
});

test('a newer row that is left without any reason goes too', async () => {
  const version = await addWaiting(3, { exports: '{"5":"0"}' });
  await touch(3, `not_before = now()`);

  await removeReasons(database.db, [{ ...key(3), version, exportIds: ['5'] }]);

  expect(await readWaiting(3)).toBe(null);
});

test("other exports' reasons, other activations and other lanes stay", async () => {
  const version = await addWaiting(4, { exports: '{"5":"0"}' });
  await touch(4, `exports = exports || '{"7":"2"}'`);
  await addWaiting(40, { exports: '{"5":"0"}' });

  await removeReasons(database.db, [
    { ...key(4), version, exportIds: ['5'] },
    { ...key(40), activationId: setup.activationId + 1, version: 1, exportIds: ['5'] },
  ]);
  await removeReasons(database.db, [{ ...key(40), lane: 9, version: 1, exportIds: ['5'] }]);

  expect(await readWaiting(4)).toMatchObject({ exports: { 7: '2' } });
  expect(await readWaiting(40)).toMatchObject({ exports: { 5: '0' } });
});

test('a deferral joins a row that waits already and forgets nothing of it', async () => {
  const version = await addWaiting(5, { causes: '[{"kind":"LIVE"}]', exports: '{"5":"0"}' });
  await touch(5, 'attempts = 7, outcome_unknown = true');
  const deferral = { ...key(5), exports: { 6: '1' }, attempts: 2, outcomeUnknown: false, retryAfterMs: 60_000 };

  await deferRecords(database.db, claim, [deferral]);

  const row = await readWaiting(5);
  expect(row).toMatchObject({
    causes: [{ kind: 'LIVE' }],
    exports: { 5: '0', 6: '1' },
    attempts: 7,
    outcome_unknown: true,
  });
  expect(row?.version).toBeGreaterThan(version);
  expect(row?.due).toBe(false);
});

test('a failure has one undecided row; the next failure renews it and adds its exports', async () => {
  await keepFailedRecords(database.db, claim, [failure(6, { exports: { 5: '0' }, attempts: 1 })]);
  await database.db
    .updateTable('failed_record')
    .set({ state: 'RETRYING', retried_by: 6 })
    .where('profile_id', '=', 6)
    .execute();

  const again = failure(6, { code: 'RECORD_REFUSED', exports: { 6: '' }, attempts: 2, sizeBytes: 99 });
  await keepFailedRecords(database.db, claim, [again]);

  expect(await readFailed(6)).toMatchObject([
    {
      state: 'OPEN',
      exports: { 5: '0;RECORD_TOO_LARGE', 6: ';RECORD_REFUSED' },
      attempts: 3,
      size_bytes: 99,
      limit_bytes: 1_048_576,
      code: 'RECORD_REFUSED',
    },
  ]);
});

test('a record that fails in another export stays with the export that retries it, which then recovers it', async () => {
  await keepFailedRecords(database.db, claim, [failure(10, { exports: { 5: '0' } })]);
  await database.db
    .updateTable('failed_record')
    .set({ state: 'RETRYING', retried_by: 6 })
    .where('profile_id', '=', 10)
    .execute();

  await keepFailedRecords(database.db, claim, [failure(10, { exports: { 7: '1' } })]);

  expect(await readFailed(10)).toMatchObject([{ state: 'RETRYING', retried_by: 6 }]);
  const recovered = await recoverFailedRecords(database.db, [{ ...key(10), exportId: 6, delivered: true }]);
  expect([...recovered.keys()].sort()).toEqual([5, 7]);
});

test('what a retry delivers is recovered in each export that it failed in; what it rightly skips is not counted', async () => {
  const first = await addExport(database.db, setup);
  const second = await addExport(database.db, setup);
  const retry = await addExport(database.db, setup);
  for (const profile of [7, 8, 9]) {
    await keepFailedRecords(database.db, claim, [failure(profile, { exports: { [first]: '0', [second]: '0' } })]);
    const marked = { state: 'RETRYING', retried_by: profile === 9 ? retry + 1 : retry };
    await database.db.updateTable('failed_record').set(marked).where('profile_id', '=', profile).execute();
  }

  const recovered = await recoverFailedRecords(database.db, [
    { ...key(7), exportId: retry, delivered: true },
    { ...key(8), exportId: retry, delivered: false },
    { ...key(9), exportId: retry, delivered: true },
  ]);

  expect(recovered).toEqual(new Map([first, second].map((id) => [id, 1])));
  const states = await Promise.all([7, 8, 9].map(async (profile) => (await readFailed(profile))[0]?.state));
  expect(states).toEqual(['RECOVERED', 'RECOVERED', 'RETRYING']);
});

test.each([
  ['an old epoch', { epoch: 1 }],
  ['another worker', { workerId: 1_000_000 }],
  ['another position', { position: 41 }],
])('a commit with %s is refused, and not one row is written', async (_, stale) => {
  const owned = await own();
  const exportId = await addExport(database.db, setup);
  const version = await addWaiting(50, { exports: `{"${exportId}":"0"}` });
  const settlement = makeSettlement(owned, { exportId, version });
  const before = await dumpEngineTables(database.db);

  const commit = commitPages(database.db, [{ claim: { ...owned, ...stale }, page: PAGE, settlement }], noFailpoint);

  await expect(commit).rejects.toThrow(LaneLostError);
  expect(await dumpEngineTables(database.db)).toBe(before);

  await commitPages(database.db, [{ claim: owned, page: PAGE, settlement }], noFailpoint);
  expect(await dumpEngineTables(database.db)).not.toBe(before);
});

test('a hold that is committed again, since its answer was lost, counts its attempts once', async () => {
  const owned = await own();
  const exportId = await addExport(database.db, setup);
  const { rows } = await sql<{ not_before: string }>`select not_before::text from export_lane
    where export_id = ${exportId} and lane = ${owned.lane}`.execute(database.db);
  const run = { exportId, activationId: setup.activationId, trigger: 'MANUAL', segmentIds: setup.segmentIds };
  const place = {
    page: 0,
    pages: 1,
    offset: 0,
    pageSize: 1,
    msPerRecord: 0,
    pageBytes: 0,
    notBefore: rows[0]?.not_before ?? '',
    candidates: [],
  };
  const nothing = { events: [], failures: [], deferrals: [], settledReasons: [], retried: [] };
  const exportDeltas = new Map([[exportId, { counters: { attempts: 500 }, deferred: 0 }]]);
  const held = {
    page: { ...PAGE, slice: { ...run, ...place } },
    settlement: { ...nothing, exportDeltas, holdMs: 100 },
  };
  const before = (await readStatisticsBooks(database.db, setup.destinationId))['attempts'] ?? 0;

  await commitPages(database.db, [{ claim: owned, ...held }], noFailpoint);
  await commitPages(database.db, [{ claim: owned, ...held }], noFailpoint);

  expect(await readCounter(database.db, exportId, 'attempts')).toBe(500);
  expect((await readStatisticsBooks(database.db, setup.destinationId))['attempts']).toBe(before + 500);
});

const PAGE = {
  lane: exampleClaim.lane,
  target: exampleTarget,
  slice: null,
  exports: new Map(),
  entries: [],
  foundAtMs: 0,
};

/** Gives the claim's lane to a worker. */
async function own(): Promise<LaneClaim> {
  const worker = await sql<{ id: number }>`insert into worker (name, lease_expires_at) values ('test', now())
    returning id`.execute(database.db);
  const owned = { ...claim, workerId: worker.rows[0]?.id ?? 0, epoch: 3, position: 0 };
  await sql`update lane set worker_id = ${owned.workerId}, epoch = 3, position = 0
    where destination_id = ${owned.destinationId} and lane = ${owned.lane}`.execute(database.db);
  return owned;
}

/** A bit of everything that a commit may write. */
function makeSettlement(owned: LaneClaim, of: { exportId: number; version: number }): Settlement {
  const skipped = {
    profileKey: 50,
    revision: 0,
    outcome: 'SKIPPED' as const,
    code: 'PROFILE_DELETED' as const,
    causes: [] as const,
  };
  return {
    events: [
      {
        workspaceId: owned.workspaceId,
        destinationId: owned.destinationId,
        lane: owned.lane,
        position: 1,
        activationId: setup.activationId,
        activationVersion: 1,
        destinationVersion: 1,
        origin: 'MANUAL',
        exportIds: [of.exportId],
        attempts: 1,
        deferrals: {},
        records: [skipped],
      },
    ],
    exportDeltas: new Map([[of.exportId, { counters: { skipped: 1 }, deferred: 1 }]]),
    failures: [failure(51, {})],
    deferrals: [{ ...key(52), exports: {}, attempts: 1, outcomeUnknown: false, retryAfterMs: 1 }],
    settledReasons: [{ ...key(50), version: of.version, exportIds: [String(of.exportId)] }],
    retried: [],
    holdMs: null,
  };
}

function key(profileKey: number): { lane: number; activationId: number; profileKey: number } {
  return { lane: claim.lane, activationId: setup.activationId, profileKey };
}

function failure(profileKey: number, overrides: Partial<FailureRow>): FailureRow {
  return {
    ...key(profileKey),
    code: 'RECORD_TOO_LARGE',
    message: 'too large',
    awsCode: null,
    awsRequestId: null,
    attempts: 1,
    sizeBytes: 2_000_000,
    limitBytes: 1_048_576,
    exports: {},
    ...overrides,
  };
}

async function addWaiting(profileKey: number, row: { causes?: string; exports: string }): Promise<number> {
  const added = await database.db
    .insertInto('pending_record')
    .values({
      lane: claim.lane,
      activation_id: setup.activationId,
      profile_id: profileKey,
      destination_id: setup.destinationId,
      causes: row.causes ?? '{}',
      exports: row.exports,
      not_before: new Date(0),
    })
    .onConflict((conflict) =>
      conflict.columns(['lane', 'activation_id', 'profile_id']).doUpdateSet({ exports: row.exports }),
    )
    .returning('version')
    .executeTakeFirstOrThrow();
  return added.version;
}

/** Changes a row as a writer does: with a new version. */
async function touch(profileKey: number, change: string): Promise<void> {
  await sql`update pending_record set version = nextval('pending_version'), ${sql.raw(change)}
    where profile_id = ${profileKey}`.execute(database.db);
}

interface WaitingRow {
  version: number;
  causes: unknown;
  exports: unknown;
  attempts: number;
  outcome_unknown: boolean;
  createdAt: Date;
  changedAt: Date;
  due: boolean;
}

async function readWaiting(profileKey: number): Promise<WaitingRow | null> {
  const { rows } = await sql<WaitingRow>`
    select version, causes, exports, attempts, outcome_unknown, not_before <= now() as due,
      created_at as "createdAt", changed_at as "changedAt"
    from pending_record where profile_id = ${profileKey}`.execute(database.db);
  return rows[0] ?? null;
}

async function readFailed(profileKey: number) {
  return await database.db.selectFrom('failed_record').selectAll().where('profile_id', '=', profileKey).execute();
}
