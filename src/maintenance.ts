/** Housekeeping of the database, at the start and each hour, of statistics each minute; of several nodes one does it. */

import type { BaseLogger } from 'pino';
import { repeat } from './repeat.js';
import { deleteExpiredAuditEntries } from './storage/audit-entries.js';
import type { Db } from './storage/database.js';
import {
  deleteDecidedFailedRecords,
  deleteExpiredIdempotencyKeys,
  dropExpiredDeliveries,
  ensureDeliveryPartitions,
  tryLockHousekeeping,
} from './storage/housekeeping.js';
import { deleteExpiredStatistics, mergeStatistics } from './storage/statistics-merge.js';

/** What maintenance needs. */
export interface MaintenanceParts {
  db: Db;
  log: BaseLogger;
  /** Deliveries and events older than this go, whole weeks at a time, and failed records decided on before. */
  retentionDays: number;
  /** Entries of the audit log older than this go. Default 400. */
  auditRetentionDays?: number;
  /** Default one hour. */
  intervalMs?: number;
  /** Between two turns of merging statistics. Default one minute. */
  mergeIntervalMs?: number;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Does the housekeeping now and then each interval; disposing waits for what is under way. */
export function startMaintenance(options: MaintenanceParts): AsyncDisposable {
  const { intervalMs = HOUR_MS, mergeIntervalMs = MINUTE_MS, ...parts } = options;
  const loops = [repeat(() => keepHouse(parts), intervalMs), repeat(() => keepStatistics(parts), mergeIntervalMs)];
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(loops.map((loop) => loop[Symbol.asyncDispose]()));
    },
  };
}

/** A failure waits for the next turn: partitions are made two weeks ahead. */
async function keepHouse({ db, log, retentionDays, auditRetentionDays = 400 }: MaintenanceParts): Promise<void> {
  try {
    // Each in a transaction of its own: what cannot be dropped, because it is read, must not keep the weeks to come away.
    await asHousekeeper(db, 'house', ensureDeliveryPartitions);
    const forgotten = await asHousekeeper(db, 'house', deleteExpiredIdempotencyKeys);
    await asHousekeeper(db, 'house', (tx) => dropExpiredDeliveries(tx, retentionDays));
    let gone: number | null;
    do gone = await asHousekeeper(db, 'house', (tx) => deleteDecidedFailedRecords(tx, retentionDays));
    while (gone);
    do gone = await asHousekeeper(db, 'house', (tx) => deleteExpiredAuditEntries(tx, auditRetentionDays));
    while (gone);
    log.debug({ forgotten }, 'kept house');
  } catch (error) {
    log.error({ err: error }, 'the housekeeping failed; it is tried again in its next turn');
  }
}

/** A failure waits for the next turn: until then statistics are only slower to read. */
async function keepStatistics({ db, log }: MaintenanceParts): Promise<void> {
  try {
    let merged: number | null;
    do merged = await asHousekeeper(db, 'statistics', mergeStatistics);
    while (merged);
    await asHousekeeper(db, 'statistics', deleteExpiredStatistics);
  } catch (error) {
    log.error({ err: error }, 'merging the statistics failed; it is tried again in its next turn');
  }
}

/** Does a task in a transaction of its own; null if another node is at it at the moment. */
async function asHousekeeper<Answer>(
  db: Db,
  kind: 'house' | 'statistics',
  task: (tx: Db) => Promise<Answer>,
): Promise<Answer | null> {
  return await db.transaction().execute(async (tx) => ((await tryLockHousekeeping(tx, kind)) ? await task(tx) : null));
}
