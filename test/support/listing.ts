/** Lists exports in one lane as its owner would, and reads what was listed. */

import { sql } from 'kysely';
import type { Db } from '../../src/storage/database.js';
import { findListingOrder, listingChunk, listMembers } from '../../src/storage/export-audience.js';
import { type DeliverySetup, exampleClaim } from './delivery.js';

/** The lane in which {@link listLane} lists. */
export const LISTED_LANE = 3;

/** Lists an export to its end. @returns how many profiles each chunk had. */
export async function listLane(db: Db, setup: DeliverySetup, exportId: number): Promise<number[]> {
  const { destinationId, workspaceId } = setup;
  const claim = { ...exampleClaim, destinationId, workspaceId, lane: LISTED_LANE };
  const chunks: number[] = [];
  for (;;) {
    const order = await findListingOrder(db, LISTED_LANE, exportId);
    if (!order) throw new Error('There is nothing to list.');
    const listed = await listMembers(db, claim, order);
    chunks.push(listed);
    if (listed < listingChunk(order)) return chunks;
  }
}

/** What was listed in the lane. */
export interface Listing {
  received: number;
  pages: number;
  counts: Record<string, number>;
  profileIds: number[];
  sets: string[];
  pageNumbers: number[];
  sizes: number[];
}

/** Reads what was listed. */
export async function readListing(db: Db, exportId: number): Promise<Listing> {
  const { rows } = await sql<Pick<Listing, 'received' | 'pages' | 'counts'>>`
    select received, pages, counts from export_lane where export_id = ${exportId} and lane = ${LISTED_LANE}`.execute(
    db,
  );
  const pages = await db
    .selectFrom('export_page')
    .selectAll()
    .where('export_id', '=', exportId)
    .orderBy('page')
    .execute();
  const [part] = rows;
  if (!part) throw new Error('The export has no such lane.');
  return {
    ...part,
    profileIds: pages.flatMap((page) => page.profile_ids),
    sets: pages.flatMap((page) => page.segment_sets),
    pageNumbers: pages.map((page) => page.page),
    sizes: pages.map((page) => page.size),
  };
}

/** Adds profiles q1, q2, … to the lane, without memberships. @returns their profile.id, in order. */
export async function addLaneProfiles(db: Db, setup: DeliverySetup, count: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with added as (
      insert into profile (lane, workspace_id, profile_id, revision, size_bytes)
      select ${LISTED_LANE}, ${setup.workspaceId}, 'q' || number, 1, 1 from generate_series(1, ${count}) as number
      returning id
    )
    select id from added order by id`.execute(db);
  return rows.map((row) => row.id);
}

/** Adds memberships in the lane's narrow table. */
export async function addLaneMembers(
  db: Db,
  members: { segmentId: number | undefined; profileIds: readonly (number | undefined)[]; status?: string; at?: string },
): Promise<void> {
  const { segmentId, profileIds, status = 'REALIZED', at = '2026-01-01T00:00:00Z' } = members;
  await sql`insert into membership (lane, segment_id, profile_id, status, qualified_at, updated_at)
    select ${LISTED_LANE}, ${segmentId}, id, ${status}, 't', ${at}::timestamptz
    from unnest(${[...profileIds]}::bigint[]) as id`.execute(db);
}
