/** Audiences: who is listed, once each, with which segments, in chunks of any size. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../src/storage/database.js';
import { LIST_CHUNK } from '../../src/storage/export-audience.js';
import { countMembers as countPresentMembers } from '../../src/storage/segments.js';
import { addExport, addMemberships, addProfiles, type DeliverySetup, setUpDelivery } from '../support/delivery.js';
import { addLaneMembers, addLaneProfiles, LISTED_LANE, listLane, readListing } from '../support/listing.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const SINCE = new Date('2026-08-01T12:00:00.000Z');

test('a lane of more than a chunk, with overlapping segments: each profile once, exact counts a segment', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders', segments: 3 });
  await addLaneOfProfiles(database.db, setup, 12_000);
  const exportId = await addExport(database.db, setup);

  const chunks = await listLane(database.db, setup, exportId);

  const expected = await countMembers(setup);
  expect(expected.profiles).toBeGreaterThan(LIST_CHUNK);
  expect(chunks.at(-1)).toBeLessThan(LIST_CHUNK);
  expect(chunks.slice(0, -1).every((listed) => listed === LIST_CHUNK)).toBe(true);
  const listing = await readListing(database.db, exportId);
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

  expect(await listLane(database.db, setup, exportId)).toEqual([LIST_CHUNK, 0]);
  expect(await readListing(database.db, exportId)).toMatchObject({ received: LIST_CHUNK, pages: LIST_CHUNK / 500 });
});

test('named profiles are listed whether members or not; unknown ones are not', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders', segments: 2 });
  await addProfiles(database.db, setup, 40);
  const { rows } = await sql<{ profile_id: string; id: number }>`
    select profile_id, id from profile where workspace_id = ${setup.workspaceId} and lane = ${LISTED_LANE} order by id`.execute(
    database.db,
  );
  const [member, outsider] = rows;
  if (!member || !outsider) throw new Error('The lane holds fewer than two profiles.');
  await sql`update membership set status = 'EXITED' where profile_id = ${outsider.id}`.execute(database.db);
  const exportId = await addExport(database.db, setup, [member.profile_id, outsider.profile_id, 'nobody']);

  await listLane(database.db, setup, exportId);

  const listing = await readListing(database.db, exportId);
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

  for (const exportId of [members, named]) await listLane(database.db, setup, exportId);

  expect((await readListing(database.db, members)).profileIds).toEqual([ending?.id, lasting?.id]);
  expect(await readListing(database.db, named)).toMatchObject({
    sets: ['', '0', '0'],
    counts: { 'segment.0.received': 2 },
  });
  expect(await countPresentMembers(database.db, setup.segmentIds)).toEqual([2]);
});

test('a backfill since a time lists whose membership changed then or later, a segment at a time', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders', segments: 2 });
  const [first, second, third] = await addLaneProfiles(database.db, setup, 3);
  const [older, newer] = setup.segmentIds;
  await addLaneMembers(database.db, { segmentId: older, profileIds: [first, second], at: '2026-01-01T00:00:00Z' });
  await addLaneMembers(database.db, { segmentId: newer, profileIds: [second], at: '2026-02-01T00:00:00Z' });
  await addLaneMembers(database.db, {
    segmentId: newer,
    profileIds: [third],
    status: 'EXITED',
    at: '2026-02-02T00:00:00Z',
  });
  const exportId = await addExport(database.db, setup);
  await sql`update export set trigger = 'BACKFILL', since = '2026-02-01T00:00:00Z' where id = ${exportId}`.execute(
    database.db,
  );

  await listLane(database.db, setup, exportId);

  expect(await readListing(database.db, exportId)).toMatchObject({
    profileIds: [second],
    sets: ['1'],
    counts: { 'segment.1.received': 1 },
  });
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

  expect(await listLane(database.db, setup, scheduled)).toEqual([LIST_CHUNK, 3]);
  for (const exportId of [full, manual]) await listLane(database.db, setup, exportId);

  expect(await readListing(database.db, scheduled)).toMatchObject({
    profileIds: [changed.id],
    received: 1,
    pages: 1,
    counts: { 'segment.0.received': 1 },
  });
  expect(await readListing(database.db, full)).toMatchObject({ received: LIST_CHUNK + 3 });
  expect(await readListing(database.db, manual)).toMatchObject({ received: LIST_CHUNK + 3 });
});

test('a retry lists the failed records that it was given, of its own lane, also of profiles that are no members', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders' });
  const exportId = await addExport(database.db, setup);
  await sql`update export set trigger = 'RETRY' where id = ${exportId}`.execute(database.db);
  await sql`insert into failed_record (workspace_id, destination_id, activation_id, lane, profile_id, state, code,
      message, attempts, size_bytes, exports, retried_by)
    select ${setup.workspaceId}, ${setup.destinationId}, ${setup.activationId}, lane, profile_id, state,
      'RECORD_TOO_LARGE', '', 1, 1, '{}', retried_by
    from (values (${LISTED_LANE}::smallint, 901, 'RETRYING', ${exportId}::bigint), (4, 902, 'RETRYING', ${exportId}),
      (${LISTED_LANE}, 903, 'OPEN', ${exportId}), (${LISTED_LANE}, 904, 'RETRYING', ${exportId} + 1), (${LISTED_LANE}, 905, 'RETRYING', ${exportId}))
      as given(lane, profile_id, state, retried_by)`.execute(database.db);

  await listLane(database.db, setup, exportId);

  expect(await readListing(database.db, exportId)).toMatchObject({ profileIds: [901, 905], received: 2, counts: {} });
});

/** Profiles of one lane; with overlap, a half of them in one more segment, a third exited from one. */
async function addLaneOfProfiles(db: Db, setup: DeliverySetup, count: number, overlap = true): Promise<void> {
  await sql`with added as (
      insert into profile (lane, workspace_id, profile_id, revision, size_bytes)
      select ${LISTED_LANE}, ${setup.workspaceId}, 'q' || number, 1, 1 from generate_series(1, ${count}) as number
      returning id
    )
    insert into membership (lane, segment_id, profile_id, status, qualified_at)
    select ${LISTED_LANE}, (${setup.segmentIds}::bigint[])[id % ${setup.segmentIds.length} + 1], id, 'REALIZED', 't'
    from added`.execute(db);
  if (!overlap) return;
  const [first = 0, second = 0] = setup.segmentIds;
  await addMemberships(db, { setup, segmentId: first, where: sql`profile.id % 2 = 0`, status: 'EXISTING' });
  await addMemberships(db, { setup, segmentId: second, where: sql`profile.id % 3 = 0`, status: 'EXITED' });
}

/** The audience by the plainest statement there is. */
async function countMembers(setup: DeliverySetup): Promise<{ profiles: number; counts: Record<string, number> }> {
  const { rows } = await sql<{ segment_id: number; members: number }>`
    select segment_id, count(*)::int as members from membership
    where segment_id = any(${setup.segmentIds}::bigint[]) and lane = ${LISTED_LANE} and status <> 'EXITED'
    group by segment_id`.execute(database.db);
  const distinct = await sql<{ profiles: number }>`
    select count(distinct profile_id)::int as profiles from membership
    where segment_id = any(${setup.segmentIds}::bigint[]) and lane = ${LISTED_LANE} and status <> 'EXITED'`.execute(
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
      from membership where lane = ${LISTED_LANE} and membership.profile_id = listed.profile_id and status <> 'EXITED'
    )`.execute(database.db);
  return rows[0]?.wrong ?? -1;
}
