/** The snapshot of a page: its destination, activations, exports and profiles as they are at one moment, by one statement. */

import { sql } from 'kysely';
import type { Db } from './database.js';
import {
  givenContext,
  type PageContext,
  parsePageContext,
  selectPageContext,
  type WantedContext,
} from './delivery-target.js';
import { type LaneProfile, type PageProfile, parseProfile, selectProfiles } from './page-profiles.js';

/** What a page is decided by. */
export interface PageSnapshot extends PageContext {
  /** By profile.id; erased ones are missing. */
  profiles: Map<number, PageProfile>;
}

/**
 * Reads a page's snapshot; null if the destination was deleted. One statement is a snapshot by itself, and spares the three
 * round trips of a transaction around two.
 */
export async function readPageSnapshot(
  db: Db,
  wanted: WantedContext & { profiles: readonly LaneProfile[] },
): Promise<PageSnapshot | null> {
  const { rows } = await sql<{ text: string; is_profile: boolean }>`/* page_snapshot.read (prepared) */
    select context as text, false as is_profile from (${selectPageContext(givenContext(wanted))}) as found
    union all
    select profile, true from (${selectProfiles(wanted.profiles)}) as stored`.execute(db);
  return toSnapshot(
    rows.find((row) => !row.is_profile)?.text,
    rows.filter((row) => row.is_profile).map((row) => row.text),
  );
}

/** Reads the texts of a snapshot; null if there is none of its context. */
export function toSnapshot(contextText: string | undefined, profileTexts: readonly string[]): PageSnapshot | null {
  if (contextText === undefined) return null;
  const profiles = profileTexts.map(parseProfile);
  return { ...parsePageContext(contextText), profiles: new Map(profiles.map((profile) => [profile.id, profile])) };
}
