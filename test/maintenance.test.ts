import { CompiledQuery, sql } from 'kysely';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startMaintenance } from '../src/maintenance.js';
import { setUpDelivery } from './support/delivery.js';
import { useTestDatabase } from './support/test-database.js';
import { until } from './support/until.js';

const database = useTestDatabase();
const log = pino({ level: 'silent' });

async function count(query: string): Promise<number> {
  const { rows } = await database.pool.query(`select count(*)::int as count from ${query}`);
  return Number(rows[0]?.count);
}

const keys = () => count('idempotency_key');
const partitions = () => count(`pg_inherits where inhparent = 'delivery_event'::regclass`);

test('expired idempotency keys go and partitions come, at the start and in each turn', async () => {
  await database.pool.query(
    `insert into workspace (id, name, external_id) overriding system value values (100, 'w', 'e')`,
  );
  await insertKeys();
  await dropPartitions();
  await using _maintenance = startMaintenance({ db: database.db, log, retentionDays: 30, intervalMs: 20 });

  await until(async () => expect([await keys(), await partitions()]).toEqual([1, 3]));
  await insertKeys();

  await until(async () => expect(await keys()).toBe(2));
});

test('weeks of deliveries and state events go when their retention is over', async () => {
  await database.db.executeQuery(CompiledQuery.raw('select ensure_delivery_partitions(8, 2)'));
  expect(await partitions()).toBe(11);

  await using _maintenance = startMaintenance({ db: database.db, log, retentionDays: 30 });

  // The present week, the two ahead, and those that ended within 30 days: four, or five with part of a week.
  await until(async () => expect([7, 8]).toContain(await partitions()));
});

test('entries of the audit log go when their retention is over', async () => {
  await database.pool.query(`
    insert into workspace (id, name, external_id) overriding system value values (101, 'audited', 'audited');
    insert into audit_entry (workspace_id, at, action, actor_kind, actor_name, request_id, result, changes)
    select 101, now() - days * interval '1 day', 'createSegment', 'SYSTEM', 'test', 'r', 'SUCCEEDED', '[]'
    from unnest('{1, 6, 8, 100}'::int[]) as days`);
  const options = { db: database.db, log, retentionDays: 30, auditRetentionDays: 7 };

  await startMaintenance(options)[Symbol.asyncDispose]();

  expect(await count(`audit_entry where at > now() - interval '7 days'`)).toBe(2);
  expect(await count('audit_entry')).toBe(2);
});

test('weeks to come are made also while a week that is over cannot be dropped', async () => {
  await dropPartitions();
  await database.db.executeQuery(CompiledQuery.raw('select ensure_delivery_partitions(8, -8)'));
  const reader = await database.pool.connect();
  await reader.query('begin');
  const { rows } = await reader.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'delivery_event'::regclass`,
  );
  await reader.query(`select count(*) from ${rows[0]?.name}`);

  await startMaintenance({ db: database.db, log, retentionDays: 30 })[Symbol.asyncDispose]();

  expect(await partitions()).toBe(4);
  await reader.query('rollback');
  reader.release();
});

test('failed records that were decided on go when their retention is over; open ones never', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'kept' });
  const add = (state: string, days: number) =>
    sql`insert into failed_record (workspace_id, destination_id, activation_id, lane, profile_id, state, code, message,
        attempts, size_bytes, exports, failed_at, updated_at)
      select ${setup.workspaceId}, ${setup.destinationId}, ${setup.activationId}, 0, ${days}, ${state}, 'RECORD_REFUSED',
        'm', 1, 1, '{}', now() - interval '100 days', now() - ${days} * interval '1 day'`.execute(database.db);
  for (const state of ['OPEN', 'RETRYING', 'RECOVERED', 'DISCARDED']) await add(state, state === 'OPEN' ? 90 : 31);
  await add('DISCARDED', 29);

  await startMaintenance({ db: database.db, log, retentionDays: 30 })[Symbol.asyncDispose]();

  const left = await database.db
    .selectFrom('failed_record')
    .select('state')
    .where('activation_id', '=', setup.activationId)
    .orderBy('state')
    .execute();
  expect(left.map(({ state }) => state)).toEqual(['DISCARDED', 'OPEN', 'RETRYING']);
});

test('while another node keeps house this one leaves it alone', async () => {
  await insertKeys();
  const before = await keys();
  const other = await database.pool.connect();
  await other.query('begin');
  await other.query('select pg_advisory_xact_lock(7245003)');

  await startMaintenance({ db: database.db, log, retentionDays: 30 })[Symbol.asyncDispose]();

  expect(await keys()).toBe(before);
  await other.query('rollback');
  other.release();
});

test('statistics are merged at the start and in each turn, also while another node keeps house', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders' });
  const add = () =>
    database.pool.query(
      `insert into delivery_stat (workspace_id, destination_id, activation_id, lane, span_minutes, started_at, counts)
      select $1, $2, $3, lane, 1, date_trunc('minute', now()) - interval '5 minutes', '{"delivered": 1}'
      from generate_series(0, 15) as lane`,
      [setup.workspaceId, setup.destinationId, setup.activationId],
    );
  const rows = () => count('delivery_stat');
  await add();
  const other = await database.pool.connect();
  await other.query('begin');
  await other.query('select pg_advisory_xact_lock(7245003)');

  await using _maintenance = startMaintenance({ db: database.db, log, retentionDays: 30, mergeIntervalMs: 20 });
  await until(async () => expect(await rows()).toBe(1));
  await add();
  await until(async () => expect(await rows()).toBe(1));

  const { rows: merged } = await database.pool.query('select lane, counts from delivery_stat');
  expect(merged).toEqual([{ lane: -1, counts: { delivered: 32 } }]);
  await other.query('rollback');
  other.release();
});

/** One expired, one not. */
function insertKeys() {
  return database.pool.query(`
    insert into idempotency_key (workspace_id, operation, key, input_hash, answer, created_at)
    values (100, 'o', gen_random_uuid(), '', '[]', now() - interval '25 hours'),
      (100, 'o', gen_random_uuid(), '', '[]', now() - interval '23 hours')`);
}

async function dropPartitions(): Promise<void> {
  const { rows } = await database.pool.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'delivery_event'::regclass`,
  );
  for (const { name } of rows) await database.pool.query(`drop table ${name}`);
}
