/** Whom exits cover: members, and those whose own exit was not sent when their segment was unmapped. */

import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { addEvent, delivered } from '../support/books.js';
import { addExport, type DeliverySetup, setUpDelivery } from '../support/delivery.js';
import { addLaneMembers, addLaneProfiles, LISTED_LANE, listLane, readListing } from '../support/listing.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let setup: DeliverySetup;
let exportId: number;
let removed: number;
let other: number;
let profiles: number[];

beforeEach(async () => {
  await sql`truncate profile, membership, pending_record, delivery_event`.execute(database.db);
  setup = await setUpDelivery(database.db, { stream: 'orders', segments: 2 });
  [removed = 0, other = 0] = setup.segmentIds;
  profiles = await addLaneProfiles(database.db, setup, 6);
  exportId = await addExport(database.db, setup);
  await sql`update export set trigger = 'EXITS' where id = ${exportId}`.execute(database.db);
});

async function list(): Promise<{ profileIds: number[]; sets: string[] }> {
  await listLane(database.db, setup, exportId);
  const { profileIds, sets } = await readListing(database.db, exportId);
  return { profileIds, sets };
}

async function addPending(profileId: number | undefined, causes: Record<string, number>): Promise<void> {
  await sql`insert into pending_record (lane, activation_id, profile_id, destination_id, causes, not_before)
    values (${LISTED_LANE}, ${setup.activationId}, ${profileId}, ${setup.destinationId}, ${JSON.stringify(causes)}, now())`.execute(
    database.db,
  );
}

async function settle(profileId: number | undefined, origin: 'LIVE' | 'MANUAL'): Promise<void> {
  const books = { db: database.db, ...setup };
  await addEvent(books, [delivered(profileId ?? 0)], { lane: LISTED_LANE, origin });
}

test('members are listed with their segments, also past `validUntil`; who left long ago is not', async () => {
  const [both, expired, left] = profiles;
  await addLaneMembers(database.db, { segmentId: removed, profileIds: [both, expired] });
  await addLaneMembers(database.db, { segmentId: other, profileIds: [both], status: 'EXISTING' });
  await addLaneMembers(database.db, { segmentId: removed, profileIds: [left], status: 'EXITED' });
  await sql`update membership set expires_at = '2026-01-02' where profile_id = ${expired}`.execute(database.db);

  expect(await list()).toEqual({ profileIds: [both, expired], sets: ['0,1', '0'] });
});

test('who left between the unmapping and the listing is listed', async () => {
  const [late] = profiles;
  const at = new Date().toISOString();
  await addLaneMembers(database.db, { segmentId: removed, profileIds: [late], status: 'EXITED', at });

  expect(await list()).toEqual({ profileIds: [late], sets: ['0'] });
});

test('whose exit still waits is listed once, with the segment of its cause', async () => {
  const [waits, changed, member] = profiles;
  await addLaneMembers(database.db, { segmentId: removed, profileIds: [waits, changed], status: 'EXITED' });
  await addLaneMembers(database.db, { segmentId: other, profileIds: [member] });
  await addPending(waits, { 'MEMBERSHIP:segment-0': 5, 'ATTRIBUTE:name': 6 });
  await addPending(changed, { 'ATTRIBUTE:name': 7 });
  await addPending(member, { 'MEMBERSHIP:segment-1': 8 });

  expect(await list()).toEqual({ profileIds: [waits, member], sets: ['0', '1'] });
});

test('whose exit was taken up by a page that was read around the unmapping is listed', async () => {
  const [overtaken, exported, stays] = profiles;
  await addLaneMembers(database.db, { segmentId: removed, profileIds: [overtaken, exported], status: 'EXITED' });
  await settle(overtaken, 'LIVE');
  await settle(exported, 'MANUAL');
  await settle(stays, 'LIVE');

  expect(await list()).toEqual({ profileIds: [overtaken], sets: ['0'] });
});

test('what other lanes and activations have to do is nothing to it', async () => {
  const [one, two] = profiles;
  await addLaneMembers(database.db, { segmentId: removed, profileIds: [one, two], status: 'EXITED' });
  await addPending(one, { 'MEMBERSHIP:segment-0': 5 });
  await addPending(two, { 'MEMBERSHIP:segment-0': 5 });
  await sql`update pending_record set lane = 4 where profile_id = ${one}`.execute(database.db);
  await sql`update pending_record set activation_id = activation_id + 1 where profile_id = ${two}`.execute(database.db);

  expect(await list()).toEqual({ profileIds: [], sets: [] });
});

test('more than a chunk of members and pending exits are listed in order, each once', async () => {
  const many = await addLaneProfiles(database.db, { ...setup, workspaceId: setup.workspaceId + 1_000 }, 6_000);
  await addLaneMembers(database.db, { segmentId: removed, profileIds: many.slice(0, 4_000) });
  await addLaneMembers(database.db, { segmentId: other, profileIds: many.slice(2_000) });
  await sql`insert into pending_record (lane, activation_id, profile_id, destination_id, causes, not_before)
    select ${LISTED_LANE}, ${setup.activationId}, id, ${setup.destinationId}, '{"MEMBERSHIP:segment-0": 1}', now()
    from unnest(${many.slice(3_000, 5_500)}::bigint[]) as id`.execute(database.db);

  const { profileIds, sets } = await list();

  expect(profileIds).toEqual(many);
  expect([sets[0], sets[2_000], sets[5_400], sets[5_500]]).toEqual(['0', '0,1', '0,1', '1']);
});
