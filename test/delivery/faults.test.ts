/** What each kind of fault does to an export, its books and its destination. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import {
  addExport,
  addProfiles,
  cancelExport,
  readBooks,
  readCounter,
  setUpDelivery,
  startEngine,
  untilFinished,
} from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

test('pages that are throttled whole stay where they are: no row is written for them', async () => {
  await using run = await prepare('throttled', 200);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'ProvisionedThroughputExceededException' }]);
  await using _engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).attempts).toBeGreaterThan(600));

  expect(await countPending(run.setup.destinationId)).toBe(0);
  expect(await readBooks(database.db, run.exportId)).toMatchObject({
    state: 'RUNNING',
    received: 200,
    delivered: 0,
    pendingRows: 200,
  });
  run.sandbox.setFaults([]);

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'SUCCEEDED',
    delivered: 200,
    possibleDuplicates: 0,
  });
  expect(await run.compare()).toMatchObject({ told: 200, untold: [] });
});

test('single records that fail are deferred and go later, the rest of their page is not held up', async () => {
  await using run = await prepare('some', 300);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'ProvisionedThroughputExceededException', probability: 0.8 }]);
  await using _engine = run.start();
  await until(async () => expect(await countPending(run.setup.destinationId)).toBeGreaterThan(0));
  run.sandbox.setFaults([]);

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'SUCCEEDED',
    delivered: 300,
    possibleDuplicates: 0,
  });
  expect(await run.compare()).toMatchObject({ told: 300, untold: [], invented: 0 });
  expect(await countPending(run.setup.destinationId)).toBe(0);
});

test.each(['lost-answer', 'half-body', 'empty-answer'] as const)(
  'a %s: copies are counted as possible duplicates, never fewer than the stream holds',
  async (kind) => {
    await using run = await prepare(kind, 200);
    run.sandbox.setFaults([{ kind, match: { operation: 'PutRecords', probability: 0.3 } }], 11);
    await using _engine = run.start();

    const books = await untilFinished(database.db, run.exportId);

    expect(books).toMatchObject({ state: 'SUCCEEDED', delivered: 200 });
    const ledger = await run.compare();
    expect(ledger).toMatchObject({ told: 200, invented: 0 });
    expect(ledger.untold.length).toBeGreaterThan(0);
    expect(books.possibleDuplicates).toBeGreaterThanOrEqual(new Set(ledger.untold).size);
  },
);

test('a record that is too large fails alone, with code, size and limit; a retry of the mended one recovers it', async () => {
  await using run = await prepare('large', 40);
  await setName(run.setup.workspaceId, 'p7', 1_100_000);
  await using _engine = run.start();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'PARTIALLY_FAILED',
    delivered: 39,
    failed: 1,
  });

  const failed = await readFailed(run.setup.activationId);
  expect(failed).toMatchObject([{ state: 'OPEN', code: 'RECORD_TOO_LARGE', limit_bytes: 1_048_576, attempts: 0 }]);
  expect(failed[0]?.size_bytes).toBeGreaterThan(1_100_000);
  expect(failed[0]?.exports).toEqual({ [run.exportId]: '0;RECORD_TOO_LARGE' });

  const vain = await run.retry();
  expect(await untilFinished(database.db, vain)).toMatchObject({ state: 'FAILED', received: 1, failed: 1 });
  expect(await readFailed(run.setup.activationId)).toMatchObject([{ state: 'OPEN' }]);
  expect(await readCounter(database.db, run.exportId, 'recovered')).toBe(0);

  await setName(run.setup.workspaceId, 'p7', 10);
  const retry = await run.retry();
  expect(await untilFinished(database.db, retry)).toMatchObject({ state: 'SUCCEEDED', received: 1, delivered: 1 });
  expect(await readFailed(run.setup.activationId)).toMatchObject([{ state: 'RECOVERED' }]);
  expect(await readCounter(database.db, run.exportId, 'recovered')).toBe(1);
  expect(await readBooks(database.db, run.exportId)).toMatchObject({ delivered: 39, failed: 1 });
  expect((await run.compare()).profileIds.size).toBe(40);
});

test('a canceled retry opens its failed records again', async () => {
  await using run = await prepare('reopened', 20);
  await setName(run.setup.workspaceId, 'p3', 1_100_000);
  await using _engine = run.start();
  await untilFinished(database.db, run.exportId);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure' }]);
  await setName(run.setup.workspaceId, 'p3', 10);
  const retry = await run.retry();
  await until(async () => expect((await readBooks(database.db, retry)).attempts).toBeGreaterThan(0));

  await cancelExport(database.db, retry);

  expect(await untilFinished(database.db, retry)).toMatchObject({ state: 'CANCELED', received: 1, skipped: 1 });
  expect(await readFailed(run.setup.activationId)).toMatchObject([{ state: 'OPEN' }]);
});

test('a code that nobody knows is tried again for a while, then the record fails; the rest flows', async () => {
  await using run = await prepare('strange', 40);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'BrandNewException', match: { partitionKey: 'p7' } }]);
  await using _engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBe(39));
  await sql`update pending_record set attempts = 295 where destination_id = ${run.setup.destinationId}`.execute(
    database.db,
  );

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'PARTIALLY_FAILED',
    delivered: 39,
    failed: 1,
  });

  expect(await readFailed(run.setup.activationId)).toMatchObject([{ state: 'OPEN', code: 'RETRIES_EXHAUSTED' }]);
  run.sandbox.setFaults([]);
  expect(await untilFinished(database.db, await run.retry())).toMatchObject({ state: 'SUCCEEDED', delivered: 1 });
  expect(await run.compare()).toMatchObject({ told: 40, untold: [], invented: 0 });
});

test('an export of which nothing is delivered has failed', async () => {
  await using run = await prepare('all-large', 3);
  for (const key of ['p0', 'p1', 'p2']) await setName(run.setup.workspaceId, key, 1_100_000);
  await using _engine = run.start();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'FAILED', failed: 3, delivered: 0 });
});

test('lanes of one profile keep its order: what is sent last is the newest state', async () => {
  await using run = await prepare('order', 60);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure', probability: 0.4 }]);
  await using _engine = run.start();
  const exports = [run.exportId];
  for (let round = 0; round < 3; round += 1) {
    await sql`update profile set attributes = jsonb_build_object('name', ${`state ${round}`}::text), revision = revision + 1
      where workspace_id = ${run.setup.workspaceId}`.execute(database.db);
    exports.push(await addExport(database.db, run.setup));
  }
  for (const exportId of exports) await untilFinished(database.db, exportId);

  const last = new Map<string, string>();
  const overtaken: string[] = [];
  for (const record of run.sandbox.listRecords('order')) {
    const text = record.data.toString();
    const before = last.get(record.partitionKey);
    if (before !== undefined && stateOf(text) < stateOf(before)) overtaken.push(record.partitionKey);
    last.set(record.partitionKey, text);
  }
  expect(overtaken).toEqual([]);
  expect([...last.values()].map(stateOf)).toEqual(new Array(60).fill(2));
});

/** The number of the state that a record holds; -1 for the first. */
function stateOf(text: string): number {
  return Number(/state (\d)/.exec(text)?.[1] ?? -1);
}

