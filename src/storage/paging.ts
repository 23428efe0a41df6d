/**
 * Keyset pages of lists, for many parents in one statement: the number of statements does not grow with the number
 * of parents (50 destinations with their newest exports are one query).
 */

import { type RawBuilder, sql } from 'kysely';
import { type CursorScope, decodeCursor, encodeCursor, type SortKeyType } from './cursor.js';
import type { Db } from './database.js';

/** One key of an order; the last one of an order is unique, so that cursors are exact. */
export interface SortKey {
  expression: RawBuilder<unknown>;
  type: SortKeyType;
}

/** An order of a list; all keys run in one direction. */
export interface SortOrder {
  name: string;
  keys: SortKey[];
  direction: 'asc' | 'desc';
}

/** What a client asked for: `first` or `last` as `limit`, and a cursor at either side. */
export interface PageRequest {
  /** 1–100. */
  limit: number;
  /** True for `last`: the page is cut from the end. */
  fromEnd: boolean;
  after: string | null;
  before: string | null;
}

/** One page in list order, whichever side it was cut from. */
export interface Page<Row> {
  items: { row: Row; cursor: string }[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

/** A list as SQL parts. `parent.id` in the conditions is the parent's id. */
export interface ListQuery<Row> {
  /** Name of the list, in statements and cursors, such as `segments`. */
  name: string;
  workspaceId: number;
  columns: RawBuilder<unknown>;
  from: RawBuilder<unknown>;
  conditions: RawBuilder<unknown>[];
  order: SortOrder;
  /** Parses one row; never casts. */
  parse(row: Record<string, unknown>): Row;
}

/**
 * Reads one page for each parent, in one statement.
 * @returns pages in the order of `parentIds`.
 * @throws {InvalidCursorError} if a cursor is not of this list and order.
 */
export async function pageByParents<Row>(
  db: Db,
  parentIds: readonly number[],
  request: { list: ListQuery<Row>; page: PageRequest },
): Promise<Page<Row>[]> {
  const { list, page } = request;
  const scope = { list: list.name, order: list.order.name, workspaceId: list.workspaceId };
  const reversed = page.fromEnd;
  const descending = (list.order.direction === 'desc') !== reversed;
  const conditions = [...list.conditions, ...bounds(list.order, page, scope)];
  const result = await sql<Record<string, unknown>>`/* ${sql.raw(list.name)}.page */
    select parent.id as parent_id, listed.*
    from unnest(${[...parentIds]}::bigint[]) as parent(id)
    cross join lateral (
      select ${list.columns}, array[${sql.join(list.order.keys.map((key) => sql`(${key.expression})::text`))}] as cursor_keys
      from ${list.from}
      where ${sql.join(conditions, sql` and `)}
      order by ${sql.join(list.order.keys.map((key) => sql`${key.expression} ${sql.raw(descending ? 'desc' : 'asc')}`))}
      limit ${page.limit + 1}
    ) as listed`.execute(db);
  return parentIds.map((parentId) =>
    toPage(
      result.rows.filter((row) => row['parent_id'] === parentId),
      { list, page, scope },
    ),
  );
}

/** Counts what each parent's list has under its conditions; one statement, in the order of `parentIds`. */
export async function countByParents<Row>(
  db: Db,
  parentIds: readonly number[],
  list: ListQuery<Row>,
): Promise<number[]> {
  const result = await sql<{ parent_id: number; total: number }>`/* ${sql.raw(list.name)}.count */
    select parent.id as parent_id, listed.total
    from unnest(${[...parentIds]}::bigint[]) as parent(id)
    cross join lateral (
      select count(*) as total from ${list.from} where ${sql.join(list.conditions, sql` and `)}
    ) as listed`.execute(db);
  const totals = new Map(result.rows.map((row) => [row.parent_id, row.total]));
  return parentIds.map((parentId) => totals.get(parentId) ?? 0);
}

function bounds(order: SortOrder, page: PageRequest, scope: CursorScope): RawBuilder<unknown>[] {
  const after = order.direction === 'asc' ? '>' : '<';
  const before = order.direction === 'asc' ? '<' : '>';
  const sides: [string | null, string][] = [
    [page.after, after],
    [page.before, before],
  ];
  return sides.flatMap(([cursor, operator]) => (cursor === null ? [] : [beyond(order, { cursor, operator, scope })]));
}

function beyond(order: SortOrder, side: { cursor: string; operator: string; scope: CursorScope }): RawBuilder<unknown> {
  const types = order.keys.map((key) => key.type);
  const keys = decodeCursor(side.cursor, side.scope, types);
  const values = keys.map((key, index) => sql`${key}::text::${sql.raw(types[index] ?? 'text')}`);
  return sql`(${sql.join(order.keys.map((key) => key.expression))}) ${sql.raw(side.operator)} (${sql.join(values)})`;
}

function toPage<Row>(
  rows: Record<string, unknown>[],
  context: { list: ListQuery<Row>; page: PageRequest; scope: CursorScope },
): Page<Row> {
  const { list, page, scope } = context;
  const more = rows.length > page.limit;
  const kept = rows.slice(0, page.limit);
  if (page.fromEnd) kept.reverse();
  const items = kept.map((row) => ({ row: list.parse(row), cursor: encodeCursor(scope, cursorKeys(row)) }));
  if (page.fromEnd) return { items, hasPreviousPage: more, hasNextPage: page.before !== null };
  return { items, hasNextPage: more, hasPreviousPage: page.after !== null };
}

function cursorKeys(row: Record<string, unknown>): string[] {
  const keys = row['cursor_keys'];
  return Array.isArray(keys) ? keys.map(String) : [];
}
