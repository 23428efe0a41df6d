/** Whom a replay covers: who was delivered in its window, once each, by this activation and in this lane. */

import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import type { SettledRecord } from '../../src/domain/delivery.js';
import { addEvent, delivered } from '../support/books.js';
import { addExport, type DeliverySetup, setUpDelivery } from '../support/delivery.js';
import { addLaneMembers, addLaneProfiles, LISTED_LANE, listLane, readListing } from '../support/listing.js';
import { useTestDatabase } from '../support/test-database.js';

const FROM = '2026-06-01T10:00:00.000Z';
const UNTIL = '2026-06-01T11:00:00.000Z';

const database = useTestDatabase();
let setup: DeliverySetup;
let exportId: number;
let profiles: number[];

beforeEach(async () => {
  await sql`truncate profile, membership, delivery_event`.execute(database.db);
  await sql`create table if not exists delivery_event_2026w23 partition of delivery_event
    for values from ('2026-06-01') to ('2026-06-08')`.execute(database.db);
  setup = await setUpDelivery(database.db, { stream: 'orders' });
  profiles = await addLaneProfiles(database.db, setup, 6);
  exportId = await addExport(database.db, setup);
  await sql`update export set trigger = 'REPLAY', since = ${FROM}, until = ${UNTIL} where id = ${exportId}`.execute(
    database.db,
  );
});

async function settle(records: SettledRecord[], at: string, overrides: Parameters<typeof addEvent>[2] = {}) {
  const { id } = await addEvent({ db: database.db, ...setup }, records, { lane: LISTED_LANE, ...overrides });
  await sql`update delivery_event set committed_at = ${at} where id = ${id}`.execute(database.db);
}

test('the window begins inclusive and ends exclusive; who was delivered twice is listed once', async () => {
  const [before, first, last, after] = profiles.map((id) => delivered(id));
  if (!before || !first || !last || !after) throw new Error('There are too few profiles.');
  await settle([before], '2026-06-01T09:59:59.999Z');
  await settle([last, first], FROM);
  await settle([first], '2026-06-01T10:59:59.999Z');
  await settle([after], UNTIL);
  await addLaneMembers(database.db, { segmentId: setup.segmentIds[0], profileIds: [profiles[1]] });

  await listLane(database.db, setup, exportId);

  expect(await readListing(database.db, exportId)).toMatchObject({
    profileIds: profiles.slice(1, 3),
    // Present members count in their segment; the other is skipped when its page is sent.
    sets: ['0', ''],
    counts: { 'segment.0.received': 1 },
  });
});

test('what failed, was skipped, went through another lane or for another activation is not listed', async () => {
  const [failed = 0, skipped = 0, sent = 0, elsewhere = 0, foreign = 0] = profiles;
  await settle(
    [
      { outcome: 'SKIPPED', profileKey: skipped, revision: 1, code: 'NOT_A_MEMBER', causes: [] },
      delivered(sent),
      {
        outcome: 'FAILED',
        profileKey: failed,
        revision: 1,
        code: 'RECORD_TOO_LARGE',
        attempts: 1,
        sizeBytes: 1,
        causes: [],
      },
    ],
    FROM,
  );
  await settle([delivered(elsewhere)], FROM, { lane: 4 });
  await settle([delivered(foreign)], FROM, { activationId: setup.activationId + 1 });

  await listLane(database.db, setup, exportId);

  expect((await readListing(database.db, exportId)).profileIds).toEqual([sent]);
});

test('a window without deliveries lists nobody', async () => {
  expect(await listLane(database.db, setup, exportId)).toEqual([0]);
});
