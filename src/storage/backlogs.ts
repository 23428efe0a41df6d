/** What waits at destinations, counted from rows. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';

/** What waits at a destination. */
export interface Backlog {
  /** Pending records, and members of exports that are not sent yet. */
  pending: number;
  /** When the oldest of them came to wait; null if nothing waits. */
  oldestPendingAt: Date | null;
}

/** Reads what waits at destinations, in their order; exact, in one statement. */
export async function listBacklogs(db: Db, ids: readonly number[]): Promise<Backlog[]> {
  const result = await sql`/* destinations.backlog */
    select asked.id as destination_id, waiting.records + unsent.records as pending,
      least(waiting.oldest, unsent.oldest) as oldest_pending_at
    from unnest(${[...ids]}::bigint[]) as asked(id)
    cross join lateral (
      select count(*) as records, min(created_at) as oldest
      from pending_record
      where destination_id = asked.id
    ) as waiting
    cross join lateral (
      -- The rest of the page at the checkpoint, and the pages after it.
      select coalesce(sum(size - case when export_page.page = export_lane.page then page_offset else 0 end), 0) as records,
        min(export.created_at) as oldest
      from export_lane
      join export on export.id = export_lane.export_id
      join export_page on export_page.export_id = export_lane.export_id
        and export_page.lane = export_lane.lane and export_page.page >= export_lane.page
      where export_lane.destination_id = asked.id and export_lane.state <> 'DONE'
    ) as unsent`.execute(db);
  const found = new Map(result.rows.map((row) => BacklogRow.parse(row)).map((row) => [row.destinationId, row]));
  return ids.map((id) => found.get(id) ?? { pending: 0, oldestPendingAt: null });
}

const BacklogRow = z
  .object({ destination_id: z.number(), pending: z.coerce.number(), oldest_pending_at: z.date().nullable() })
  .transform((row) => ({
    destinationId: row.destination_id,
    pending: row.pending,
    oldestPendingAt: row.oldest_pending_at,
  }));