async function prepare(stream: string, profiles: number) {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  const setup = await setUpDelivery(database.db, { stream });
  await addProfiles(database.db, setup, profiles);
  const exportId = await addExport(database.db, setup);
  return {
    sandbox,
    setup,
    exportId,
    start: () => startEngine(database.db, sandbox.endpoint, { maxLanes: 16 }),
    compare: () => compareWithLedger(database.db, sandbox, { stream, destinationId: setup.destinationId }),
    /** Retries the open failed records, as retryFailedRecords does. */
    retry: () => retryFailed(setup),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

async function retryFailed(setup: Parameters<typeof addExport>[1]): Promise<number> {
  return await database.db.transaction().execute(async (tx) => {
    const exportId = await addExport(tx, setup);
    await sql`update export set trigger = 'RETRY' where id = ${exportId}`.execute(tx);
    await sql`update failed_record set state = 'RETRYING', retried_by = ${exportId}
      where activation_id = ${setup.activationId} and state = 'OPEN'`.execute(tx);
    return exportId;
  });
}

async function setName(workspaceId: number, profileId: string, bytes: number): Promise<void> {
  await sql`update profile
    set attributes = jsonb_build_object('name', repeat('x', ${bytes}::int)), size_bytes = ${bytes}
    where workspace_id = ${workspaceId} and profile_id = ${profileId}`.execute(database.db);
}

async function countPending(destinationId: number): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pending_record where destination_id = ${destinationId}`.execute(database.db);
  return rows[0]?.waiting ?? 0;
}

async function readFailed(activationId: number) {
  return await database.db.selectFrom('failed_record').selectAll().where('activation_id', '=', activationId).execute();
}
