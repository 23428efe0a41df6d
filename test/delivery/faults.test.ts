/** What each kind of fault does to an export, its books and its destination. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { addExport, readBooks, untilFinished } from '../support/delivery.js';
import { readHealth } from '../support/destination-health.js';
import { countPending, prepareExport } from '../support/failing-export.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

test('pages that are throttled whole stay where they are: no row is written for them', async () => {
  await using run = await prepareExport(database.db, 'throttled', 200);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'ProvisionedThroughputExceededException' }]);
  await using _engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).attempts).toBeGreaterThan(600));

  expect(await countPending(database.db, run.setup.destinationId)).toBe(0);
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
  await using run = await prepareExport(database.db, 'some', 300);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'ProvisionedThroughputExceededException', probability: 0.8 }]);
  await using _engine = run.start();
  await until(async () => expect(await countPending(database.db, run.setup.destinationId)).toBeGreaterThan(0));
  run.sandbox.setFaults([]);

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'SUCCEEDED',
    delivered: 300,
    possibleDuplicates: 0,
  });
  expect(await run.compare()).toMatchObject({ told: 300, untold: [], invented: 0 });
  expect(await countPending(database.db, run.setup.destinationId)).toBe(0);
});

test.each(['lost-answer', 'half-body', 'empty-answer'] as const)(
  'a %s: copies are counted as possible duplicates, never fewer than the stream holds',
  async (kind) => {
    await using run = await prepareExport(database.db, kind, 200);
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

test('a code that nobody knows is tried again for a while, then the record fails; the rest flows', async () => {
  await using run = await prepareExport(database.db, 'strange', 40);
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

  expect(await run.readFailed()).toMatchObject([{ state: 'OPEN', code: 'RETRIES_EXHAUSTED' }]);
  run.sandbox.setFaults([]);
  expect(await untilFinished(database.db, await run.retry())).toMatchObject({ state: 'SUCCEEDED', delivered: 1 });
  expect(await run.compare()).toMatchObject({ told: 40, untold: [], invented: 0 });
});

test('a request that is refused with an unknown code degrades the destination, which names it; nothing is given up on', async () => {
  await using run = await prepareExport(database.db, 'suspended', 40);
  run.sandbox.setFaults([{ kind: 'request-error', code: 'AccountSuspendedException', status: 400 }]);
  await using _engine = run.start();
  const health = await until(async () => {
    const row = await readHealth(database.db, run.setup.destinationId);
    expect(row).toMatchObject({ health_status: 'DEGRADED', health_code: 'REQUEST_REFUSED' });
    return row;
  });
  expect(health.health_message).toMatch(/^Stream suspended: .*whole requests.* Reported: AccountSuspendedException$/);
  expect(health.health_aws_request_id).not.toBe(null);
  await sql`update pending_record set attempts = 1000 where destination_id = ${run.setup.destinationId}`.execute(
    database.db,
  );
  const { attempts } = await readBooks(database.db, run.exportId);
  await until(async () => expect((await readBooks(database.db, run.exportId)).attempts).toBeGreaterThan(attempts + 10));
  expect(await readBooks(database.db, run.exportId)).toMatchObject({ failed: 0, pendingRows: 40 });
  run.sandbox.setFaults([]);

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 40 });
  await until(async () =>
    expect((await readHealth(database.db, run.setup.destinationId)).health_status).toBe('HEALTHY'),
  );
  expect(await run.compare()).toMatchObject({ told: 40, untold: [], invented: 0 });
});

test('a record for which requests are refused with an unknown code holds up no other, and fails after its budget', async () => {
  await using run = await prepareExport(database.db, 'poisoned', 200);
  const isPoison = { operation: 'PutRecords', partitionKey: 'p7' };
  run.sandbox.setFaults([{ kind: 'request-error', code: 'BrandNewException', status: 400, match: isPoison }]);
  await using _engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBe(199));
  await sql`update pending_record set attempts = 295 where destination_id = ${run.setup.destinationId}`.execute(
    database.db,
  );

  // By then it waits alone: only what AWS takes beside it shows that it is not the destination that is refused.
  const other = await addExport(database.db, run.setup);

  for (const exportId of [run.exportId, other])
    expect(await untilFinished(database.db, exportId)).toMatchObject({
      state: 'PARTIALLY_FAILED',
      delivered: 199,
      failed: 1,
    });
  expect(await run.readFailed()).toMatchObject([
    { state: 'OPEN', code: 'RETRIES_EXHAUSTED', aws_code: 'BrandNewException' },
  ]);
});

test('an export of which nothing is delivered has failed', async () => {
  await using run = await prepareExport(database.db, 'all-large', 3);
  for (const key of ['p0', 'p1', 'p2']) await run.setName(key, 1_100_000);
  await using _engine = run.start();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'FAILED', failed: 3, delivered: 0 });
});

test('lanes of one profile keep its order: what is sent last is the newest state', async () => {
  await using run = await prepareExport(database.db, 'order', 60);
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
