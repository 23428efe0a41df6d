/**
 * Transactions of what changes something: the one place where the domain opens them. Who loses to another is tried again,
 * and no caller hears of it; a call that is audited leaves its entry here.
 */

import type { Db } from '../storage/database.js';
import { isLostToAnother } from '../storage/transaction-conflict.js';
import { noteCommit, recordedWork } from './audit.js';

/** How often it is tried in all. */
const TRIES = 5;

/** What differs from the usual. */
export interface TransactionOptions {
  /** Default: the server's. */
  isolation?: 'read committed';
  /** How often it is tried in all. Default 5. */
  tries?: number;
  /** Whether the work was lost to another one and is to be done again. Default: by the database's code. */
  isLost?: (error: unknown) => boolean;
}

/**
 * Does work in a transaction, all of it again if the database gave it up for the sake of another one. It begins at once:
 * what it lost to holds the locks, so that it waits there.
 * @param work reads and writes through `tx` alone, and has no effect outside of it.
 * @throws what the work throws, and the database's error if it lost each time.
 */
export async function runTransaction<Answer>(
  db: Db,
  work: (tx: Db) => Promise<Answer>,
  options: TransactionOptions = {},
): Promise<Answer> {
  const { isolation, tries: maxTries = TRIES, isLost = isLostToAnother } = options;
  for (let tries = 1; ; tries += 1) {
    try {
      const transaction = isolation ? db.transaction().setIsolationLevel(isolation) : db.transaction();
      const answer = await transaction.execute((tx) => recordedWork(db, tx, work));
      noteCommit(db);
      return answer;
    } catch (error) {
      if (tries >= maxTries || !isLost(error)) throw error;
    }
  }
}
