/** COPY through Kysely's sessions and transactions: the fastest way for rows into PostgreSQL. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CompiledQuery,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Db } from './database.js';
import { preparedName } from './prepared.js';
import { type SessionPool, takeSession } from './session.js';

/** A value as PostgreSQL reads it: JSON and times as text; null is SQL's. */
export type CopyValue = string | number | null;

/** Where rows go. Names come from code, never from input. */
export interface CopyTarget {
  table: string;
  columns: readonly string[];
  /** Statements that go ahead of the COPY in the same message, each with its semicolon. Default none. */
  prelude?: string;
}

/** Rows of a COPY on their way to {@link copyingPool}. */
class CopyBody {
  constructor(readonly rows: Iterable<readonly CopyValue[]>) {}
}

/**
 * Copies rows into a table, on the transaction's own session.
 * @param tx of a database whose pool is a {@link copyingPool}.
 * @param rows values in the order of the columns; no text may hold NUL.
 * @throws what the database says of a row; nothing of the rows stays then.
 */
export async function copyInto(tx: Db, target: CopyTarget, rows: Iterable<readonly CopyValue[]>): Promise<void> {
  const statement = `${target.prelude ?? ''} copy ${target.table} (${target.columns.join(', ')}) from stdin`;
  await tx.executeQuery(CompiledQuery.raw(statement, [new CopyBody(rows)]));
}

/** Gives Kysely a pool whose sessions can COPY. Kysely has no words for it: it is a statement with one odd parameter. */
export function copyingPool(pool: SessionPool): PostgresPool {
  return {
    connect: async () => new CopyingSession(await takeSession(pool)),
    end: () => pool.end(),
  };
}

/** Writes rows as text in COPY's own form, in pieces of about {@link PIECE_LENGTH}. */
export function* toCopyText(rows: Iterable<readonly CopyValue[]>): Generator<string, void, undefined> {
  let piece = '';
  for (const row of rows) {
    row.forEach((value, index) => {
      piece += index === 0 ? toField(value) : `\t${toField(value)}`;
    });
    piece += '\n';
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** Characters; a chunk of large profiles is never one text. */
const PIECE_LENGTH = 256 * 1024;

/** A session as pg has it: a named statement is planned by its first call. */
interface PreparingSession {
  query<Row>(statement: { name: string; text: string; values: readonly unknown[] }): Promise<PostgresQueryResult<Row>>;
}

class CopyingSession implements PostgresPoolClient {
  readonly #session: pg.PoolClient;
  /** The same session, as Kysely sees it. */
  readonly #statements: PostgresPoolClient;
  readonly #prepared: PreparingSession;

  constructor(session: pg.PoolClient) {
    this.#session = session;
    this.#statements = session;
    this.#prepared = session;
  }

  query<Row>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query<Row>(
    statement: string | PostgresCursor<Row>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> | PostgresCursor<Row> {
    if (typeof statement !== 'string') return this.#statements.query(statement);
    const [body] = parameters;
    if (body instanceof CopyBody) return this.#copy(statement, body);
    const name = preparedName(statement);
    if (name === null) return this.#statements.query<Row>(statement, parameters);
    return this.#prepared.query<Row>({ name, text: statement, values: parameters });
  }

  release(): void {
    this.#session.release();
  }

  async #copy<Row>(statement: string, body: CopyBody): Promise<PostgresQueryResult<Row>> {
    const copy = this.#session.query(copyFrom(statement));
    await pipeline(Readable.from(toCopyText(body.rows)), copy);
    return { command: 'INSERT', rowCount: copy.rowCount, rows: [] };
  }
}

function toField(value: CopyValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'number') return String(value);
  return SPECIAL.test(value) ? value.replace(EVERY_SPECIAL, (character) => ESCAPES[character] ?? character) : value;
}

const SPECIAL = /[\\\n\r\t]/;
const EVERY_SPECIAL = /[\\\n\r\t]/g;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
