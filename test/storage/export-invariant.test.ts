import { beforeEach, expect, test } from 'vitest';
import { readExportBooks } from '../../src/storage/export-invariant.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

beforeEach(async () => {
  await database.pool.query('truncate workspace cascade; truncate pending_record');
  await database.pool.query(`
    insert into workspace (id, name, external_id) overriding system value values (1, 'w', 'e');
    insert into credential (id, workspace_id, name, kind, access_key_id, secret_sealed)
    overriding system value values (1, 1, 'c', 'ACCESS_KEY', 'AKIA', '\\x00');
    insert into destination (id, workspace_id, kind, name, credential_id, region, stream)
    overriding system value values (1, 1, 'AMAZON_KINESIS', 'd', 1, 'eu-west-1', 's')`);
});

/** An export of 1,000 records in lane 0: 600 settled, 250 of them in pages 0 and half of 1, 50 deferred. */
async function insertExport(id: number, finishedAt: string | null = null): Promise<void> {
  await database.pool.query(
    `insert into export (id, workspace_id, destination_id, activation_id, trigger, state, segment_ids, segment_keys,
       created_by_kind, created_by_name, created_at, finished_at)
     overriding system value
     values ($1, 1, 1, 1, 'MANUAL', 'RUNNING', '{1}', '{s}', 'SYSTEM', 'test', now() - interval '1 minute', $2::timestamptz)`,
    [id, finishedAt],
  );
  await database.pool.query(
    `insert into export_lane (export_id, lane, destination_id, state, pages, page, page_offset, received, counts)
     values ($1, 0, 1, 'READY', 3, 1, 100, 1000, '{"delivered": 530, "failed": 10, "skipped": 10, "attempts": 700}')`,
    [id],
  );
  await database.pool.query(
    `insert into export_page (export_id, lane, page, size, profile_ids, segment_sets)
     values ($1, 0, 1, 250, '{}', '{}'), ($1, 0, 2, 250, '{}', '{}')`,
    [id],
  );
  await insertDeferred(id, 50);
}

async function insertDeferred(exportId: number, count: number): Promise<void> {
  await database.pool.query(
    `insert into pending_record (lane, activation_id, profile_id, destination_id, exports, not_before)
     select 0, 1, $1::int * 1000 + number, 1, jsonb_build_object($1::text, '0'), now()
     from generate_series(1, $2) as number`,
    [exportId, count],
  );
}

test('without exports nothing waits and nothing is unaccounted for', async () => {
  expect(await readExportBooks(database.db)).toEqual({
    pendingRecords: 0,
    oldestPendingSeconds: 0,
    unaccountedRecords: 0,
  });
});

test('settled records, the rest of the pages and deferred records make up what was received', async () => {
  await insertExport(1);

  const books = await readExportBooks(database.db);

  expect(books).toMatchObject({ pendingRecords: 450, unaccountedRecords: 0 });
  expect(books.oldestPendingSeconds).toBeGreaterThanOrEqual(60);
  expect(books.oldestPendingSeconds).toBeLessThan(90);
});

test('a live change that waits is pending, and no part of an export', async () => {
  await database.pool.query(
    `insert into pending_record (lane, activation_id, profile_id, destination_id, causes, not_before)
     values (3, 1, 1, 1, '[{"kind": "ATTRIBUTE", "subject": "a"}]', now())`,
  );

  expect(await readExportBooks(database.db)).toMatchObject({ pendingRecords: 1, unaccountedRecords: 0 });
});

test('a record too few in one export and one too many in another do not hide each other', async () => {
  await insertExport(1);
  await insertExport(2);
  await database.pool.query('delete from pending_record where profile_id = 1001');
  await insertDeferred(2, 0);
  await database.pool.query('update export_lane set received = received - 1 where export_id = 2');

  expect(await readExportBooks(database.db)).toMatchObject({ unaccountedRecords: 2 });
});

test('an export is watched for an hour after it has finished', async () => {
  await insertExport(1, new Date(Date.now() - 30 * 60_000).toISOString());
  await database.pool.query('delete from pending_record');
  const within = await readExportBooks(database.db);
  await database.pool.query(`update export set finished_at = now() - interval '61 minutes'`);
  const after = await readExportBooks(database.db);

  expect(within.unaccountedRecords).toBe(50);
  expect(after.unaccountedRecords).toBe(0);
});
