/** Memberships whose `validUntil` is past, but whose status does not say so yet. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';

/** A membership that may have ended; what its profile says decides. */
export interface ExpiredMembership {
  workspaceId: number;
  /** Customer's ids. */
  profileId: string;
  segmentId: string;
}

/** Lists memberships that ended at this time or before, the longest ended first; locks nothing. */
export async function listExpiredMemberships(
  db: Db,
  options: { now: Date; limit: number },
): Promise<ExpiredMembership[]> {
  const { rows } = await sql`/* membership_expiry.list */
    select owner.workspace_id, owner.profile_id, segment.segment_id
    from (
      select membership.lane, membership.profile_id, membership.segment_id
      from membership
      where membership.expires_at <= ${options.now} and membership.status <> 'EXITED'
      order by membership.expires_at
      limit ${options.limit}
    ) as ended
    cross join lateral (
      select profile.workspace_id, profile.profile_id
      from profile
      where profile.lane = ended.lane and profile.id = ended.profile_id
      limit 1
    ) as owner
    join segment on segment.id = ended.segment_id`.execute(db);
  return rows.map((row) => ExpiredRow.parse(row));
}

const ExpiredRow = z.object({ workspace_id: z.number(), profile_id: z.string(), segment_id: z.string() }).transform(
  (row): ExpiredMembership => ({
    workspaceId: row.workspace_id,
    profileId: row.profile_id,
    segmentId: row.segment_id,
  }),
);
