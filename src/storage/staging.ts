/**
 * Many rows for one statement: through COPY into a temporary table, or as parameters if they are few.
 *
 * COPY does not go straight into the tables: it knows no `on conflict`, and row-level security refuses it.
 */

import { type RawBuilder, sql } from 'kysely';
import { type CopyValue, copyInto } from './copy.js';
import type { Db } from './database.js';

/** A temporary table of each session that needs it, and how rows of it are made. Names come from code. */
export interface StagingTable<Source> {
  name: string;
  columns: Readonly<Record<string, StagedColumn<Source>>>;
}

/** A column of a {@link StagingTable}. */
export interface StagedColumn<Source> {
  /** Its SQL type. */
  type: string;
  /** The column's value; JSON and times as text. */
  value(source: Source): CopyValue;
}

/**
 * Below this, parameters are faster: COPY into a temporary table, which the commit empties, takes PostgreSQL 1.4 ms
 * more a transaction, whatever the rows; a whole upsert of one profile takes 1.3 ms.
 */
export const MIN_COPIED_ROWS = 200;

/**
 * Hands rows to one statement of the transaction.
 * @returns the query that takes them, for one `with given as (…)`; its columns are those of the table.
 */
export async function stageRows<Source>(
  tx: Db,
  table: StagingTable<Source>,
  sources: readonly Source[],
): Promise<RawBuilder<unknown>> {
  if (sources.length < MIN_COPIED_ROWS) return toParameters(table, sources);
  const target = { table: table.name, columns: Object.keys(table.columns), prelude: toDefinition(table) };
  await copyInto(tx, target, toRows(table, sources));
  // Taken out, so that the next rows of the transaction find the table empty; it costs nothing that can be measured.
  return sql`delete from ${sql.raw(table.name)} returning *`;
}

/** One by one: all rows at once would double what the garbage collector moves. */
function* toRows<Source>(
  { columns }: StagingTable<Source>,
  sources: readonly Source[],
): Generator<CopyValue[], void, undefined> {
  const wanted = Object.values(columns);
  for (const source of sources) yield wanted.map((column) => column.value(source));
}

function toParameters<Source>({ columns }: StagingTable<Source>, sources: readonly Source[]): RawBuilder<unknown> {
  const lists = Object.values(columns).map(
    (column) => sql`${sources.map((source) => column.value(source))}::${sql.raw(column.type)}[]`,
  );
  return sql`select * from unnest(${sql.join(lists)}) as given(${sql.raw(Object.keys(columns).join(', '))})`;
}

/** Made by whichever transaction of a session needs it first; its rows are gone with each transaction. */
function toDefinition<Source>({ name, columns }: StagingTable<Source>): string {
  const definitions = Object.entries(columns).map(([column, { type }]) => `${column} ${type}`);
  return `create temporary table if not exists ${name} (${definitions.join(', ')}) on commit delete rows;`;
}
