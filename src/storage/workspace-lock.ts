/**
 * The lock between writers of profiles and changes of what they are judged by. Writers share it; whoever changes an
 * activation, a mapping or a segment's existence takes it alone, only to flip that state. So a membership is written
 * wholly before such a change (and seen by it) or wholly after (and sees it).
 */

import { sql } from 'kysely';
import type { Db } from './database.js';

/** Class of the advisory locks, so that they meet no other lock of the database. */
const LOCK_CLASS = 7_401;

/** Takes the workspace's lock until the transaction ends. `db` must be a transaction. */
export async function lockWorkspace(db: Db, workspaceId: number, mode: 'shared' | 'exclusive'): Promise<void> {
  const take = mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  await sql`/* workspace.lock (prepared) */ select ${sql.raw(take)}(${LOCK_CLASS}::int, ${workspaceId}::int)`.execute(
    db,
  );
}
