/**
 * How profiles and their memberships are written: many in one statement, which takes them from a staging table.
 *
 * Order of locks, so that no two writers wait for each other in a circle: new rows first, in the order of the
 * customer's ids; then all rows that exist, by internal id. Whoever waits in the first step holds nothing that others
 * can see, and the second step has one order.
 *
 * A profile's times are those of the statement, not of the transaction: that may have begun before it got the
 * workspace's lock, and a scheduled export that came in between would take the change for an older one.
 */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Profile } from '../domain/profile.js';
import type { ProfileState } from '../domain/profile-change.js';
import type { Db } from './database.js';
import { plannedOnce } from './prepared.js';
import { parseProfile } from './profiles.js';
import { type StagingTable, stageRows } from './staging.js';

/** A profile's place: its lane is a function of workspace and customer's id. */
export interface ProfilePlace {
  lane: number;
  profileId: string;
}

/** A row of `membership` to write. */
export interface MembershipWrite {
  lane: number;
  /** Internal ids. */
  segmentId: number;
  profileKey: number;
  status: string;
  qualifiedAt: string;
  validUntil: string | null;
  /** When it ends by itself; null if never, or ended already. */
  expiresAt: Date | null;
}

/** What the database gave a row that was written. */
export interface WrittenRow {
  id: number;
  profileId: string;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

/** Tells which of the profiles exist, by the customer's id; locks nothing. */
export async function findExistingProfileIds(
  db: Db,
  workspaceId: number,
  places: readonly ProfilePlace[],
): Promise<Set<string>> {
  const result = await sql<{ profile_id: string }>`/* profiles.existing (prepared) */
    select found.profile_id
    from ${findEach(workspaceId, places)}`.execute(db);
  return new Set(result.rows.map((row) => row.profile_id));
}

/**
 * Adds profiles, except those that another writer adds first: it waits for that one's transaction.
 * @returns the rows added, in no order.
 */
export async function insertProfiles(
  db: Db,
  workspaceId: number,
  profiles: readonly (ProfilePlace & ProfileState)[],
): Promise<WrittenRow[]> {
  const given = await stageRows(db, STAGED_PROFILE, profiles);
  const result = await sql`/* profiles.insert (prepared) */
    with given as (${given})
    insert into profile (
      lane, workspace_id, profile_id, attributes, identities, memberships, revision, size_bytes, created_at, updated_at
    )
    select given.lane, ${workspaceId}::bigint, given.profile_id, given.attributes, given.identities, given.memberships,
      ${clockMicroseconds}, ${givenBytes}, statement_timestamp(), statement_timestamp()
    from given
    order by given.profile_id collate "C"
    on conflict (lane, workspace_id, profile_id) do nothing
    returning id, profile_id, revision, created_at, updated_at`.execute(db);
  return result.rows.map((row) => WrittenRowModel.parse(row));
}

/** Locks profiles until the transaction ends, by internal id, and reads them as they then are. */
export async function lockProfiles(db: Db, workspaceId: number, places: readonly ProfilePlace[]): Promise<Profile[]> {
  const result = await sql`/* profiles.lock (prepared) */
    with found as materialized (
      select found.lane, found.id
      from ${findEach(workspaceId, places)}
      order by found.id
    )
    select ${LOCKED_COLUMNS}
    from found
    cross join lateral (
      ${lockFound}
      for no key update
    ) as locked`.execute(db);
  return result.rows.map(parseProfile);
}

/** What {@link lockAllProfiles} found. */
export interface FoundProfiles {
  /** The customer's ids of those that exist. */
  existing: ReadonlySet<string>;
  /** Empty unless all exist. */
  locked: Profile[];
}

/** As {@link lockProfiles} if all of them exist; else it only tells which do, so that the missing can be added first. */
export async function lockAllProfiles(
  db: Db,
  workspaceId: number,
  places: readonly ProfilePlace[],
): Promise<FoundProfiles> {
  const result = await sql<{ existing_id: string; id: number | null }>`/* profiles.lock_all (prepared) */
    with found as materialized (
      select found.lane, found.id, found.profile_id as existing_id
      from ${findEach(workspaceId, places)}
      order by found.id
    )
    select found.existing_id, ${LOCKED_COLUMNS}
    from found
    left join lateral (
      ${lockFound} and (select count(*) from found) = ${places.length}::bigint
      for no key update
    ) as locked on true`.execute(db);
  return {
    existing: new Set(result.rows.map((row) => row.existing_id)),
    locked: result.rows.filter((row) => row.id !== null).map(parseProfile),
  };
}

const LOCKED_COLUMNS = sql`locked.lane, locked.id, locked.workspace_id, locked.profile_id, locked.attributes,
      locked.identities, locked.memberships, locked.revision, locked.created_at, locked.updated_at`;

/** What is locked of `found`, in its order. */
const lockFound = sql`
      select profile.*
      from profile
      where profile.lane = found.lane and profile.id = found.id`;

/**
 * Writes profiles that are locked, and raises their revisions. Each row conflicts by its key, which
 * is one probe of the index; a plain update joins, and reads all of a table that has no statistics yet.
 */
export async function updateProfiles(
  db: Db,
  workspaceId: number,
  profiles: readonly (ProfilePlace & ProfileState & { id: number })[],
): Promise<WrittenRow[]> {
  const given = await stageRows(db, STAGED_PROFILE, profiles);
  const result = await sql`/* profiles.update (prepared) */
    with given as (${given})
    insert into profile (lane, id, workspace_id, profile_id, attributes, identities, memberships, revision, size_bytes)
    select given.lane, given.id, ${workspaceId}::bigint, given.profile_id, given.attributes, given.identities,
      given.memberships, ${clockMicroseconds}, ${givenBytes}
    from given
    on conflict (lane, id) do update
    set attributes = excluded.attributes,
      identities = excluded.identities,
      memberships = excluded.memberships,
      revision = ${nextRevision(sql<number>`profile.revision`, sql<number>`excluded.revision`)},
      size_bytes = excluded.size_bytes,
      updated_at = statement_timestamp()
    returning id, profile_id, revision, created_at, updated_at`.execute(db);
  return result.rows.map((row) => WrittenRowModel.parse(row));
}

/** The revision that a write would give a profile now; `revision` is its present one, null if it does not exist. */
export async function foreseeRevision(db: Db, revision: number | null): Promise<number> {
  const result = await sql<{ next: number }>`/* profiles.foresee_revision */
    select ${nextRevision(sql<number>`${revision}::bigint`, clockMicroseconds)} as next`.execute(db);
  return z.object({ next: z.number() }).parse(result.rows[0]).next;
}

/** Adds memberships of profiles that this transaction added: nothing can be in their way, which saves a quarter. */
export async function insertMemberships(db: Db, memberships: readonly MembershipWrite[]): Promise<void> {
  await sql`/* memberships.insert (prepared) */ ${await stageMemberships(db, memberships)}`.execute(db);
}

/** Sets memberships of profiles that this transaction has locked. */
export async function upsertMemberships(db: Db, memberships: readonly MembershipWrite[]): Promise<void> {
  await sql`/* memberships.upsert (prepared) */ ${await stageMemberships(db, memberships)}
    on conflict (lane, segment_id, profile_id) do update
    set status = excluded.status,
      qualified_at = excluded.qualified_at,
      valid_until = excluded.valid_until,
      expires_at = excluded.expires_at,
      updated_at = now()`.execute(db);
}

/**
 * Erases a profile, its memberships and its failed records. Its pending records and its places in export pages stay
 * for their lane's owner, who settles them as PROFILE_DELETED: only an owner may remove them, or an export would count
 * a record twice.
 * @returns the internal id; null if there is none.
 */
export async function deleteProfileRows(db: Db, workspaceId: number, place: ProfilePlace): Promise<number | null> {
  const profile = await db
    .deleteFrom('profile')
    .where('workspace_id', '=', workspaceId)
    .where('lane', '=', place.lane)
    .where('profile_id', '=', place.profileId)
    .returning('id')
    .executeTakeFirst();
  if (!profile) return null;
  await db.deleteFrom('membership').where('lane', '=', place.lane).where('profile_id', '=', profile.id).execute();
  await db.deleteFrom('failed_record').where('profile_id', '=', profile.id).execute();
  return profile.id;
}

const clockMicroseconds = sql<number>`floor(extract(epoch from clock_timestamp()) * 1000000)::bigint`;
/** Nulls do not count: a new profile begins with the clock. */
const nextRevision = (present: RawBuilder<number>, given: RawBuilder<number>) =>
  sql<number>`greatest(${present} + 1, ${given})`;
const givenBytes = sql<number>`octet_length(given.attributes::text) + octet_length(given.identities::text)
      + octet_length(given.memberships::text)`;

/**
 * One probe of the unique index a profile. A plain join on a table without statistics, such as one that is being
 * filled, reads all of it instead: 100 ms for 1,000 of 20,000 profiles, growing with the table, against 5 ms.
 */
function findEach(workspaceId: number, places: readonly ProfilePlace[]) {
  const lanes = places.map((place) => place.lane);
  const profileIds = places.map((place) => place.profileId);
  return sql`unnest(${plannedOnce(lanes, 'smallint[]')}, ${plannedOnce(profileIds, 'text[]')}) as wanted(lane, profile_id)
      cross join lateral (
        select profile.lane, profile.id, profile.profile_id
        from profile
        where profile.lane = wanted.lane
          and profile.workspace_id = ${workspaceId}
          and profile.profile_id = wanted.profile_id
        limit 1
      ) as found`;
}

async function stageMemberships(db: Db, memberships: readonly MembershipWrite[]) {
  const given = await stageRows(db, STAGED_MEMBERSHIP, memberships);
  return sql`with given as (${given})
    insert into membership (lane, segment_id, profile_id, status, qualified_at, valid_until, expires_at)
    select given.lane, given.segment_id, given.profile_id, given.status, given.qualified_at, given.valid_until,
      given.expires_at
    from given`;
}

/** `id` is null for new profiles. */
const STAGED_PROFILE: StagingTable<ProfilePlace & ProfileState & { id?: number }> = {
  name: 'staged_profile',
  columns: {
    lane: { type: 'smallint', value: (profile) => profile.lane },
    id: { type: 'bigint', value: (profile) => profile.id ?? null },
    profile_id: { type: 'text', value: (profile) => profile.profileId },
    attributes: { type: 'json', value: (profile) => JSON.stringify(profile.attributes) },
    identities: { type: 'json', value: (profile) => JSON.stringify(profile.identities) },
    memberships: { type: 'json', value: (profile) => JSON.stringify(profile.memberships) },
  },
};

const STAGED_MEMBERSHIP: StagingTable<MembershipWrite> = {
  name: 'staged_membership',
  columns: {
    lane: { type: 'smallint', value: (membership) => membership.lane },
    segment_id: { type: 'bigint', value: (membership) => membership.segmentId },
    profile_id: { type: 'bigint', value: (membership) => membership.profileKey },
    status: { type: 'text', value: (membership) => membership.status },
    qualified_at: { type: 'text', value: (membership) => membership.qualifiedAt },
    valid_until: { type: 'text', value: (membership) => membership.validUntil },
    expires_at: { type: 'timestamptz', value: (membership) => membership.expiresAt?.toISOString() ?? null },
  },
};

const WrittenRowModel = z
  .object({ id: z.number(), profile_id: z.string(), revision: z.number(), created_at: z.date(), updated_at: z.date() })
  .transform(
    (row): WrittenRow => ({
      id: row.id,
      profileId: row.profile_id,
      revision: row.revision,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }),
  );
