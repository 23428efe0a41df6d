/** What waits at activations, counted from rows. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Backlog } from './backlogs.js';
import type { Db } from './database.js';

/** Reads what waits at activations, in their order; exact, in one statement. */
export async function listActivationBacklogs(db: Db, activationIds: readonly number[]): Promise<Backlog[]> {
  const { rows } = await sql`/* activations.backlog */
    select asked.id, waiting.records + unsent.records as pending, least(waiting.oldest, unsent.oldest) as oldest
    from unnest(${[...activationIds]}::bigint[]) as asked(id)
    cross join lateral (
      -- The primary key begins with the lane.
      select count(*) as records, min(created_at) as oldest
      from pending_record
      where lane = any('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[]) and activation_id = asked.id
    ) as waiting
    cross join lateral (
      -- The rest of the page at the checkpoint, and the pages after it; deferred members wait in pending_record.
      select
        coalesce(sum(page.size - case when page.page = part.page then part.page_offset else 0 end), 0)::bigint as records,
        min(export.created_at) as oldest
      from export
      join export_lane part on part.export_id = export.id
      join export_page page on page.export_id = part.export_id and page.lane = part.lane and page.page >= part.page
      where export.activation_id = asked.id and export.finished_at is null
    ) as unsent`.execute(db);
  const found = new Map(rows.map((row) => BacklogRow.parse(row)).map(({ id, ...backlog }) => [id, backlog]));
  return activationIds.map((id) => found.get(id) ?? { pending: 0, oldestPendingAt: null });
}

const BacklogRow = z
  .object({ id: z.number(), pending: z.number(), oldest: z.date().nullable() })
  .transform((row) => ({ id: row.id, pending: row.pending, oldestPendingAt: row.oldest }));
