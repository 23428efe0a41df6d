/** Statistics in the database: counts by minute, or by the spans that housekeeping merges minutes into. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { BucketCounts, Buckets, StatisticsScope } from '../domain/statistics.js';
import type { Db } from './database.js';
import type { LaneClaim } from './lanes.js';

/** What a page adds to an activation's counts. */
export interface AddedCounts {
  lane: number;
  activationId: number;
  /** Flat counters, as delivery_stat.counts keeps them. */
  counters: Readonly<Record<string, number>>;
}

/** Counts by bucket, and the database's time at which they were read. */
export interface ReadCounts {
  now: Date;
  /** Buckets without counts are left out. */
  buckets: (BucketCounts & { id: number })[];
}

/**
 * Adds what pages of a destination settled, in one statement, to the minute in which the transaction began: that of its
 * events. `tx` fences the lanes: only their owner's counts stay, and rows are locked in one order.
 * @param added no activation twice in the same lane.
 */
export async function addStatistics(
  tx: Db,
  claim: Pick<LaneClaim, 'workspaceId' | 'destinationId'>,
  added: readonly AddedCounts[],
): Promise<void> {
  if (added.length === 0) return;
  const rows = added.map(({ lane, activationId, counters }) => ({ lane, activation_id: activationId, counters }));
  await sql`/* statistics.add (prepared) */
    insert into delivery_stat as stat (
      workspace_id, destination_id, activation_id, lane, span_minutes, started_at, counts
    )
    select ${claim.workspaceId}, ${claim.destinationId}, activation_id, lane, 1,
      date_trunc('minute', now()), counters
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as added(
      lane smallint, activation_id bigint, counters jsonb
    )
    order by lane, activation_id
    on conflict (destination_id, started_at, activation_id, lane, span_minutes) do update
    set counts = add_counts(stat.counts, excluded.counts)`.execute(tx);
}

/** Sums the counts of several activations, destinations or workspaces by bucket; exact, in one statement. */
export async function readStatistics(
  db: Db,
  ids: readonly number[],
  { scope, minutes, count }: Buckets & { scope: StatisticsScope },
): Promise<ReadCounts> {
  const key = KEYS[scope];
  const length = sql`${minutes}::int * interval '1 minute'`;
  const lastFrom = sql`date_bin(${length}, now(), 'epoch')`;
  const { rows } = await sql`/* statistics.read */
    with counted as (
      select ${key} as id, date_bin(${length}, stat.started_at, 'epoch') as "from", counter.key,
        sum(counter.value::numeric) as total
      from delivery_stat stat
      cross join lateral jsonb_each_text(stat.counts) as counter
      where ${key} = any(${[...ids]}::bigint[])
        and stat.started_at >= ${lastFrom} - ${count - 1}::int * ${length}
        and stat.started_at < ${lastFrom} + ${length}
      group by 1, 2, 3
    ),
    bucket as (
      select id, "from", jsonb_object_agg(key, total) as counters
      from counted
      group by id, "from"
    )
    select now() as now, coalesce(jsonb_agg(bucket), '[]') as buckets
    from bucket`.execute(db);
  return CountsRow.parse(rows[0]);
}

const KEYS: Readonly<Record<StatisticsScope, ReturnType<typeof sql>>> = {
  activation: sql`stat.activation_id`,
  destination: sql`stat.destination_id`,
  workspace: sql`stat.workspace_id`,
};

const CountsRow = z.object({
  now: z.date(),
  buckets: z.array(z.object({ id: z.number(), from: z.coerce.date(), counters: z.record(z.string(), z.number()) })),
});
