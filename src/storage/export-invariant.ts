/** The books of the exports, read as a whole: what waits, how long, and whether every record is accounted for. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';

/** The state of the books at one moment. */
export interface ExportBooks {
  /** Records that wait: live changes, deferred records, and what is left of export pages. */
  pendingRecords: number;
  /** Age of what has waited longest; 0 if nothing waits. */
  oldestPendingSeconds: number;
  /**
   * How far received is from delivered + failed + skipped + pending, summed over the unfinished exports and those
   * finished in the last hour without regard to sign, so that two faults cannot hide each other. Must be 0.
   */
  unaccountedRecords: number;
}

/** Reads the books in one statement, hence in one snapshot: a commit between two would look like a loss. */
export async function readExportBooks(db: Db): Promise<ExportBooks> {
  const { rows } = await readBooks.execute(db);
  return books.parse(rows[0]);
}

const books = z
  .object({ pending: z.number(), oldest_seconds: z.number(), unaccounted: z.number() })
  .transform((row) => ({
    pendingRecords: row.pending,
    oldestPendingSeconds: row.oldest_seconds,
    unaccountedRecords: row.unaccounted,
  }));

const readBooks = sql`/* export-invariant.read */
with watched as (
  select id, created_at
  from export
  where finished_at is null or finished_at > clock_timestamp() - interval '1 hour'
),
counted as (
  select
    export_id,
    sum(received)::bigint as received,
    sum(
      coalesce((counts->>'delivered')::bigint, 0)
      + coalesce((counts->>'failed')::bigint, 0)
      + coalesce((counts->>'skipped')::bigint, 0)
    )::bigint as settled
  from export_lane
  where export_id in (select id from watched)
  group by export_id
),
paged as (
  select
    page.export_id,
    sum(page.size - case when page.page = lane.page then lane.page_offset else 0 end)::bigint as records
  from export_page as page
  join export_lane as lane on lane.export_id = page.export_id and lane.lane = page.lane
  where page.export_id in (select id from watched)
    and page.page >= lane.page
  group by page.export_id
),
deferred as (
  select reason.key::bigint as export_id, count(*) as records
  from pending_record, jsonb_object_keys(exports) as reason (key)
  group by reason.key
),
waiting as (
  select count(*) as records, min(created_at) as since
  from pending_record
)
select
  (waiting.records + coalesce((select sum(records) from paged), 0))::bigint as pending,
  coalesce(
    extract(epoch from clock_timestamp() - least(
      waiting.since,
      (select min(watched.created_at) from watched join paged on paged.export_id = watched.id where paged.records > 0)
    )),
    0
  )::float8 as oldest_seconds,
  coalesce(
    (
      select sum(abs(counted.received - counted.settled - coalesce(paged.records, 0) - coalesce(deferred.records, 0)))
      from counted
      left join paged on paged.export_id = counted.export_id
      left join deferred on deferred.export_id = counted.export_id
    ),
    0
  )::bigint as unaccounted
from waiting
`;
