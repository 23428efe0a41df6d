/** Memberships in the database: the narrow table beside the profiles, for lists, audiences and counts. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Membership, MembershipStatus } from '../domain/profile.js';
import type { Db } from './database.js';
import type { ListQuery, SortOrder } from './paging.js';
import { isStorableText } from './text-match.js';

/** Which memberships, in which order; `scope` says whether the parent is a profile or a segment (internal ids). */
export interface MembershipListRequest {
  workspaceId: number;
  scope: 'profile' | 'segment';
  filter: {
    /** The customer's id. */
    segmentId: string | null;
    statuses: MembershipStatus[] | null;
  };
  orderBy: MembershipOrderName;
}

/** Orders of {@link membershipList}. */
export type MembershipOrderName = 'UPDATED_AT_ASC' | 'UPDATED_AT_DESC';

/** A membership's key. */
export interface MembershipKey {
  lane: number;
  /** Internal ids. */
  segmentId: number;
  profileKey: number;
}

/** SQL: whether a row of `membership` is a present one: not exited, and not past its `validUntil`. */
export const isPresent = sql<boolean>`(
  membership.status <> 'EXITED' and (membership.expires_at is null or membership.expires_at > now())
)`;

/** Reads memberships by key, in their order; leaves out what is not there. */
export async function listMembershipsByKeys(db: Db, keys: readonly MembershipKey[]): Promise<Membership[]> {
  const result = await sql`/* memberships.by_keys */
    select membership.*
    from unnest(
      ${keys.map((key) => key.lane)}::smallint[],
      ${keys.map((key) => key.segmentId)}::bigint[],
      ${keys.map((key) => key.profileKey)}::bigint[]
    ) with ordinality as wanted(lane, segment_id, profile_id, place)
    join membership using (lane, segment_id, profile_id)
    order by wanted.place`.execute(db);
  return result.rows.map((row) => MembershipRow.parse(row));
}

/** Finds any present member of these segments (internal ids); its profile.id, null if there is none. */
export async function findAnyMember(db: Db, segmentIds: readonly number[]): Promise<number | null> {
  const { rows } = await sql<{ profile_id: number }>`/* memberships.any */
    select found.profile_id
    from unnest(${[...segmentIds]}::bigint[]) as wanted(segment_id)
    cross join lateral (
      select membership.profile_id
      from membership
      where membership.segment_id = wanted.segment_id and ${isPresent}
      limit 1
    ) as found
    limit 1`.execute(db);
  return rows[0]?.profile_id ?? null;
}

/** The list of a profile's or a segment's memberships, for {@link ListQuery} readers. */
export function membershipList(request: MembershipListRequest): ListQuery<Membership> {
  const { segmentId, statuses } = request.filter;
  const parent = request.scope === 'profile' ? sql`membership.profile_id` : sql`membership.segment_id`;
  const conditions = [sql`${parent} = parent.id`, sql`segment.workspace_id = ${request.workspaceId}`];
  if (segmentId !== null)
    conditions.push(isStorableText(segmentId) ? sql`segment.segment_id = ${segmentId}` : sql`false`);
  if (statuses !== null) conditions.push(sql`membership.status = any(${statuses}::text[])`);
  return {
    name: `${request.scope}-memberships`,
    workspaceId: request.workspaceId,
    columns: sql`membership.*`,
    from: sql`membership join segment on segment.id = membership.segment_id`,
    conditions,
    order: toOrder(request),
    parse: (row) => MembershipRow.parse(row),
  };
}

function toOrder(request: MembershipListRequest): SortOrder {
  const last = request.scope === 'profile' ? sql`membership.segment_id` : sql`membership.profile_id`;
  return {
    name: request.orderBy,
    keys: [
      { expression: sql`membership.updated_at`, type: 'timestamptz' },
      { expression: last, type: 'bigint' },
    ],
    direction: request.orderBy === 'UPDATED_AT_ASC' ? 'asc' : 'desc',
  };
}

const MembershipRow = z
  .object({
    profile_id: z.number(),
    lane: z.number(),
    segment_id: z.number(),
    status: z.enum(['REALIZED', 'EXISTING', 'EXITED']),
    qualified_at: z.string(),
    valid_until: z.string().nullable(),
    updated_at: z.date(),
  })
  .transform(
    (row): Membership => ({
      profileKey: row.profile_id,
      lane: row.lane,
      segmentId: row.segment_id,
      status: row.status,
      qualifiedAt: row.qualified_at,
      validUntil: row.valid_until,
      updatedAt: row.updated_at,
    }),
  );
