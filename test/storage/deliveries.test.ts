import { Kysely, PostgresDialect, sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { laneOf } from '../../src/domain/lane.js';
import {
  type DeliveryFilter,
  type DeliveryListRequest,
  type DeliveryScope,
  deliveryList,
} from '../../src/storage/deliveries.js';
import { type PageRequest, pageByParents } from '../../src/storage/paging.js';
import type { Tables } from '../../src/storage/tables.js';
import { addExport, addProfile, type Books, openBooks } from '../support/books.js';
import { PlanModel, type PlanNode } from '../support/plans.js';
import { useTestDatabase } from '../support/test-database.js';

const EVENTS = 200;
const RECORDS = 500;
const WORKSPACE = 1;

const database = useTestDatabase();
let books: Books;
let exportId: number;
let profileKey: number;

/** Every fourth event has one failed record, every second belongs to the export, the first holds the profile. */
beforeAll(async () => {
  await sql`insert into workspace (name, external_id) values ('books', 'books')`.execute(database.db);
  books = await openBooks(database.db, WORKSPACE);
  exportId = await addExport(books);
  profileKey = await addProfile(books, 'p');
  await sql`
    insert into delivery_event (
      committed_at, workspace_id, destination_id, lane, position, activation_id, activation_version,
      destination_version, origin, export_ids, delivered, failed, skipped, deferred, attempts, bytes,
      possible_duplicates, codes, profile_ids, outcomes, revisions, record_codes, shards, shard_numbers,
      sequence_numbers, record_attempts, record_bytes, latencies_ms
    )
    select clock_timestamp(), ${WORKSPACE}, ${books.destinationId}, (number + ${laneOf(WORKSPACE, 'p')}::int) % 16, number, ${books.activationId}, 1, 1,
      'MANUAL', case when number % 2 = 0 then array[${exportId}::bigint] else '{}' end,
      ${RECORDS}::int - is_bad, is_bad, 0, 0, ${RECORDS}, 1, 0,
      case is_bad when 1 then '{"RECORD_TOO_LARGE": 1}'::jsonb else '{}' end,
      array(select ${profileKey}::bigint + number * ${RECORDS}::int + place from generate_series(0, ${RECORDS - 1}::int) as place),
      repeat('D', ${RECORDS}::int - is_bad) || repeat('F', is_bad), array_fill(1000::bigint + number, array[${RECORDS}::int]),
      case is_bad when 1 then array_fill(''::text, array[${RECORDS - 1}::int]) || 'RECORD_TOO_LARGE'::text end,
      '{shardId-000000000000}', array_fill(1::smallint, array[${RECORDS}::int]),
      array(select '4950' || md5((number + place)::text) from generate_series(1, ${RECORDS}::int) as place),
      array_fill(1::smallint, array[${RECORDS}::int]), array_fill(780, array[${RECORDS}::int]),
      array_fill(12.5::real, array[${RECORDS}::int])
    from generate_series(0, ${EVENTS - 1}::int) as number
    cross join lateral (select (number % 4 = 0)::int as is_bad) as chance`.execute(database.db);
  await sql`analyze delivery_event`.execute(database.db);
});

/** Reads a page; tells how many records were taken out of events for it. */
async function measure(
  scope: DeliveryScope,
  parentId: number,
  given: { filter?: DeliveryFilter; page?: Partial<PageRequest> } = {},
) {
  const statements: { sql: string; parameters: readonly unknown[] }[] = [];
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: database.pool }),
    log: ({ query }) => {
      statements.push(query);
    },
  });
  const page: PageRequest = { limit: 20, fromEnd: false, after: null, before: null, ...given.page };
  const request: DeliveryListRequest = {
    workspaceId: WORKSPACE,
    scope,
    filter: given.filter ?? {},
    orderBy: 'COMMITTED_AT_DESC',
    bounds: page,
  };
  const [found] = await pageByParents(db, [parentId], { list: deliveryList(request), page });
  const [statement] = statements;
  const explained = await database.pool.query<Record<string, unknown>>(
    `explain (analyze, buffers, format json) ${statement?.sql}`,
    [...(statement?.parameters ?? [])],
  );
  const [{ Plan: plan }] = Explained.parse(explained.rows[0]?.['QUERY PLAN']);
  return { items: found?.items ?? [], records: takenApart(plan) };
}

const Explained = z.tuple([z.object({ Plan: PlanModel })]);

function takenApart(node: PlanNode): number {
  const own = node['Node Type'] === 'Function Scan' && node.Alias === 'record' ? node['Actual Loops'] * RECORDS : 0;
  return own + (node.Plans ?? []).reduce((sum, inner) => sum + takenApart(inner), 0);
}

describe('a page of deliveries takes apart few of the events', () => {
  test.each([
    ['workspace', (): number => WORKSPACE],
    ['destination', () => books.destinationId],
    ['activation', () => books.activationId],
    ['export', () => exportId],
  ] as const)('of one %s: two at most, wherever the page lies', async (scope, parentId) => {
    const first = await measure(scope, parentId());
    const middle = await farPage(scope, parentId());

    expect(first.items).toHaveLength(20);
    expect(middle.items).toHaveLength(20);
    expect(Math.max(first.records, middle.records)).toBeLessThanOrEqual(2 * RECORDS);
  });

  test('with a filter by outcome: those that have it', async () => {
    const { items, records } = await measure('workspace', WORKSPACE, { filter: { outcomes: ['FAILED'] } });

    expect(items).toHaveLength(20);
    expect(records).toBeLessThanOrEqual(22 * RECORDS);
  });

  test('of a profile: those of its lane that hold it', async () => {
    const scoped = await measure('profile', profileKey);
    const filtered = await measure('workspace', WORKSPACE, { filter: { profileId: 'p' } });

    expect([scoped.items.length, filtered.items.length]).toEqual([1, 1]);
    expect(Math.max(scoped.records, filtered.records)).toBeLessThanOrEqual(RECORDS);
  });

  /** A page from the middle of the list, by the cursor of the middle event's last record. */
  async function farPage(scope: DeliveryScope, parentId: number): ReturnType<typeof measure> {
    const { rows } = await sql<{ at: Date }>`
      select committed_at as at from delivery_event order by committed_at offset ${EVENTS / 2} limit 1`.execute(
      database.db,
    );
    const to = rows[0]?.at ?? null;
    const before = await measure(scope, parentId, { filter: { to } });
    return await measure(scope, parentId, { page: { after: before.items.at(-1)?.cursor ?? null } });
  }
});
