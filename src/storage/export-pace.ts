/**
 * Rates of exports. The lanes that still have pages to send share the rate evenly: each takes slices of its pages, and
 * what it sent keeps it from its next slice for as long as its share of the rate wants. That time stands with the lane's
 * part (`export_lane.not_before`), so that it survives the lane's owner and lets other work of the lane go on.
 */

import { sql } from 'kysely';
import type { Db } from './database.js';

/** A slice is what a lane may send in so long, at least one record: small enough to be even, large enough to be cheap. */
const SLICE_MS = 500;

/**
 * How far behind its rate a lane may be and catch up: workers that find due lanes by polling alone are so late. From its
 * start on an export never exceeds its rate; a burst does by no more than this time and a slice.
 */
const CATCH_UP_MS = 1_000;

/** How a lane sends its part of an export. */
export interface Pace {
  /** Most records of its next slice, which lies within one page. */
  maxRecords: number;
  /** How long each record sent keeps the lane from the next slice, in ms; 0 without a rate. */
  msPerRecord: number;
}

/** SQL: how many lanes have pages of `export` to send, this one (`part`) among them; null if the export has no rate. */
export const lanesToSend = sql<number | null>`case when export.max_records_per_second is not null then (
  select count(*)::int from export_lane other
  where other.export_id = part.export_id and other.state = 'READY' and other.page < other.pages
) end`;

/** SQL: when a lane (`part`) may send again after a page that counts for `step."paceMs"` milliseconds. */
export const nextInPace = sql`greatest(
  part.not_before, clock_timestamp() - ${sql.lit(CATCH_UP_MS)} * interval '1 millisecond'
) + step."paceMs" * interval '1 millisecond'`;

/** The pace of one of so many lanes; without a rate a lane takes whole pages, one after the other. */
export function findPace(maxRecordsPerSecond: number | null, lanes: number | null): Pace {
  if (maxRecordsPerSecond === null || lanes === null) return { maxRecords: Number.POSITIVE_INFINITY, msPerRecord: 0 };
  const msPerRecord = (1_000 * lanes) / maxRecordsPerSecond;
  return { maxRecords: Math.max(1, Math.floor(SLICE_MS / msPerRecord)), msPerRecord };
}

/** Lets the lanes of a paced export begin one after the other, each after the time of a slice at most. */
export async function spreadLanes(tx: Db, exportId: number): Promise<void> {
  await sql`/* export_pace.spread_lanes */
    with ready as (
      select lane, row_number() over (order by lane) as place, count(*) over () as lanes
      from export_lane
      where export_id = ${exportId} and state = 'READY'
    )
    update export_lane part
    set not_before = clock_timestamp() + ready.place::double precision / ready.lanes * interval '1 millisecond'
      * greatest(${sql.lit(SLICE_MS)}, 1000.0 * ready.lanes / export.max_records_per_second)
    from ready, export
    where part.export_id = ${exportId} and part.lane = ready.lane and export.id = ${exportId}
      and export.max_records_per_second is not null`.execute(tx);
}
