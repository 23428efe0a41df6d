/** The snapshot of a page: its destination, activations, exports and profiles as they are at one moment, by one statement. */

import { sql } from 'kysely';
import type { Db } from './database.js';
import { type PageContext, parsePageContext, selectPageContext, type WantedContext } from './delivery-target.js';
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
    select context as text, false as is_profile from (${selectPageContext(wanted)}) as found
    union all
    select profile, true from (${selectProfiles(wanted.profiles)}) as stored`.execute(db);
  let context: PageContext | null = null;
  const profiles = new Map<number, PageProfile>();
  for (const row of rows) {
    if (!row.is_profile) {
      context = parsePageContext(row.text);
      continue;
    }
    const profile = parseProfile(row.text);
    profiles.set(profile.id, profile);
  }
  return context && { ...context, profiles };
}
