/** Profiles as pages read them. */

import { type RawBuilder, sql } from 'kysely';
import type { RecordSource } from '../domain/record.js';
import { numberArray } from './array-literal.js';
import type { Db } from './database.js';
import { plannedOnce } from './prepared.js';

/** A profile as a page reads it. */
export interface PageProfile extends RecordSource {
  id: number;
  revision: number;
}

/** Where a profile is: its lane and profile.id. */
export interface LaneProfile {
  lane: number;
  id: number;
}

/** Reads profiles of one lane by profile.id; erased ones are missing. */
export async function readPageProfiles(
  db: Db,
  lane: number,
  ids: readonly number[],
): Promise<Map<number, PageProfile>> {
  const { rows } = await sql<{ profile: string }>`/* page_profiles.read (prepared) */
    ${selectLaneProfiles(lane, ids)}`.execute(db);
  return new Map(rows.map((row) => parseProfile(row.profile)).map((profile) => [profile.id, profile]));
}

/**
 * A query of one column, `profile`: a JSON text a profile, for {@link parseProfile}. Six columns of a row, three of them
 * JSON, cost node half as much again (13 against 8.5 µs a profile of 1.3 kB), all rows as one text twice as much.
 */
export function selectProfiles(places: readonly LaneProfile[]): RawBuilder<unknown> {
  const [first] = places;
  if (first && places.every(({ lane }) => lane === first.lane))
    return selectLaneProfiles(
      first.lane,
      places.map(({ id }) => id),
    );
  return selectProfilesOf(sql`unnest(
      ${plannedOnce(numberArray(places.map(({ lane }) => lane)), 'smallint[]')},
      ${plannedOnce(numberArray(places.map(({ id }) => id)), 'bigint[]')}
    )`);
}

/**
 * As {@link selectProfiles}, of places in SQL: rows of lane and profile.id. Of several lanes, each profile costs a probe of its
 * lane's index.
 */
export function selectProfilesOf(places: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select found.profile
    from ${places} as wanted(lane, id)
    cross join lateral (
      select ${storedProfile} as profile
      from profile
      where lane = wanted.lane and id = wanted.id
      limit 1
    ) as found`;
}

function selectLaneProfiles(lane: number, ids: readonly number[]): RawBuilder<unknown> {
  return sql`
    select ${storedProfile} as profile
    from profile
    where lane = ${plannedOnce(lane, 'smallint')} and id = any(${plannedOnce(numberArray(ids), 'bigint[]')}::bigint[])`;
}

const storedProfile = sql<string>`concat(
      '[', id, ',', revision, ',', to_json(profile_id), ',', identities, ',', memberships, ',', attributes, ']')`;

/** Reads the text of one profile. Unchecked: storage/profile-writes.ts alone writes it, and this is the hottest read. */
export function parseProfile(text: string): PageProfile {
  const [id, revision, profileId, identities, memberships, attributes]: StoredProfile = JSON.parse(text);
  return { id, revision, profileId, identities, memberships, attributes };
}

/** As selected. */
type StoredProfile = [
  id: number,
  revision: number,
  profileId: string,
  identities: PageProfile['identities'],
  memberships: PageProfile['memberships'],
  attributes: PageProfile['attributes'],
];
