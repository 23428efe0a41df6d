/** Housekeeping of the database, at the start and each hour; of several nodes one does it. */

import type { BaseLogger } from 'pino';
import type { Db } from './storage/database.js';
import {
  deleteExpiredIdempotencyKeys,
  deleteExpiredStatistics,
  dropExpiredDeliveries,
  ensureDeliveryPartitions,
  mergeStatistics,
  tryLockHousekeeping,
} from './storage/housekeeping.js';

/** What maintenance needs. */
export interface MaintenanceParts {
  db: Db;
  log: BaseLogger;
  /** Deliveries and events older than this go; whole weeks at a time. */
  retentionDays: number;
  /** Default one hour. */
  intervalMs?: number;
}

const HOUR_MS = 3_600_000;

/** Does the housekeeping now and then each interval; disposing waits for what is under way. */
export function startMaintenance({ intervalMs = HOUR_MS, ...parts }: MaintenanceParts): AsyncDisposable {
  let running = keepHouse(parts);
  const timer = setInterval(() => {
    running = running.then(() => keepHouse(parts));
  }, intervalMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}

/** A failure waits for the next turn: partitions are made two weeks ahead. */
async function keepHouse({ db, log, retentionDays }: MaintenanceParts): Promise<void> {
  try {
    // Each in a transaction of its own: what cannot be dropped, because it is read, must not keep the weeks to come away.
    await asHousekeeper(db, ensureDeliveryPartitions);
    const forgotten = await asHousekeeper(db, deleteExpiredIdempotencyKeys);
    const merged = await mergeAllStatistics(db);
    await asHousekeeper(db, deleteExpiredStatistics);
    await asHousekeeper(db, (tx) => dropExpiredDeliveries(tx, retentionDays));
    log.debug({ forgotten, merged }, 'kept house');
  } catch (error) {
    log.error({ err: error }, 'the housekeeping failed; it is tried again in its next turn');
  }
}

/** Merges chunk by chunk, each in a transaction of its own. @returns how many rows went. */
async function mergeAllStatistics(db: Db): Promise<number> {
  let merged = 0;
  for (;;) {
    const chunk = await asHousekeeper(db, mergeStatistics);
    if (!chunk) return merged;
    merged += chunk;
  }
}

/** Does a task in a transaction of its own; null if another node keeps house at the moment. */
async function asHousekeeper<Answer>(db: Db, task: (tx: Db) => Promise<Answer>): Promise<Answer | null> {
  return await db.transaction().execute(async (tx) => ((await tryLockHousekeeping(tx)) ? await task(tx) : null));
}
