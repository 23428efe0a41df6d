/** What a stream's owner does to it while records go there: split, merged, deleted, made anew, another record limit. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import type { Db } from '../../src/storage/database.js';
import { addExport, addProfiles, readBooks, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { compareWithLedger, countStates, renewProfiles } from '../support/delivery-ledger.js';
import { openKinesisAdmin } from '../support/kinesis-admin.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const MIB = 1_048_576;
type StreamMode = 'PROVISIONED' | 'ON_DEMAND';

test.each([
  ['PROVISIONED', 'resharded'],
  ['ON_DEMAND', 'scaled'],
] as const)('a stream (%s) that is split, then merged, in mid-export gets every record once', async (mode, stream) => {
  await using run = await prepare(stream, { profiles: 3_000, limits: 'aws', mode });
  await using _engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBeGreaterThan(300));

  await run.owner.splitAll(stream);
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBeGreaterThan(1_500));
  const renewed = await run.renew();
  await run.owner.mergeFirst(stream);

  for (const exportId of [run.exportId, renewed])
    expect(await untilFinished(database.db, exportId)).toMatchObject({
      state: 'SUCCEEDED',
      delivered: 3_000,
      possibleDuplicates: 0,
    });
  expect(await run.compare()).toMatchObject({ told: 6_000, untold: [], invented: 0, lost: 0, inversions: 0 });
  expect(await run.readDestination()).toMatchObject({ health_status: 'HEALTHY' });
});

test('a stream that is deleted in mid-export and made anew, with more shards, gets the rest', async () => {
  await using run = await prepare('recreated', { profiles: 3_000, limits: 'aws' });
  await run.holdToRate(600);
  await using _engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBeGreaterThan(300));

  await run.owner.remove('recreated');
  await until(async () =>
    expect(await run.readDestination()).toMatchObject({ health_status: 'HALTED', health_code: 'STREAM_NOT_FOUND' }),
  );
  const { delivered } = await readBooks(database.db, run.exportId);
  const renewed = await run.renew();
  await run.owner.create('recreated', 4);
  await run.holdToRate(null);

  for (const exportId of [run.exportId, renewed])
    expect(await untilFinished(database.db, exportId)).toMatchObject({
      state: 'SUCCEEDED',
      delivered: 3_000,
      possibleDuplicates: 0,
    });
  expect(await run.compare()).toMatchObject({ told: 6_000 - delivered, untold: [], lost: 0, inversions: 0 });
});

test('a record limit that is lowered is read and followed: what is too large now fails by it', async () => {
  await using run = await prepare('lowered', { profiles: 30, maxRecordSizeKiB: 2_048 });
  await run.setName('p3', 1.5 * MIB);
  await using _engine = run.start();
  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 30 });

  await run.owner.limitRecords('lowered', 1_024);
  const second = await addExport(database.db, run.setup);

  expect(await untilFinished(database.db, second, 20_000)).toMatchObject({
    state: 'PARTIALLY_FAILED',
    delivered: 29,
    failed: 1,
  });
  expect(await run.readFailures()).toMatchObject([{ code: 'RECORD_TOO_LARGE', limit_bytes: MIB }]);
  expect(await run.readDestination()).toMatchObject({ max_record_bytes: MIB });
  expect(await run.compare()).toMatchObject({ told: 59, untold: [], invented: 0 });
});

test('a record limit that is lowered in mid-export holds for what is sent after it', async () => {
  await using run = await prepare('lowered-midway', { profiles: 900, maxRecordSizeKiB: 2_048 });
  await run.holdToRate(300);
  await run.setName('p899', 1.5 * MIB);
  // It does not get through while it still fits.
  run.sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure', match: { partitionKey: 'p899' } }]);
  await using _engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBeGreaterThan(100));

  await run.owner.limitRecords('lowered-midway', 1_024);
  run.sandbox.setFaults([]);
  const { delivered } = await readBooks(database.db, run.exportId);
  const renewed = await run.renew((tx) => run.setName('p899', 1.5 * MIB, tx));
  await run.holdToRate(null);

  expect(delivered).toBeLessThan(600);
  expect(await untilFinished(database.db, run.exportId, 60_000)).toMatchObject({
    state: 'PARTIALLY_FAILED',
    delivered: 899,
    failed: 1,
  });
  expect(await untilFinished(database.db, renewed)).toMatchObject({ state: 'PARTIALLY_FAILED', delivered: 899 });
  expect(await run.readFailures()).toMatchObject([{ code: 'RECORD_TOO_LARGE', limit_bytes: MIB }]);
  // The one that is too large is not in the stream.
  expect(await run.compare()).toMatchObject({ told: 1_798, untold: [], invented: 0, lost: 1, inversions: 0 });
}, 90_000);

test('a record limit that is raised is read and followed: what fits now is sent', async () => {
  await using run = await prepare('raised', { profiles: 30, maxRecordSizeKiB: 2_048, knownBytes: MIB });
  await run.setName('p3', 1.5 * MIB);
  await using _engine = run.start();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 30 });
  expect(await run.readDestination()).toMatchObject({ max_record_bytes: 2 * MIB });
});

test('without permission to describe the stream its refusals stand: the record fails, the rest flows', async () => {
  await using run = await prepare('undescribed', { profiles: 30 });
  run.sandbox.setFaults(
    ['DescribeStreamSummary', 'ListShards'].map((operation) => ({
      kind: 'request-error',
      code: 'AccessDeniedException',
      status: 400,
      match: { operation },
    })),
  );
  await run.setName('p3', 1.5 * MIB);
  await using _engine = run.start();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'PARTIALLY_FAILED', delivered: 29 });
  expect(await run.readFailures()).toMatchObject([{ code: 'RECORD_REFUSED', limit_bytes: null }]);
  expect(await run.readDestination()).toMatchObject({ max_record_bytes: 2 * MIB, health_status: 'HEALTHY' });
});

async function prepare(
  stream: string,
  options: { profiles: number; limits?: 'aws'; mode?: StreamMode; maxRecordSizeKiB?: number; knownBytes?: number },
) {
  const { profiles, limits = 'off', mode = 'PROVISIONED', maxRecordSizeKiB = 1_024, knownBytes = 2 * MIB } = options;
  const sandbox = await startSandbox({ limits });
  sandbox.createStream(stream, 2, { mode, maxRecordSizeKiB });
  const setup = await setUpDelivery(database.db, { stream });
  await addProfiles(database.db, setup, profiles);
  await database.db
    .updateTable('destination')
    .set({ max_record_bytes: knownBytes })
    .where('id', '=', setup.destinationId)
    .execute();
  const exportId = await addExport(database.db, setup);
  const owner = openKinesisAdmin(sandbox.endpoint);
  let renewed = false;
  return {
    sandbox,
    setup,
    exportId,
    owner,
    start: () => startEngine(database.db, sandbox.endpoint, { maxLanes: 8, probeIntervalMs: 300 }),
    async compare() {
      const found = await compareWithLedger(database.db, sandbox, { stream, destinationId: setup.destinationId });
      const { told, untold, invented } = found;
      const { newest, inversions } = countStates(sandbox, stream);
      const states = renewed ? { lost: profiles - newest, inversions } : {};
      process.stdout.write(`${stream}: ${JSON.stringify({ told, copies: untold.length, invented, ...states })}\n`);
      return { ...found, ...states };
    },
    /** Changes every profile, at one moment with what else is given, and exports them again. @returns the export. */
    async renew(change: (tx: Db) => Promise<void> = async () => {}) {
      renewed = true;
      await database.db.transaction().execute(async (tx) => {
        await renewProfiles(tx, setup.workspaceId);
        await change(tx);
      });
      return await addExport(database.db, setup);
    },
    /** So slow that what is to come in mid-export does, however busy the machine is. */
    holdToRate: (maxRecordsPerSecond: number | null) =>
      database.db
        .updateTable('destination')
        .set({ max_records_per_second: maxRecordsPerSecond })
        .where('id', '=', setup.destinationId)
        .execute(),
    readDestination: () =>
      database.db
        .selectFrom('destination')
        .select(['health_status', 'health_code', 'max_record_bytes'])
        .where('id', '=', setup.destinationId)
        .executeTakeFirstOrThrow(),
    readFailures: () =>
      database.db
        .selectFrom('failed_record')
        .select(['code', 'limit_bytes'])
        .where('activation_id', '=', setup.activationId)
        .execute(),
    async setName(profileId: string, bytes: number, db: Db = database.db) {
      await sql`update profile
        set attributes = jsonb_build_object('name', repeat('x', ${bytes}::int)), size_bytes = ${bytes}::int
        where workspace_id = ${setup.workspaceId} and profile_id = ${profileId}`.execute(db);
    },
    async [Symbol.asyncDispose]() {
      owner[Symbol.dispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}
