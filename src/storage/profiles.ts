/** Profiles in the database: what is read of them. See profile-writes.ts for what is written. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Profile, StoredMembership } from '../domain/profile.js';
import type { Db } from './database.js';
import { isPresent } from './memberships.js';
import type { ListQuery, SortOrder } from './paging.js';
import { isStorableText } from './text-match.js';

/** Which profiles, in which order. */
export interface ProfileListRequest {
  workspaceId: number;
  filter: {
    /** What the customer's id begins with. */
    search: string | null;
    /**
     * Internal id of a segment, 0 if there is none such. The number itself, not a look-up within the statement: only by it
     * does the planner know whether a segment is small, and begins with its members, or large, and begins with the profiles.
     */
    segmentKey: number | null;
  };
  orderBy: ProfileOrderName;
}

/** Orders of {@link profileList}. */
export type ProfileOrderName = 'PROFILE_ID_ASC' | 'PROFILE_ID_DESC' | 'UPDATED_AT_ASC' | 'UPDATED_AT_DESC';

/** Reads profiles by the customer's ids, in their order; null where there is none. */
export async function listProfilesByKeys(
  db: Db,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<(Profile | null)[]> {
  const wanted = profileIds.filter(isStorableText);
  const result = await sql`/* profiles.by_keys */
    select profile.*
    from profile
    where profile.workspace_id = ${workspaceId} and profile.profile_id = any(${wanted}::text[])`.execute(db);
  const found = new Map(result.rows.map(parseProfile).map((profile) => [profile.profileId, profile]));
  return profileIds.map((profileId) => found.get(profileId) ?? null);
}

/** Reads profiles by internal id, in their order; null where there is none in the workspace. */
export async function listProfilesByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(Profile | null)[]> {
  // The primary key begins with the lane, which an id does not tell: 16 probes an id, no index of its own to keep.
  const result = await sql`/* profiles.by_ids */
    select profile.*
    from profile
    where profile.lane = any('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[])
      and profile.id = any(${[...ids]}::bigint[])
      and profile.workspace_id = ${workspaceId}`.execute(db);
  const found = new Map(result.rows.map(parseProfile).map((profile) => [profile.id, profile]));
  return ids.map((id) => found.get(id) ?? null);
}

/** The list of a workspace's profiles, for {@link ListQuery} readers. */
export function profileList(request: ProfileListRequest): ListQuery<Profile> {
  const { search, segmentKey } = request.filter;
  const conditions = [sql`profile.workspace_id = parent.id`, sql`profile.workspace_id = ${request.workspaceId}`];
  // Ids compare by bytes, so that `^@` is a range of the index.
  if (search !== null)
    conditions.push(isStorableText(search) ? sql`profile.profile_id ^@ ${search}::text` : sql`false`);
  if (segmentKey !== null)
    conditions.push(sql`exists (
      select from membership
      where membership.lane = profile.lane and membership.profile_id = profile.id and ${isPresent}
        and membership.segment_id = ${segmentKey})`);
  return {
    name: 'profiles',
    workspaceId: request.workspaceId,
    columns: sql`profile.*`,
    from: sql`profile`,
    conditions,
    order: ORDERS[request.orderBy],
    parse: parseProfile,
  };
}

/**
 * Parses a row of `profile`.
 * @throws {z.ZodError} if it is none.
 */
export function parseProfile(row: unknown): Profile {
  return ProfileRow.parse(row);
}

const byProfileId: SortOrder['keys'] = [
  { expression: sql`profile.profile_id`, type: 'text' },
  { expression: sql`profile.id`, type: 'bigint' },
];
const byUpdatedAt: SortOrder['keys'] = [
  { expression: sql`profile.updated_at`, type: 'timestamptz' },
  { expression: sql`profile.id`, type: 'bigint' },
];

const ORDERS: Record<ProfileOrderName, SortOrder> = {
  PROFILE_ID_ASC: { name: 'PROFILE_ID_ASC', keys: byProfileId, direction: 'asc' },
  PROFILE_ID_DESC: { name: 'PROFILE_ID_DESC', keys: byProfileId, direction: 'desc' },
  UPDATED_AT_ASC: { name: 'UPDATED_AT_ASC', keys: byUpdatedAt, direction: 'asc' },
  UPDATED_AT_DESC: { name: 'UPDATED_AT_DESC', keys: byUpdatedAt, direction: 'desc' },
};

/** Not `z.record`: it drops a key `__proto__`, and copies. */
const JsonObject = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
const Values = z.array(z.string());
const Stored: z.ZodType<StoredMembership> = z.object({
  status: z.enum(['REALIZED', 'EXISTING', 'EXITED']),
  qualifiedAt: z.string(),
  validUntil: z.string().optional(),
});

const ProfileRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    lane: z.number(),
    profile_id: z.string(),
    attributes: JsonObject,
    identities: JsonObject.transform((byNamespace) => mapValues(byNamespace, (values) => Values.parse(values))),
    memberships: JsonObject.transform((bySegment) => mapValues(bySegment, (membership) => Stored.parse(membership))),
    revision: z.number(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .transform(
    (row): Profile => ({
      id: row.id,
      workspaceId: row.workspace_id,
      lane: row.lane,
      profileId: row.profile_id,
      attributes: row.attributes,
      identities: row.identities,
      memberships: row.memberships,
      revision: row.revision,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }),
  );

function mapValues<Value>(map: Record<string, unknown>, parse: (value: unknown) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, parse(value)]));
}
