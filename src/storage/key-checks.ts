/** Checks of encryption keys in the database: one value, sealed with each key, by the key's id. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';

/** Any fixed number, so that it meets no other advisory lock of the database. */
const START_LOCK = 7_245_005;

/** A key that the database knows. */
export interface KeyCheck {
  keyId: string;
  sealed: Buffer;
}

/** Waits until no other process looks at the checks, and keeps them from others until the transaction ends. */
export async function lockKeyChecks(db: Db): Promise<void> {
  await sql`/* key_checks.lock */ select pg_advisory_xact_lock(${START_LOCK})`.execute(db);
}

/** Lists the keys that the database knows, the oldest first. */
export async function listKeyChecks(db: Db): Promise<KeyCheck[]> {
  const { rows } = await sql`/* key_checks.list */
    select key_id, sealed
    from key_check
    order by created_at, key_id`.execute(db);
  return rows.map((row) => CheckRow.parse(row));
}

/** Adds a key. */
export async function insertKeyCheck(db: Db, { keyId, sealed }: KeyCheck): Promise<void> {
  await sql`/* key_checks.insert */
    insert into key_check (key_id, sealed) values (${keyId}, ${sealed})`.execute(db);
}

/** Forgets all keys. */
export async function deleteKeyChecks(db: Db): Promise<void> {
  await sql`/* key_checks.delete */ delete from key_check`.execute(db);
}

const CheckRow = z
  .object({ key_id: z.string(), sealed: z.instanceof(Buffer) })
  .transform(({ key_id, sealed }): KeyCheck => ({ keyId: key_id, sealed }));
