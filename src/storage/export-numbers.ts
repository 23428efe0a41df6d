/** The numbers of exports in the database: what their 16 lanes counted. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { ExportNumbers, RecentDeliveries } from '../domain/export-numbers.js';
import type { Db } from './database.js';

/**
 * Sums what lanes counted, and counts what waits from its rows, for exports in their order. Exact; one statement, hence
 * one snapshot: a commit between two would look like a loss.
 */
export async function readExportNumbers(db: Db, exportIds: readonly number[]): Promise<ExportNumbers[]> {
  const { rows } = await sql`/* export_numbers.read */
    select wanted.id, coalesce(totals.received, 0)::bigint as received,
      (coalesce(totals.deferred, 0) + unsent.records)::bigint as pending, coalesce(totals.counters, '{}') as counters
    from unnest(${[...exportIds]}::bigint[]) as wanted(id)
    cross join lateral (
      select
        sum(received) as received, sum(deferred) as deferred,
        (
          select jsonb_object_agg(counted.key, counted.total)
          from (
            select counter.key, sum(counter.value::numeric) as total
            from export_lane cross join lateral jsonb_each_text(export_lane.counts) as counter
            where export_lane.export_id = wanted.id
            group by counter.key
          ) as counted
        ) as counters
      from export_lane where export_id = wanted.id
    ) as totals
    cross join lateral (
      select coalesce(sum(page.size - case when page.page = part.page then part.page_offset else 0 end), 0) as records
      from export_page page
      join export_lane part on part.export_id = page.export_id and part.lane = page.lane
      where page.export_id = wanted.id and page.page >= part.page
    ) as unsent`.execute(db);
  const found = new Map(rows.map((row) => NumbersRow.parse(row)).map(({ id, ...numbers }) => [id, numbers]));
  return exportIds.map((id) => found.get(id) ?? { received: 0, pending: 0, counters: {} });
}

/** What running exports delivered in the last 10 s, or since their start if that is later; in their order. */
export async function readRecentDeliveries(db: Db, exportIds: readonly number[]): Promise<RecentDeliveries[]> {
  const { rows } = await sql`/* export_numbers.recent */
    select export.id, coalesce(recent.delivered, 0)::bigint as delivered,
      greatest(0.001, least(10, extract(epoch from now() - export.started_at)))::float8 as seconds
    from export
    left join lateral (
      select sum(event.delivered) as delivered
      from delivery_event event
      where event.destination_id = export.destination_id
        and event.committed_at > now() - interval '10 seconds'
        and event.export_ids @> array[export.id]
    ) as recent on true
    where export.id = any(${[...exportIds]}::bigint[]) and export.started_at is not null`.execute(db);
  const found = new Map(rows.map((row) => RecentRow.parse(row)).map(({ id, ...recent }) => [id, recent]));
  return exportIds.map((id) => found.get(id) ?? { delivered: 0, seconds: 10 });
}

const NumbersRow = z.object({
  id: z.number(),
  received: z.number(),
  pending: z.number(),
  counters: z.record(z.string(), z.number()),
});

const RecentRow = z.object({ id: z.number(), delivered: z.number(), seconds: z.number() });
