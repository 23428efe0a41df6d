/** The snapshot of a page: context and profiles of one moment, from one lane or several. */

import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { readPageSnapshot } from '../../src/storage/page-snapshot.js';
import { addExport, addProfiles, type DeliverySetup, setUpDelivery } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let setup: DeliverySetup;
let places: { lane: number; id: number; profileId: string }[];

beforeAll(async () => {
  setup = await setUpDelivery(database.db, { stream: 'orders', segments: 2 });
  await addProfiles(database.db, setup, 40);
  const { rows } = await sql<{ lane: number; id: number; profileId: string }>`
    select lane, id, profile_id as "profileId" from profile order by lane, id`.execute(database.db);
  places = rows;
});

test('it holds the destination, its activation, the export and the profiles of several lanes', async () => {
  const exportId = await addExport(database.db, setup);

  const snapshot = await readPageSnapshot(database.db, wanted(places, [exportId]));

  expect(new Set(places.map(({ lane }) => lane)).size).toBeGreaterThan(1);
  expect(snapshot?.target).toMatchObject({
    destinationId: setup.destinationId,
    stream: 'orders',
    healthStatus: 'UNTESTED',
    credential: { identity: { kind: 'ACCESS_KEY', sealed: Buffer.from('sealed') } },
  });
  expect(snapshot?.target.healthSince).toEqual(await readHealthSince());
  expect(Math.abs(Date.now() - (snapshot?.now.getTime() ?? 0))).toBeLessThan(60_000);
  expect(snapshot?.activations.get(setup.activationId)?.mapped.map(({ id }) => id)).toEqual(setup.segmentIds);
  expect(snapshot?.exports.get(String(exportId))).toMatchObject({ trigger: 'MANUAL', segmentIds: setup.segmentIds });
  expect([...(snapshot?.profiles ?? [])].map(([id, profile]) => [id, profile.profileId]).sort()).toEqual(
    places.map(({ id, profileId }) => [id, profileId]).sort(),
  );
});

test('of one lane it reads the same, and leaves out who was erased', async () => {
  const ofLane = places.filter(({ lane }) => lane === places[0]?.lane);

  const snapshot = await readPageSnapshot(
    database.db,
    wanted([...ofLane, { lane: ofLane[0]?.lane ?? 0, id: 999_999 }]),
  );

  expect([...(snapshot?.profiles.keys() ?? [])].sort()).toEqual(ofLane.map(({ id }) => id).sort());
});

test('without the destination there is none', async () => {
  expect(await readPageSnapshot(database.db, { ...wanted(places), destinationId: 999_999 })).toBe(null);
});

function wanted(profiles: readonly { lane: number; id: number }[], exportIds: number[] = []) {
  return { destinationId: setup.destinationId, activationIds: [setup.activationId], exportIds, profiles };
}

async function readHealthSince(): Promise<Date> {
  const row = await database.db
    .selectFrom('destination')
    .select('health_since')
    .where('id', '=', setup.destinationId)
    .executeTakeFirstOrThrow();
  return row.health_since;
}
