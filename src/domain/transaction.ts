/** Transactions that wait for locks of others: who loses is tried again, and no caller hears of it. */

import type { Db } from '../storage/database.js';
import { isLostToAnother } from '../storage/transaction-conflict.js';

/** How often it is tried in all. */
const TRIES = 5;

/**
 * Does work in a transaction, all of it again if the database gave it up for the sake of another one. It begins at once:
 * what it lost to holds the locks, so that it waits there.
 * @param work reads and writes through `tx` alone, and has no effect outside of it.
 * @throws what the work throws, and the database's error if it lost {@link TRIES} times.
 */
export async function runTransaction<Answer>(db: Db, work: (tx: Db) => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (tries >= TRIES || !isLostToAnother(error)) throw error;
    }
  }
}
