/**
 * Lists the members of an export in one lane, chunk by chunk, as pages of at most 500 profile ids. What is listed
 * fixes `received`; whether each profile is still a member is decided when its page is sent.
 */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';
import { exitingMembers } from './exits-audience.js';
import type { LaneClaim } from './lanes.js';
import { isPresent } from './memberships.js';
import { MAX_PAGE_RECORDS } from './page-source.js';
import { deliveredProfiles } from './replay-audience.js';

/** Most profiles listed in one transaction: short enough not to hold a lane's heartbeat or the vacuum up. */
export const LIST_CHUNK = 10 * MAX_PAGE_RECORDS;

/** A replay reads all deliveries of its window for each chunk, since they are not sorted by profile: it takes fewer, larger ones. */
const REPLAY_CHUNK = 10 * LIST_CHUNK;

/** An export as its listing needs it. */
export interface ListingOrder {
  exportId: number;
  workspaceId: number;
  activationId: number;
  destinationId: number;
  state: string;
  trigger: string;
  segmentIds: number[];
  /** Customer's ids, in step with `segmentIds`. */
  segmentKeys: string[];
  profileIds: string[] | null;
  /** Only members that changed (REPLAY: were delivered) at this time or later. */
  since: Date | null;
  /** REPLAY: delivered before this time. */
  until: Date | null;
  listedUntil: number;
}

const OrderRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    activation_id: z.number(),
    destination_id: z.number(),
    state: z.string(),
    trigger: z.string(),
    segment_ids: z.array(z.number()),
    segment_keys: z.array(z.string()),
    profile_ids: z.array(z.string()).nullable(),
    since: z.date().nullable(),
    until: z.date().nullable(),
    listed_until: z.number(),
  })
  .transform(
    (row): ListingOrder => ({
      exportId: row.id,
      workspaceId: row.workspace_id,
      activationId: row.activation_id,
      destinationId: row.destination_id,
      state: row.state,
      trigger: row.trigger,
      segmentIds: row.segment_ids,
      segmentKeys: row.segment_keys,
      profileIds: row.profile_ids,
      since: row.since,
      until: row.until,
      listedUntil: row.listed_until,
    }),
  );

/** Reads what is left to list in a lane; null if nothing is. */
export async function findListingOrder(tx: Db, lane: number, exportId: number): Promise<ListingOrder | null> {
  const { rows } = await sql`/* export_audience.find_order */
    select export.id, export.workspace_id, export.activation_id, export.destination_id, export.state, export.trigger,
      export.segment_ids, export.segment_keys, export.profile_ids, export.since, export.until, part.listed_until
    from export_lane part
    join export on export.id = part.export_id
    where part.export_id = ${exportId} and part.lane = ${lane} and part.state = 'PREPARING'`.execute(tx);
  return rows[0] === undefined ? null : OrderRow.parse(rows[0]);
}

/** Most profiles that {@link listMembers} lists at once of this export. */
export function listingChunk(order: Pick<ListingOrder, 'trigger'>): number {
  return order.trigger === 'REPLAY' ? REPLAY_CHUNK : LIST_CHUNK;
}

/**
 * Lists the next chunk. Of a scheduled export with `since` only those are listed that changed, however few of the chunk:
 * what a statement reads is bounded, not what it finds.
 * @returns how many profiles were looked at; fewer than {@link listingChunk} means that the lane is listed.
 */
