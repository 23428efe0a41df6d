/** Checks of encryption keys in the database: a value sealed with each key, by the key's id. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';

/** Any fixed number, so that it meets no other advisory lock of the database. */
const START_LOCK = 7_245_005;

/** Waits until no other process looks at the checks, and keeps them from others until the transaction ends. */
export async function lockKeyChecks(db: Db): Promise<void> {
  await sql`/* key_checks.lock */ select pg_advisory_xact_lock(${START_LOCK})`.execute(db);
}

/** Reads the sealed value of a key; null if the database does not know the key. */
export async function findKeyCheck(db: Db, keyId: string): Promise<Buffer | null> {
  const { rows } = await sql`/* key_checks.find */ select sealed from key_check where key_id = ${keyId}`.execute(db);
  return rows[0] === undefined ? null : CheckRow.parse(rows[0]).sealed;
}

/** Adds a key. */
export async function insertKeyCheck(db: Db, keyId: string, sealed: Buffer): Promise<void> {
  await sql`/* key_checks.insert */
    insert into key_check (key_id, sealed) values (${keyId}, ${sealed})`.execute(db);
}

const CheckRow = z.object({ sealed: z.instanceof(Buffer) });
