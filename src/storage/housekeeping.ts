/** What has to be done to the tables from time to time. */

import { sql } from 'kysely';
import type { Db } from './database.js';

/** Any fixed number: one housekeeper at a time per database. */
const HOUSEKEEPER_LOCK = 7_245_003;

/** Takes the housekeeper's lock until the transaction ends; false if another node has it. */
export async function tryLockHousekeeping(db: Db): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`/* housekeeping.lock */
    select pg_try_advisory_xact_lock(${HOUSEKEEPER_LOCK}) as locked
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

/** Rows of statistics merged in one statement: well within the longest one, however much has gathered. */
const MERGE_CHUNK = 10_000;

/** What becomes of statistics that are so old: the lists of statistics show them in no finer spans any more. */
const MERGES = [
  { fromMinutes: 1, toMinutes: 15, olderThanHours: 2 },
  { fromMinutes: 15, toMinutes: 60, olderThanHours: 26 },
] as const;

/** Days that statistics are kept: longer than the longest window. */
const STATISTICS_DAYS = 31;

/**
 * Merges old statistics into longer spans, the lanes of a span into one. Exact at every moment: rows go and come in one
 * statement, with what a commit added to them meanwhile. @returns how many rows went; if any, there may be more.
 */
export async function mergeStatistics(db: Db): Promise<number> {
  let merged = 0;
  for (const merge of MERGES) merged += await mergeSpans(db, merge);
  return merged;
}

async function mergeSpans(db: Db, merge: (typeof MERGES)[number]): Promise<number> {
  // Not those of a destination that is being deleted: the new rows would wait for it, and it for the old ones.
  const { rows } = await sql<{ merged: number }>`/* housekeeping.merge_statistics */
    with old as materialized (
      select stat.destination_id, stat.started_at, stat.activation_id, stat.lane, stat.span_minutes
      from delivery_stat stat
      join destination on destination.id = stat.destination_id
      where stat.span_minutes = ${merge.fromMinutes}
        and stat.started_at < now() - ${merge.olderThanHours} * interval '1 hour'
      order by stat.started_at
      limit ${MERGE_CHUNK}
      for key share of destination skip locked
    ),
    gone as (
      delete from delivery_stat stat
      using old
      where stat.destination_id = old.destination_id and stat.started_at = old.started_at
        and stat.activation_id = old.activation_id and stat.lane = old.lane and stat.span_minutes = old.span_minutes
      returning stat.workspace_id, stat.destination_id, stat.activation_id,
        date_bin(${merge.toMinutes} * interval '1 minute', stat.started_at, 'epoch') as started_at, stat.counts
    ),
    counted as (
      select workspace_id, destination_id, activation_id, started_at, counter.key, sum(counter.value::numeric) as total
      from gone
      cross join lateral jsonb_each_text(counts) as counter
      group by workspace_id, destination_id, activation_id, started_at, counter.key
    ),
    kept as (
      insert into delivery_stat as stat (
        workspace_id, destination_id, activation_id, lane, span_minutes, started_at, counts
      )
      select workspace_id, destination_id, activation_id, -1, ${merge.toMinutes}, started_at,
        jsonb_object_agg(key, total)
      from counted
      group by workspace_id, destination_id, activation_id, started_at
      on conflict (destination_id, started_at, activation_id, lane, span_minutes) do update
      set counts = add_counts(stat.counts, excluded.counts)
    )
    select count(*)::int as merged
    from gone`.execute(db);
  return rows[0]?.merged ?? 0;
}

/** Deletes statistics older than any window shows. */
export async function deleteExpiredStatistics(db: Db): Promise<void> {
  await sql`/* housekeeping.expired_statistics */
    delete from delivery_stat
    where span_minutes in (1, 15, 60) and started_at < now() - ${STATISTICS_DAYS} * interval '1 day'`.execute(db);
}

/** Making or dropping a partition waits for readers, and all who come later wait behind it: not for long. */
async function waitBriefly(tx: Db): Promise<void> {
  await sql`/* housekeeping.lock_timeout */ set local lock_timeout = '2s'`.execute(tx);
}
