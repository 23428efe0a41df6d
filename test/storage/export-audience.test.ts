/** Audiences: who is listed, once each, with which segments, in chunks of any size. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../src/storage/database.js';
import { findListingOrder, LIST_CHUNK, listMembers } from '../../src/storage/export-audience.js';
import { countMembers as countPresentMembers } from '../../src/storage/segments.js';
import {
  addExport,
  addMemberships,
  addProfiles,
  type DeliverySetup,
  exampleClaim,
  setUpDelivery,
} from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const LANE = 3;
const SINCE = new Date('2026-08-01T12:00:00.000Z');

test('a lane of more than a chunk, with overlapping segments: each profile once, exact counts a segment', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders', segments: 3 });
  await addLaneOfProfiles(database.db, setup, 12_000);
  const exportId = await addExport(database.db, setup);

  const chunks = await listAll(setup, exportId);

  const expected = await countMembers(setup);
  expect(expected.profiles).toBeGreaterThan(LIST_CHUNK);
  expect(chunks.at(-1)).toBeLessThan(LIST_CHUNK);
  expect(chunks.slice(0, -1).every((listed) => listed === LIST_CHUNK)).toBe(true);
  const listing = await readListing(exportId);
  expect(listing.received).toBe(expected.profiles);
  expect(new Set(listing.profileIds).size).toBe(listing.profileIds.length);
  expect(listing.profileIds).toHaveLength(expected.profiles);
  expect(listing.counts).toEqual(expected.counts);
  expect(await findWrongSets(setup, exportId)).toBe(0);
  expect(listing.pageNumbers).toEqual(Array.from({ length: listing.pages }, (_, page) => page));
  expect(Math.max(...listing.sizes)).toBe(500);
});

test('a segment of exactly a chunk ends with an empty one', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders' });
  await addLaneOfProfiles(database.db, setup, LIST_CHUNK, false);
  const exportId = await addExport(database.db, setup);

  expect(await listAll(setup, exportId)).toEqual([LIST_CHUNK, 0]);
  expect(await readListing(exportId)).toMatchObject({ received: LIST_CHUNK, pages: LIST_CHUNK / 500 });
});

test('named profiles are listed whether members or not; unknown ones are not', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders', segments: 2 });
  await addProfiles(database.db, setup, 40);
  const { rows } = await sql<{ profile_id: string; id: number }>`
    select profile_id, id from profile where workspace_id = ${setup.workspaceId} and lane = ${LANE} order by id`.execute(
    database.db,
  );
  const [member, outsider] = rows;
  if (!member || !outsider) throw new Error('The lane holds fewer than two profiles.');
  await sql`update membership set status = 'EXITED' where profile_id = ${outsider.id}`.execute(database.db);
  const exportId = await addExport(database.db, setup, [member.profile_id, outsider.profile_id, 'nobody']);

  await listAll(setup, exportId);

  const listing = await readListing(exportId);
  expect(listing.profileIds).toEqual([member.id, outsider.id]);
  expect(listing.sets[1]).toBe('');
  expect(Object.values(listing.counts)).toEqual([1]);
});

test('who is past `validUntil` is neither listed nor counted', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders' });
  await addLaneOfProfiles(database.db, setup, 3, false);
  const { rows } = await sql<{ id: number; profile_id: string }>`
    select id, profile_id from profile where workspace_id = ${setup.workspaceId} order by id`.execute(database.db);
  const [ended, ending, lasting] = rows;
  await sql`update membership
    set expires_at = now() + case when profile_id = ${ended?.id} then -1 else 1 end * interval '1 minute'
    where profile_id in (${ended?.id}, ${ending?.id})`.execute(database.db);
  const members = await addExport(database.db, setup);
  const named = await addExport(
    database.db,
    setup,
    rows.map((row) => row.profile_id),
  );

  for (const exportId of [members, named]) await listAll(setup, exportId);

  expect((await readListing(members)).profileIds).toEqual([ending?.id, lasting?.id]);
  expect(await readListing(named)).toMatchObject({ sets: ['', '0', '0'], counts: { 'segment.0.received': 2 } });
  expect(await countPresentMembers(database.db, setup.segmentIds)).toEqual([2]);
});

test('a scheduled export since a time lists who changed then or later, through chunks in which nobody did', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders' });
  await addLaneOfProfiles(database.db, setup, LIST_CHUNK + 3, false);
  await sql`update profile set updated_at = ${new Date(SINCE.getTime() - 1)}
    where workspace_id = ${setup.workspaceId}`.execute(database.db);
  const changed = await database.db
    .updateTable('profile')
    .set({ updated_at: SINCE })
    .where('workspace_id', '=', setup.workspaceId)
    .where('profile_id', '=', `q${LIST_CHUNK + 2}`)
    .returning('id')
    .executeTakeFirstOrThrow();
  const [scheduled, full, manual] = [
    await addExport(database.db, setup),
    await addExport(database.db, setup),
    await addExport(database.db, setup),
  ];
  await sql`update export set trigger = 'SCHEDULED', since = ${SINCE} where id = ${scheduled}`.execute(database.db);
  await sql`update export set trigger = 'SCHEDULED' where id = ${full}`.execute(database.db);
  await sql`update export set since = ${SINCE} where id = ${manual}`.execute(database.db);

  expect(await listAll(setup, scheduled)).toEqual([LIST_CHUNK, 3]);
  for (const exportId of [full, manual]) await listAll(setup, exportId);

  expect(await readListing(scheduled)).toMatchObject({
    profileIds: [changed.id],
    received: 1,
    pages: 1,
    counts: { 'segment.0.received': 1 },
  });
  expect(await readListing(full)).toMatchObject({ received: LIST_CHUNK + 3 });
  expect(await readListing(manual)).toMatchObject({ received: LIST_CHUNK + 3 });
});

test('a retry lists the failed records that it was given, of its own lane, also of profiles that are no members', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders' });
  const exportId = await addExport(database.db, setup);
  await sql`update export set trigger = 'RETRY' where id = ${exportId}`.execute(database.db);
  await sql`insert into failed_record (workspace_id, destination_id, activation_id, lane, profile_id, state, code,
      message, attempts, size_bytes, exports, retried_by)
    select ${setup.workspaceId}, ${setup.destinationId}, ${setup.activationId}, lane, profile_id, state,
      'RECORD_TOO_LARGE', '', 1, 1, '{}', retried_by
    from (values (${LANE}::smallint, 901, 'RETRYING', ${exportId}::bigint), (4, 902, 'RETRYING', ${exportId}),
      (${LANE}, 903, 'OPEN', ${exportId}), (${LANE}, 904, 'RETRYING', ${exportId} + 1), (${LANE}, 905, 'RETRYING', ${exportId}))
      as given(lane, profile_id, state, retried_by)`.execute(database.db);

  await listAll(setup, exportId);

  expect(await readListing(exportId)).toMatchObject({ profileIds: [901, 905], received: 2, counts: {} });
});

/** Profiles of one lane; with overlap, a half of them in one more segment, a third exited from one. */
async function addLaneOfProfiles(db: Db, setup: DeliverySetup, count: number, overlap = true): Promise<void> {
  await sql`with added as (
      insert into profile (lane, workspace_id, profile_id, revision, size_bytes)
      select ${LANE}, ${setup.workspaceId}, 'q' || number, 1, 1 from generate_series(1, ${count}) as number
      returning id
    )
    insert into membership (lane, segment_id, profile_id, status, qualified_at)
    select ${LANE}, (${setup.segmentIds}::bigint[])[id % ${setup.segmentIds.length} + 1], id, 'REALIZED', 't'
    from added`.execute(db);
  if (!overlap) return;
  const [first = 0, second = 0] = setup.segmentIds;
  await addMemberships(db, { setup, segmentId: first, where: sql`profile.id % 2 = 0`, status: 'EXISTING' });
  await addMemberships(db, { setup, segmentId: second, where: sql`profile.id % 3 = 0`, status: 'EXITED' });
}

