/** Retries of failed records: what they deliver, and what becomes of those whose profile has left meanwhile. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { laneOf } from '../../src/domain/lane.js';
import { deleteProfileRows } from '../../src/storage/profile-writes.js';
import { cancelExport, readBooks, readCounter, untilFinished, untilState } from '../support/delivery.js';
import { prepareExport } from '../support/failing-export.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

test('a record that is too large fails alone, with code, size and limit; a retry of the mended one recovers it', async () => {
  await using run = await prepareExport(database.db, 'large', 40);
  await run.setName('p7', 1_100_000);
  await using _engine = run.start();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({
    state: 'PARTIALLY_FAILED',
    delivered: 39,
    failed: 1,
  });

  const failed = await run.readFailed();
  expect(failed).toMatchObject([{ state: 'OPEN', code: 'RECORD_TOO_LARGE', limit_bytes: 1_048_576, attempts: 0 }]);
  expect(failed[0]?.size_bytes).toBeGreaterThan(1_100_000);
  expect(failed[0]?.exports).toEqual({ [run.exportId]: '0;RECORD_TOO_LARGE' });

  const vain = await run.retry();
  expect(await untilFinished(database.db, vain)).toMatchObject({ state: 'FAILED', received: 1, failed: 1 });
  expect(await run.readFailed()).toMatchObject([{ state: 'OPEN' }]);
  expect(await readCounter(database.db, run.exportId, 'recovered')).toBe(0);

  await run.setName('p7', 10);
  const retry = await run.retry();
  expect(await untilFinished(database.db, retry)).toMatchObject({ state: 'SUCCEEDED', received: 1, delivered: 1 });
  expect(await run.readFailed()).toMatchObject([{ state: 'RECOVERED' }]);
  expect(await readCounter(database.db, run.exportId, 'recovered')).toBe(1);
  expect(await readBooks(database.db, run.exportId)).toMatchObject({ delivered: 39, failed: 1 });
  expect((await run.compare()).profileIds.size).toBe(40);
});

test('a canceled retry opens its failed records again', async () => {
  await using run = await prepareExport(database.db, 'reopened', 20);
  await run.setName('p3', 1_100_000);
  await using _engine = run.start();
  await untilFinished(database.db, run.exportId);
  run.sandbox.setFaults([{ kind: 'record-error', code: 'InternalFailure' }]);
  await run.setName('p3', 10);
  const retry = await run.retry();
  await until(async () => expect((await readBooks(database.db, retry)).attempts).toBeGreaterThan(0));

  await cancelExport(database.db, retry);

  expect(await untilFinished(database.db, retry)).toMatchObject({ state: 'CANCELED', received: 1, skipped: 1 });
  expect(await run.readFailed()).toMatchObject([{ state: 'OPEN' }]);
});

test('who has left before the retry is skipped with the reason, and the failed record is settled without a recovery', async () => {
  await using run = await prepareExport(database.db, 'left', 20);
  for (const profileId of ['p3', 'p4']) await run.setName(profileId, 1_100_000);
  await using _engine = run.start();
  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ delivered: 18, failed: 2 });
  for (const profileId of ['p3', 'p4']) await run.setName(profileId, 10);
  await leave(run.setup.workspaceId, 'p3');

  const retry = await run.retry();

  expect(await untilFinished(database.db, retry)).toMatchObject({
    state: 'SUCCEEDED',
    received: 2,
    delivered: 1,
    skipped: 1,
  });
  expect(await readCounter(database.db, retry, 'code.NOT_A_MEMBER')).toBe(1);
  expect((await run.readFailed()).map(({ state }) => state)).toEqual(['RECOVERED', 'RECOVERED']);
  expect(await readCounter(database.db, run.exportId, 'recovered')).toBe(1);
  expect((await run.compare()).profileIds.has('p3')).toBe(false);
});

test('who is erased between the listing and the sending of a retry is skipped, and leaves no failed record', async () => {
  await using run = await prepareExport(database.db, 'erased', 20);
  for (const profileId of ['p3', 'p4']) await run.setName(profileId, 1_100_000);
  await using _engine = run.start();
  await untilFinished(database.db, run.exportId);
  for (const profileId of ['p3', 'p4']) await run.setName(profileId, 10);
  const retry = await run.retry({ held: true });
  await untilState(database.db, retry, 'RUNNING');
  expect(await readBooks(database.db, retry)).toMatchObject({ received: 2, pendingRows: 2 });

  const { workspaceId } = run.setup;
  const place = { lane: laneOf(workspaceId, 'p3'), profileId: 'p3' };
  await database.db.transaction().execute((tx) => deleteProfileRows(tx, workspaceId, place));
  await sql`update export_lane set not_before = '-infinity' where export_id = ${retry}`.execute(database.db);

  expect(await untilFinished(database.db, retry)).toMatchObject({
    state: 'SUCCEEDED',
    received: 2,
    delivered: 1,
    skipped: 1,
  });
  expect(await readCounter(database.db, retry, 'code.PROFILE_DELETED')).toBe(1);
  expect(await run.readFailed()).toMatchObject([{ state: 'RECOVERED' }]);
  expect(await readBooks(database.db, run.exportId)).toMatchObject({ received: 20, delivered: 18, failed: 2 });
  expect(await readCounter(database.db, run.exportId, 'recovered')).toBe(1);
  expect((await run.compare()).profileIds.has('p3')).toBe(false);
});

async function leave(workspaceId: number, profileId: string): Promise<void> {
  await sql`update profile set memberships = '{}' where workspace_id = ${workspaceId} and profile_id = ${profileId}`.execute(
    database.db,
  );
}
