/**
 * Ends of exports: a lane's part is listed, done or canceled; the last part completes the export. Who decrements
 * `open_lanes` holds the export's row until its commit, so that two last lanes cannot miss each other.
 */

import { sql } from 'kysely';
import { z } from 'zod';
import type { ExportState } from '../domain/export.js';
import type { Db } from './database.js';
import { spreadLanes } from './export-pace.js';
import type { LaneClaim } from './lanes.js';
import { recordExportState } from './state-events.js';

/** Ends the listing in a lane; the last lane to be listed lets sending begin. `tx` has fenced the lane. */
export async function finishListing(tx: Db, claim: LaneClaim, exportId: number): Promise<void> {
  const { rows } = await sql<{ state: string }>`/* export_settlement.finish_listing */
    update export_lane
    set state = case when pages = 0 then 'DONE' else 'READY' end
    where export_id = ${exportId} and lane = ${claim.lane} and state = 'PREPARING'
    returning state`.execute(tx);
  if (rows[0] === undefined) return;
  await recordTurns(tx, await countDown(tx, exportId, { listed: 1, done: rows[0].state === 'DONE' ? 1 : 0 }));
}

/** Ends the lane's parts whose pages are used up and of which no record waits. `tx` has fenced the lane. */
export async function finishSettledParts(tx: Db, claim: LaneClaim, exportIds: readonly number[]): Promise<void> {
  const { rows } = await sql<{ export_id: number }>`/* export_settlement.finish_parts */
    update export_lane
    set state = 'DONE'
    where export_id = any(${[...exportIds]}::bigint[]) and lane = ${claim.lane} and state = 'READY'
      and page >= pages and deferred = 0
    returning export_id`.execute(tx);
  // All exports in one order, the destination after them: else two lanes that end the same two exports deadlock.
  const done = rows.map((row) => row.export_id).sort((a, b) => a - b);
  const changes: CountDown[] = [];
  for (const exportId of done) changes.push(await countDown(tx, exportId, { listed: 0, done: 1 }));
  for (const change of changes) await recordTurns(tx, change);
}

/**
 * Settles a canceled export in a lane: what is unsent counts as skipped, what waits loses this reason, failed records
 * under retry are open again. `tx` has fenced the lane.
 */
export async function cancelPart(tx: Db, claim: LaneClaim, exportId: number): Promise<void> {
  const { rows } = await sql<{ state: string }>`/* export_settlement.lock_part */
    select state from export_lane
    where export_id = ${exportId} and lane = ${claim.lane} and state <> 'DONE'
    for update`.execute(tx);
  if (rows[0] === undefined) return;
  await sql`/* export_settlement.skip_unsent */
    with unsent as (
      select listed.segments
      from export_page page
      join export_lane part on part.export_id = page.export_id and part.lane = page.lane
      cross join lateral unnest(page.segment_sets) with ordinality as listed(segments, place)
      where page.export_id = ${exportId} and page.lane = ${claim.lane}
        and (page.page > part.page or listed.place > part.page_offset)
      union all
      select exports ->> ${String(exportId)} from pending_record
      where lane = ${claim.lane} and destination_id = ${claim.destinationId} and exports ? ${String(exportId)}
    ),
    by_segment as (
      select number, count(*) as profiles
      from unsent cross join lateral unnest(string_to_array(nullif(segments, ''), ',')) as number
      group by number
    )
    update export_lane
    set state = 'DONE', deferred = 0, page = pages, page_offset = 0,
      counts = add_counts(
        add_counts(counts, jsonb_build_object(
          'skipped', (select count(*) from unsent), 'code.EXPORT_CANCELED', (select count(*) from unsent))),
        coalesce((select jsonb_object_agg('segment.' || number || '.skipped', profiles) from by_segment), '{}'))
    where export_id = ${exportId} and lane = ${claim.lane}`.execute(tx);
  await removeUnsent(tx, claim, exportId);
  await recordTurns(tx, await countDown(tx, exportId, { listed: rows[0].state === 'PREPARING' ? 1 : 0, done: 1 }));
}

