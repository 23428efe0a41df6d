/** What is due, read with what its page is decided by, or without if that is much. */

import { sql } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { readDuePage } from '../../src/storage/due-page.js';
import { readPageSnapshot } from '../../src/storage/page-snapshot.js';
import { addExport, addProfiles, type DeliverySetup, setUpDelivery } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let setup: DeliverySetup;
let exportId: number;
let lanes: number[];
/** Of all profiles. */
let storedBytes: number;

beforeAll(async () => {
  setup = await setUpDelivery(database.db, { stream: 'orders', segments: 2 });
  await addProfiles(database.db, setup, 20);
  exportId = await addExport(database.db, setup);
  const { rows } = await sql<{ lanes: number[]; bytes: number }>`
    select array_agg(distinct lane::int) as lanes, sum(size_bytes)::int as bytes from profile`.execute(database.db);
  [{ lanes, bytes: storedBytes } = { lanes: [], bytes: 0 }] = rows;
});

beforeEach(async () => {
  await sql`delete from pending_record`.execute(database.db);
  await sql`
    insert into pending_record (lane, activation_id, profile_id, destination_id, exports, not_before)
    select lane, ${setup.activationId}, id, ${setup.destinationId}, jsonb_build_object(${exportId}::text, '0'),
      now() - id * interval '1 second'
    from profile`.execute(database.db);
});

test('a small page comes with its snapshot, the same as read by itself', async () => {
  const { due, snapshot } = await readDuePage(database.db, wanted({ maxBytes: storedBytes }));

  const alone = await readPageSnapshot(database.db, {
    destinationId: setup.destinationId,
    activationIds: [setup.activationId],
    exportIds: [exportId],
    profiles: due.map(({ lane, candidate }) => ({ lane, id: candidate.profileKey })),
  });
  expect(due).toHaveLength(20);
  expect(alone?.profiles.size).toBe(20);
  expect(alone?.exports.size).toBe(1);
  expect({ ...snapshot, now: null }).toEqual({ ...alone, now: null });
});

test('it stands in the order of the lanes that were asked for, the longest due first', async () => {
  const asked = [...lanes].reverse();

  const { due } = await readDuePage(database.db, { ...wanted({ maxBytes: storedBytes }), lanes: asked });

  const places = due.map(({ lane, candidate }) => ({ place: asked.indexOf(lane), key: candidate.profileKey }));
  expect(places).toEqual([...places].sort((one, other) => one.place - other.place || other.key - one.key));
});

test('one byte more than is allowed, and it comes without', async () => {
  const { due, snapshot } = await readDuePage(database.db, wanted({ maxBytes: storedBytes - 1 }));

  expect(due).toHaveLength(20);
  expect(due.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(storedBytes);
  expect(snapshot).toBe(null);
});

test('who was erased is due, has no size and is not in the snapshot', async () => {
  await sql`
    insert into pending_record (lane, activation_id, profile_id, destination_id, exports, not_before)
    values (${lanes[0]}, ${setup.activationId}, 999999, ${setup.destinationId}, '{}', now())`.execute(database.db);

  const { due, snapshot } = await readDuePage(database.db, wanted({ maxBytes: storedBytes }));

  expect(due.find(({ candidate }) => candidate.profileKey === 999_999)?.sizeBytes).toBe(0);
  expect(snapshot?.profiles.size).toBe(20);
});

test('where nothing is due there is no snapshot', async () => {
  await sql`update pending_record set not_before = now() + interval '1 hour'`.execute(database.db);

  const page = await readDuePage(database.db, wanted({ maxBytes: storedBytes }));

  expect(page).toEqual({ due: [], snapshot: null });
});

function wanted({ maxBytes }: { maxBytes: number }) {
  return { destinationId: setup.destinationId, lanes, limit: 100, maxBytes };
}
