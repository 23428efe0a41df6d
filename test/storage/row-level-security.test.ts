/**
 * The second wall, table by table: what the role of requests sees and writes while it is bound to one workspace. The
 * tables are read from the catalogue, so that a new one without a policy fails.
 */

import { type RawBuilder, sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { addEvent, addExport, addFailedRecord, addProfile, delivered, openBooks } from '../support/books.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

/** Tables that requests have no business with, and no right to. */
const OWNERS_ALONE = ['key_check', 'migration', 'worker'];

/** Tables that have the workspace of their parents: the column of each, and its table. */
const PARENTS: Record<string, [string, string][]> = {
  activation_segment: [
    ['activation_id', 'activation'],
    ['segment_id', 'segment'],
  ],
  export_lane: [['destination_id', 'destination']],
  export_page: [['export_id', 'export']],
  membership: [['segment_id', 'segment']],
  pending_record: [['destination_id', 'destination']],
  state_event: [['destination_id', 'destination']],
};

interface Table {
  name: string;
  /** SQL: the workspace of a row `line`. */
  workspace: string;
}

/** A row as the owner sees it. */
interface Line {
  workspace: number;
  row: Record<string, unknown>;
}

let own: number;
let other: number;
let tables: Table[];

beforeAll(async () => {
  own = await fillWorkspace('own');
  other = await fillWorkspace('other');
  tables = await readTables();
});

describe('every table of the catalogue', () => {
  test('either is the owner’s alone, or shows its rows by workspace', async () => {
    const { rows } = await sql<{ name: string; isGranted: boolean; isSecured: boolean; isPartition: boolean }>`
      select relname as name, relispartition as "isPartition",
        has_any_column_privilege('tributary_app', oid, 'select, insert, update') or has_table_privilege('tributary_app', oid, 'delete, truncate') as "isGranted",
        relrowsecurity and exists (select from pg_policy where polrelid = pg_class.oid) as "isSecured"
      from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')`.execute(database.db);

    for (const { name, isPartition, isGranted, isSecured } of rows) {
      const isOwners = isPartition || OWNERS_ALONE.includes(name);
      expect.soft({ name, isGranted, isSecured }).toEqual({ name, isGranted: !isOwners, isSecured: !isOwners });
    }
  });

  test('has rows of both workspaces here', async () => {
    for (const table of tables) {
      const found = new Set((await readAll(table)).map(({ workspace }) => workspace));
      expect.soft([...found].sort(), table.name).toEqual([own, other]);
    }
  });
});

describe('bound to a workspace', () => {
  test('each table shows the rows of the workspace, and no other', async () => {
    for (const table of tables) {
      const lines = (await readAll(table)).filter(({ workspace }) => workspace === own);
      const { rows } = await sql<{ row: object }>`
        select to_jsonb(line) as row from ${sql.table(table.name)} as line`.execute(database.inWorkspace(own));
      expect.soft(sortLines(rows), table.name).toEqual(sortLines(lines));
    }
  });

  test('a row of another workspace cannot be added', async () => {
    for (const table of tables) {
      const [line] = (await readAll(table)).filter(({ workspace }) => workspace === other);
      const adding = sql`
        insert into ${sql.table(table.name)} overriding system value
        select * from jsonb_populate_record(null::${sql.table(table.name)}, ${JSON.stringify(line?.row)}::jsonb)`.execute(
        database.inWorkspace(own),
      );
      await expect.soft(adding, table.name).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('no row of another workspace can be changed, locked or deleted', async () => {
    const before = await readEverything();
    for (const table of tables) {
      const name = sql.table(table.name);
      const column = sql.ref(await lastColumn(table));
      const counts = [
        await countAffected(sql`update ${name} set ${column} = ${column}`),
        await countAffected(sql`select from ${name} for update`),
        await countAffected(
          sql`delete from ${name} where tableoid::text || ctid::text = any(${await findPlaces(table)}::text[])`,
        ),
      ];
      const mine = (await readAll(table)).filter(({ workspace }) => workspace === own).length;
      expect.soft([mine, 'refused'], table.name).toContain(counts[0]);
      expect.soft([mine, 'refused'], table.name).toContain(counts[1]);
      expect.soft([0, 'refused'], table.name).toContain(counts[2]);
    }
    expect(await readEverything()).toEqual(before);
  });

  test('no row of one’s own can be given away', async () => {
    // The id of a workspace cannot be set at all.
    const givable = tables.filter(({ name }) => name !== 'workspace');
    for (const { name } of givable)
      for (const [column, parent] of PARENTS[name] ?? [['workspace_id', 'workspace']]) {
        const theirs = sql.ref(parent === 'workspace' ? 'id' : 'workspace_id');
        const { rows } = await sql<{
          id: number;
        }>`select id from ${sql.table(parent)} where ${theirs} = ${other}`.execute(database.db);
        const giving = sql`update ${sql.table(name)} set ${sql.ref(column)} = ${rows[0]?.id}`;
        const answer = giving.execute(database.inWorkspace(own));
        await expect.soft(answer, `${name}.${column}`).rejects.toMatchObject({ code: '42501' });
      }
  });
});

describe('bound to none', () => {
  test('no table shows anything', async () => {
    for (const { name } of tables) {
      const { rows } = await sql`select from ${sql.table(name)}`.execute(database.inWorkspace(0));
      expect.soft(rows, name).toEqual([]);
    }
  });

  test('also where the setting was never made', async () => {
    const counts = await database.db.transaction().execute(async (tx) => {
      await sql`set local role tributary_app`.execute(tx);
      const found: number[] = [];
      for (const { name } of tables) found.push((await sql`select from ${sql.table(name)}`.execute(tx)).rows.length);
      return found;
    });

    expect(counts).toEqual(tables.map(() => 0));
  });
});

/** Puts a row into every table. @returns the workspace. */
async function fillWorkspace(name: string): Promise<number> {
  const { db } = database;
  const { id } = await db
    .insertInto('workspace')
    .values({ name, external_id: name })
    .returning('id')
    .executeTakeFirstOrThrow();
  const books = await openBooks(db, id);
  const profileKey = await addProfile(books, 'p');
  await addEvent(books, [delivered(profileKey)]);
  await addFailedRecord(books, { profileId: 'p', profileKey });
  const exportId = await addExport(books);
  const { destinationId, activationId, segmentIds } = books;
  for (const statement of [
    sql`insert into membership (lane, segment_id, profile_id, status, qualified_at)
      values (0, ${segmentIds[0]}, ${profileKey}, 'REALIZED', '2026-01-01T00:00:00Z')`,
    sql`insert into export_page (export_id, lane, page, size, profile_ids, segment_sets)
      values (${exportId}, 0, 0, 1, ${[profileKey]}::bigint[], '{0}')`,
    sql`insert into pending_record (lane, activation_id, profile_id, destination_id, not_before)
      values (0, ${activationId}, ${profileKey}, ${destinationId}, now())`,
    sql`insert into delivery_stat (workspace_id, destination_id, activation_id, lane, span_minutes, started_at, counts)
      values (${id}, ${destinationId}, ${activationId}, 0, 1, now(), '{}')`,
    sql`insert into state_event (destination_id, position, follows) values (${destinationId}, 1, '{}')`,
    sql`insert into api_key (workspace_id, name, prefix, key_hash, role, created_by_kind, created_by_name)
      values (${id}, 'key', 'key', sha256(${name}::bytea), 'ADMIN', 'SYSTEM', 'test')`,
    sql`insert into idempotency_key (workspace_id, operation, key, input_hash, answer)
      values (${id}, 'triggerExport', 'key', 'hash', '[]')`,
    sql`insert into audit_entry (workspace_id, action, actor_kind, actor_name, request_id, result, changes)
      values (${id}, 'triggerExport', 'SYSTEM', 'test', 'test', 'SUCCEEDED', '[]')`,
  ])
    await statement.execute(db);
  return id;
}

async function readTables(): Promise<Table[]> {
  const { rows } = await sql<{ name: string; hasWorkspace: boolean }>`
    select relname as name, exists (
        select from pg_attribute where attrelid = pg_class.oid and attname = 'workspace_id'
      ) as "hasWorkspace"
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname <> all(${OWNERS_ALONE}::text[])
    order by relname`.execute(database.db);
  return rows.map(({ name, hasWorkspace }) => ({ name, workspace: toWorkspace(name, hasWorkspace) }));
}

function toWorkspace(name: string, hasWorkspace: boolean): string {
  if (name === 'workspace') return 'line.id';
  if (hasWorkspace) return 'line.workspace_id';
  const [[column, parent] = []] = PARENTS[name] ?? [];
  if (!column) throw new Error(`Say in PARENTS of which workspace the rows of ${name} are.`);
  return `(select workspace_id from ${parent} where id = line.${column})`;
}

async function readAll(table: Table): Promise<Line[]> {
  const { rows } = await sql<Line>`
    select ${sql.raw(table.workspace)} as workspace, to_jsonb(line) as row
    from ${sql.table(table.name)} as line`.execute(database.db);
  return rows;
}

async function readEverything(): Promise<string[][]> {
  return await Promise.all(tables.map(async (table) => sortLines(await readAll(table))));
}

/** Where the other workspace's rows lie. */
async function findPlaces(table: Table): Promise<string[]> {
  const { rows } = await sql<{ place: string }>`
    select tableoid::text || ctid::text as place
    from ${sql.table(table.name)} as line
    where ${sql.raw(table.workspace)} = ${other}`.execute(database.db);
  expect(rows).not.toEqual([]);
  return rows.map(({ place }) => place);
}

async function lastColumn({ name }: Table): Promise<string> {
  const { rows } = await sql<{ column: string }>`
    select attname as column
    from pg_attribute
    where attrelid = ${name}::regclass and attnum > 0 and not attisdropped
    order by attnum desc
    limit 1`.execute(database.db);
  return rows[0]?.column ?? '';
}

/** What a statement of one's own workspace meets; nothing of it stays. */
async function countAffected(statement: RawBuilder<unknown>): Promise<number | 'refused'> {
  const done = new Error('done');
  let count: number | 'refused' = 'refused';
  const transaction = database
    .inWorkspace(own)
    .transaction()
    .execute(async (tx) => {
      const { rows, numAffectedRows } = await statement.execute(tx);
      count = Number(numAffectedRows ?? rows.length);
      throw done;
    });
  await expect(transaction).rejects.toSatisfy((error) => error === done || Object(error).code === '42501');
  return count;
}

function sortLines(lines: readonly { row: object }[]): string[] {
  return lines.map(({ row }) => JSON.stringify(row)).sort();
}