async function removeUnsent(tx: Db, claim: LaneClaim, exportId: number): Promise<void> {
  const key = String(exportId);
  await sql`/* export_settlement.drop_pages */
    delete from export_page where export_id = ${exportId} and lane = ${claim.lane}`.execute(tx);
  // In the order in which writers lock them.
  await sql`/* export_settlement.lock_rows */
    select from pending_record
    where lane = ${claim.lane} and destination_id = ${claim.destinationId} and exports ? ${key}
    order by activation_id, profile_id
    for update`.execute(tx);
  await sql`/* export_settlement.drop_rows */
    delete from pending_record
    where lane = ${claim.lane} and destination_id = ${claim.destinationId} and exports ? ${key}
      and causes = '{}' and exports - ${key}::text = '{}'`.execute(tx);
  await sql`/* export_settlement.drop_reasons */
    update pending_record set exports = exports - ${key}::text
    where lane = ${claim.lane} and destination_id = ${claim.destinationId} and exports ? ${key}`.execute(tx);
  await sql`/* export_settlement.reopen_failed */
    update failed_record set state = 'OPEN', updated_at = clock_timestamp()
    where retried_by = ${exportId} and state = 'RETRYING' and lane = ${claim.lane}`.execute(tx);
}

const CountDownRow = z.object({
  id: z.number(),
  destination_id: z.number(),
  activation_id: z.number(),
  state: z.string(),
  preparing_lanes: z.number(),
  open_lanes: z.number(),
});

/** An export as the countdown left it; its row is locked until the commit. */
type CountDown = z.infer<typeof CountDownRow>;

async function countDown(tx: Db, exportId: number, lanes: { listed: number; done: number }): Promise<CountDown> {
  const { rows } = await sql`/* export_settlement.count_down */
    update export
    set preparing_lanes = preparing_lanes - ${lanes.listed}, open_lanes = open_lanes - ${lanes.done},
      -- Once all are listed nobody needs the customer's ids again, and a profile that is erased must not live on in them.
      profile_ids = case when preparing_lanes > ${lanes.listed} then profile_ids else profile_ids[1:0] end
    where id = ${exportId}
    returning id, destination_id, activation_id, state, preparing_lanes, open_lanes`.execute(tx);
  return CountDownRow.parse(rows[0]);
}

/** Starts or finishes an export whose last lane was counted down. */
async function recordTurns(tx: Db, row: CountDown): Promise<void> {
  const exportId = row.id;
  const change = { destinationId: row.destination_id, activationId: row.activation_id, exportId };
  if (row.state === 'PREPARING' && row.preparing_lanes === 0) {
    await sql`/* export_settlement.start */
      update export set state = 'RUNNING', started_at = clock_timestamp() where id = ${exportId}`.execute(tx);
    await spreadLanes(tx, exportId);
    await recordExportState(tx, { ...change, state: 'RUNNING' });
  }
  if (row.open_lanes === 0) {
    const state = await finish(tx, exportId);
    await recordExportState(tx, { ...change, state });
  }
}

async function finish(tx: Db, exportId: number): Promise<ExportState> {
  const { rows } = await sql<{ state: ExportState }>`/* export_settlement.finish */
    with total as (
      select coalesce(sum((counts ->> 'delivered')::bigint), 0) as delivered,
        coalesce(sum((counts ->> 'failed')::bigint), 0) as failed
      from export_lane where export_id = ${exportId}
    )
    update export
    set finished_at = clock_timestamp(),
      state = case
        when export.state = 'CANCELING' then 'CANCELED'
        when total.failed = 0 then 'SUCCEEDED'
        when total.delivered = 0 then 'FAILED'
        else 'PARTIALLY_FAILED' end
    from total
    where export.id = ${exportId}
    returning export.state`.execute(tx);
  const state = rows[0]?.state;
  if (state === undefined) throw new Error(`Export ${exportId} is gone.`);
  return state;
}
