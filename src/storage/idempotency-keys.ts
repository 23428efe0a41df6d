/** Idempotency keys in the database. */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { NodeReference } from '../domain/user-error.js';
import type { Db } from './database.js';
import { MADE_KINDS } from './reference-columns.js';

/** Which key: unique per workspace and operation. */
export interface IdempotencyKeyName {
  workspaceId: number;
  operation: string;
  key: string;
}

/** What a call with a key left behind. */
export interface RememberedCall {
  inputHash: Buffer;
  /** The objects that it made. */
  answer: NodeReference[];
}

/** Makes a key one's own until the transaction ends, if it is new or older than 24 h; false if a call has used it. */
export async function claimIdempotencyKey(db: Db, name: IdempotencyKeyName, inputHash: Buffer): Promise<boolean> {
  // A second caller waits here until the first one's transaction has ended.
  const result = await sql`/* idempotency_keys.claim */
    insert into idempotency_key as known (workspace_id, operation, key, input_hash, answer)
    values (${name.workspaceId}, ${name.operation}, ${name.key}, ${inputHash}, '[]')
    on conflict (workspace_id, operation, key) do update
    set input_hash = excluded.input_hash, answer = excluded.answer, created_at = excluded.created_at
    where known.created_at < now() - interval '24 hours'
    returning true as claimed`.execute(db);
  return result.rows.length > 0;
}

/** Remembers what the call made. */
export async function storeIdempotentAnswer(db: Db, name: IdempotencyKeyName, answer: NodeReference[]): Promise<void> {
  await sql`/* idempotency_keys.store_answer */
    update idempotency_key
    set answer = ${JSON.stringify(answer)}
    where ${isNamed(name)}`.execute(db);
}

/** Finds what a call with this key left behind. */
export async function findRememberedCall(db: Db, name: IdempotencyKeyName): Promise<RememberedCall | null> {
  const result = await sql`/* idempotency_keys.find */
    select input_hash, answer
    from idempotency_key
    where ${isNamed(name)}`.execute(db);
  const row = result.rows[0];
  return row === undefined ? null : RememberedCallRow.parse(row);
}

function isNamed(name: IdempotencyKeyName): RawBuilder<unknown> {
  return sql`workspace_id = ${name.workspaceId} and operation = ${name.operation} and key = ${name.key}`;
}

const RememberedCallRow = z
  .object({
    input_hash: z.instanceof(Buffer),
    answer: z.array(
      z.object({
        kind: z.enum(MADE_KINDS),
        id: z.number(),
      }),
    ),
  })
  .transform((row): RememberedCall => ({ inputHash: row.input_hash, answer: row.answer }));