export async function listMembers(tx: Db, claim: LaneClaim, order: ListingOrder): Promise<number> {
  const { rows } = await sql<{ listed: number }>`/* export_audience.list_members */
    with candidate as materialized (
      ${membersOf(order, claim.lane)}
    ),
    member as materialized (
      select profile_id, segments from candidate where ${isWanted(order, claim.lane)}
    ),
    numbered as (
      select profile_id, segments, (row_number() over (order by profile_id) - 1) / ${MAX_PAGE_RECORDS}::int as page
      from member
    ),
    part as (
      select pages from export_lane where export_id = ${order.exportId} and lane = ${claim.lane}
    ),
    written as (
      insert into export_page (export_id, lane, page, size, profile_ids, segment_sets)
      select ${order.exportId}, ${claim.lane}, part.pages + numbered.page, count(*),
        array_agg(profile_id order by profile_id), array_agg(segments order by profile_id)
      from numbered cross join part
      group by part.pages, numbered.page
    ),
    -- Few different sets: each is taken apart once, not once a profile.
    by_set as (
      select segments, count(*) as profiles from member group by segments
    ),
    by_segment as (
      select number, sum(profiles) as profiles
      from by_set cross join lateral unnest(string_to_array(nullif(segments, ''), ',')) as number
      group by number
    )
    update export_lane
    set pages = pages + (select coalesce(max(page) + 1, 0) from numbered),
      received = received + (select count(*) from member),
      listed_until = coalesce((select max(profile_id) from candidate), listed_until),
      counts = add_counts(counts, coalesce(
        (select jsonb_object_agg('segment.' || number || '.received', profiles) from by_segment), '{}'
      ))
    where export_id = ${order.exportId} and lane = ${claim.lane}
    returning (select count(*)::int from candidate) as listed`.execute(tx);
  return rows[0]?.listed ?? 0;
}

/** The next profiles in order of profile.id, each with the numbers of its segments, such as '0,3'. */
function membersOf(order: ListingOrder, lane: number): RawBuilder<unknown> {
  if (order.trigger === 'EXITS') return exitingMembers(order, lane, LIST_CHUNK);
  if (order.trigger === 'REPLAY') return named(order, lane, deliveredProfiles(order, lane));
  if (order.trigger === 'RETRY') return named(order, lane, failedProfiles(order, lane));
  if (order.profileIds) return named(order, lane, profilesByKey(order, order.profileIds, lane));
  return sql`
    select profile_id, string_agg(number::text, ',' order by number) as segments
    from (
      -- Each segment's next members: among their first ${sql.lit(LIST_CHUNK)} profiles every segment is complete.
      select wanted.number - 1 as number, present.profile_id
      from unnest(${order.segmentIds}::bigint[]) with ordinality as wanted(segment_id, number)
      cross join lateral (
        select membership.profile_id
        from membership
        where membership.segment_id = wanted.segment_id and membership.lane = ${lane}
          and ${isPresent} and ${changedSince(order)} and membership.profile_id > ${order.listedUntil}
        order by membership.profile_id
        limit ${LIST_CHUNK}
      ) as present
    ) as found
    group by profile_id
    order by profile_id
    limit ${LIST_CHUNK}`;
}

/** SQL: whether a membership is in a backfill. The index of present members alone serves those that do not ask for a time. */
function changedSince({ trigger, since }: ListingOrder): RawBuilder<unknown> {
  return trigger !== 'BACKFILL' || since === null ? sql`true` : sql`membership.updated_at >= ${since}`;
}

/** SQL: whether a candidate is in the export. One probe a candidate, also while the table has no statistics yet. */
function isWanted(order: ListingOrder, lane: number): RawBuilder<unknown> {
  if (order.trigger !== 'SCHEDULED' || order.since === null) return sql`true`;
  return sql`(
        select profile.updated_at >= ${order.since}
        from profile
        where profile.lane = ${lane} and profile.id = candidate.profile_id
      )`;
}

/** Named profiles, members or not: who is none is skipped with its reason when its page is sent. */
function named(order: ListingOrder, lane: number, profiles: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select wanted.profile_id, coalesce((
      select string_agg((array_position(${order.segmentIds}::bigint[], membership.segment_id) - 1)::text, ',')
      from membership
      where membership.lane = ${lane} and membership.profile_id = wanted.profile_id
        and membership.segment_id = any(${order.segmentIds}::bigint[]) and ${isPresent}
    ), '') as segments
    from (${profiles}) as wanted
    order by wanted.profile_id
    limit ${listingChunk(order)}`;
}

function profilesByKey(order: ListingOrder, profileIds: string[], lane: number): RawBuilder<unknown> {
  return sql`
    select id as profile_id from profile
    where lane = ${lane} and workspace_id = ${order.workspaceId} and profile_id = any(${profileIds}::text[])
      and id > ${order.listedUntil}`;
}

function failedProfiles(order: ListingOrder, lane: number): RawBuilder<unknown> {
  return sql`
    select profile_id from failed_record
    where retried_by = ${order.exportId} and state = 'RETRYING' and lane = ${lane}
      and profile_id > ${order.listedUntil}`;
}