async function listAll(setup: DeliverySetup, exportId: number): Promise<number[]> {
  const claim = { ...exampleClaim, destinationId: setup.destinationId, workspaceId: setup.workspaceId, lane: LANE };
  const chunks: number[] = [];
  do {
    const order = await findListingOrder(database.db, LANE, exportId);
    if (!order) throw new Error('There is nothing to list.');
    chunks.push(await listMembers(database.db, claim, order));
  } while (chunks.at(-1) === LIST_CHUNK);
  return chunks;
}

/** The audience by the plainest statement there is. */
async function countMembers(setup: DeliverySetup): Promise<{ profiles: number; counts: Record<string, number> }> {
  const { rows } = await sql<{ segment_id: number; members: number }>`
    select segment_id, count(*)::int as members from membership
    where segment_id = any(${setup.segmentIds}::bigint[]) and lane = ${LANE} and status <> 'EXITED'
    group by segment_id`.execute(database.db);
  const distinct = await sql<{ profiles: number }>`
    select count(distinct profile_id)::int as profiles from membership
    where segment_id = any(${setup.segmentIds}::bigint[]) and lane = ${LANE} and status <> 'EXITED'`.execute(
    database.db,
  );
  const counts = rows.map((row) => [`segment.${setup.segmentIds.indexOf(row.segment_id)}.received`, row.members]);
  return { profiles: distinct.rows[0]?.profiles ?? 0, counts: Object.fromEntries(counts) };
}

/** Listed profiles whose set of segments is not what their memberships say. */
async function findWrongSets(setup: DeliverySetup, exportId: number): Promise<number> {
  const { rows } = await sql<{ wrong: number }>`
    select count(*)::int as wrong
    from export_page page
    cross join lateral unnest(page.profile_ids, page.segment_sets) as listed(profile_id, segments)
    where page.export_id = ${exportId} and listed.segments <> (
      select string_agg((array_position(${setup.segmentIds}::bigint[], segment_id) - 1)::text, ',' order by segment_id)
      from membership where lane = ${LANE} and membership.profile_id = listed.profile_id and status <> 'EXITED'
    )`.execute(database.db);
  return rows[0]?.wrong ?? -1;
}

interface Listing {
  received: number;
  pages: number;
  counts: Record<string, number>;
  profileIds: number[];
  sets: string[];
  pageNumbers: number[];
  sizes: number[];
}

async function readListing(exportId: number): Promise<Listing> {
  const { rows } = await sql<Pick<Listing, 'received' | 'pages' | 'counts'>>`
    select received, pages, counts from export_lane where export_id = ${exportId} and lane = ${LANE}`.execute(
    database.db,
  );
  const pages = await database.db
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
