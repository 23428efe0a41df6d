/** COPY through Kysely's sessions and transactions: the fastest way for rows into PostgreSQL. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CompiledQuery } from 'kysely';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Db } from './database.js';

/** A value as PostgreSQL reads it: JSON and times as text; null is SQL's. */
export type CopyValue = string | number | null;

/** Where rows go. Names come from code, never from input. */
export interface CopyTarget {
  table: string;
  columns: readonly string[];
  /** Statements that go ahead of the COPY in the same message, each with its semicolon. Default none. */
  prelude?: string;
}

/** Rows of a COPY on their way to {@link runCopy}. */
export class CopyBody {
  constructor(readonly rows: Iterable<readonly CopyValue[]>) {}
}

/**
 * Copies rows into a table, on the transaction's own session.
 * @param rows values in the order of the columns; no text may hold NUL.
 * @throws what the database says of a row; nothing of the rows stays then.
 */
export async function copyInto(tx: Db, target: CopyTarget, rows: Iterable<readonly CopyValue[]>): Promise<void> {
  const statement = `${target.prelude ?? ''} copy ${target.table} (${target.columns.join(', ')}) from stdin`;
  await tx.executeQuery(CompiledQuery.raw(statement, [new CopyBody(rows)]));
}

/** Runs a COPY on a session that has nothing else under way. @returns how many rows came in. */
export async function runCopy(session: pg.PoolClient, statement: string, body: CopyBody): Promise<number> {
  const { pipeline: wasPipelined } = session;
  // The driver runs no statement of another kind than its own on a session that sends ahead.
  setPipeline(session, false);
  try {
    const copy = session.query(copyFrom(statement));
    await pipeline(Readable.from(toCopyText(body.rows)), copy);
    return copy.rowCount ?? 0;
  } catch (error) {
    // The server has not said yet that it gave up.
    await session.query('').catch(() => {});
    throw error;
  } finally {
    setPipeline(session, wasPipelined);
  }
}

/** The driver looks at it for each statement, but gives it out as read-only. */
function setPipeline(session: pg.PoolClient, value: boolean): void {
  Object.assign(session, { pipeline: value });
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

function toField(value: CopyValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'number') return String(value);
  return SPECIAL.test(value) ? value.replace(EVERY_SPECIAL, (character) => ESCAPES[character] ?? character) : value;
}

const SPECIAL = /[\\\n\r\t]/;
const EVERY_SPECIAL = /[\\\n\r\t]/g;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
