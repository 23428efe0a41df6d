/**
 * Whom an export of exits covers: everybody of whom the destination may believe that they are members of the segments
 * that were unmapped. The audience is listed after the unmapping, from when on nobody's exit is delivered by itself, so
 * that present members are not enough:
 *
 * - a member who left before, but whose exit still waits;
 * - one who left, or whose `validUntil` passed, in between;
 * - one whose exit was taken up by a page that was read around the unmapping, and was skipped by it.
 *
 * Who is listed for nothing gets `exited` once more, which is true of him.
 */

import { type RawBuilder, sql } from 'kysely';
import type { ListingOrder } from './export-audience.js';

/**
 * The next profiles in order of profile.id, each with the numbers of its segments, such as '0,3'. Each source gives
 * each segment's next ones: among their first `limit` profiles all are complete.
 */
export function exitingMembers(order: ListingOrder, lane: number, limit: number): RawBuilder<unknown> {
  const sources = [presentMembers, lateLeavers, pendingExits, overtakenExits];
  const found = sources.map(
    (source) => sql`(select * from (${source(order, lane)}) as source order by profile_id limit ${limit})`,
  );
  return sql`
    select profile_id, string_agg(number::text, ',' order by number) as segments
    from (
      select wanted.number - 1 as number, found.profile_id
      from unnest(${order.segmentIds}::bigint[], ${order.segmentKeys}::text[])
        with ordinality as wanted(segment_id, segment_key, number)
      cross join lateral (${sql.join(found, sql` union `)}) as found
    ) as exiting
    group by profile_id
    order by profile_id
    limit ${limit}`;
}

/** Members, also those past their `validUntil` whose exit is not marked yet. */
function presentMembers(order: ListingOrder, lane: number): RawBuilder<unknown> {
  return sql`
    select membership.profile_id from membership
    where membership.segment_id = wanted.segment_id and membership.lane = ${lane}
      and membership.status <> 'EXITED' and membership.profile_id > ${order.listedUntil}`;
}

/** A writer's clock stands when its transaction begins, which may be some seconds before it gets to write. */
function lateLeavers(order: ListingOrder, lane: number): RawBuilder<unknown> {
  return sql`
    select membership.profile_id from membership
    where membership.segment_id = wanted.segment_id and membership.lane = ${lane}
      and membership.status = 'EXITED' and membership.profile_id > ${order.listedUntil}
      and membership.updated_at >= (
        select created_at - interval '10 seconds' from export where id = ${order.exportId}
      )`;
}

/** The key is that of domain/delivery-cause.ts. */
function pendingExits(order: ListingOrder, lane: number): RawBuilder<unknown> {
  return sql`
    select profile_id from pending_record
    where lane = ${lane} and activation_id = ${order.activationId} and causes ? ('MEMBERSHIP:' || wanted.segment_key)
      and profile_id > ${order.listedUntil}`;
}

/** What the lane settled since the unmapping, of profiles that have left the segment. */
function overtakenExits(order: ListingOrder, lane: number): RawBuilder<unknown> {
  return sql`
    select membership.profile_id
    from delivery_event
    cross join lateral unnest(delivery_event.profile_ids) as settled(profile_id)
    join membership on membership.lane = ${lane} and membership.segment_id = wanted.segment_id
      and membership.profile_id = settled.profile_id and membership.status = 'EXITED'
    where delivery_event.activation_id = ${order.activationId} and delivery_event.lane = ${lane}
      and delivery_event.origin = 'LIVE'
      and delivery_event.committed_at >= (select created_at from export where id = ${order.exportId})
      and settled.profile_id > ${order.listedUntil}`;
}
