/** What has to be done to the tables from time to time. */

import { sql } from 'kysely';
import type { Db } from './database.js';

/** Any fixed numbers: one housekeeper of each kind at a time per database. */
const LOCKS = { house: 7_245_003, statistics: 7_245_004 } as const;

/** Takes a housekeeper's lock until the transaction ends; false if another node has it. */
export async function tryLockHousekeeping(db: Db, kind: keyof typeof LOCKS): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`/* housekeeping.lock */
    select pg_try_advisory_xact_lock(${LOCKS[kind]}) as locked
  `.execute(db);
  return rows[0]?.locked === true;
}

/** Makes the partitions of delivery events for this week and the next two. `db` must be a transaction. */
export async function ensureDeliveryPartitions(db: Db): Promise<void> {
  await waitBriefly(db);
  await sql`/* housekeeping.partitions */ select ensure_delivery_partitions(0, 2)`.execute(db);
}

/** Drops the weeks of delivery events, and deletes the state events, whose retention is over. `db` must be a transaction. */
export async function dropExpiredDeliveries(db: Db, retentionDays: number): Promise<void> {
  await waitBriefly(db);
  await sql`/* housekeeping.drop_partitions */ select drop_delivery_partitions(${retentionDays})`.execute(db);
  await sql`/* housekeeping.state_events */
    delete from state_event where committed_at < now() - ${retentionDays} * interval '1 day'`.execute(db);
}

/** Most failed records that go in one transaction. */
const EXPIRED_BATCH = 10_000;

/**
 * Deletes failed records that were recovered or discarded so long ago, some at a time; those that wait for a decision
 * stay. `db` must be a transaction.
 * @returns how many, 0 once all are gone.
 */
export async function deleteDecidedFailedRecords(db: Db, retentionDays: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`/* housekeeping.failed_records */
    delete from failed_record
    where id in (
      select id from failed_record
      where state in ('RECOVERED', 'DISCARDED') and updated_at < now() - ${retentionDays} * interval '1 day'
      limit ${EXPIRED_BATCH}
    )`.execute(db);
  return Number(numAffectedRows);
}

/** Forgets idempotency keys older than 24 hours. @returns how many. */
export async function deleteExpiredIdempotencyKeys(db: Db): Promise<number> {
  const { rows } = await sql<{ deleted: number }>`/* housekeeping.idempotency_keys */
    with gone as (
      delete from idempotency_key
      where created_at < now() - interval '24 hours'
      returning 1
    )
    select count(*)::int as deleted
    from gone
  `.execute(db);
  return rows[0]?.deleted ?? 0;
}

/** Making or dropping a partition waits for readers, and all who come later wait behind it: not for long. */
async function waitBriefly(tx: Db): Promise<void> {
  await sql`/* housekeeping.lock_timeout */ set local lock_timeout = '2s'`.execute(tx);
}
