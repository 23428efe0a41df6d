/** The numbers of an export, as the API shows them: what waits is counted from its rows. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { countOutcomes } from '../../src/domain/export-numbers.js';
import { readExportNumbers } from '../../src/storage/export-numbers.js';
import { addExport, setUpDelivery } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('pending is what is left of pages, and what was deferred; a lost record shows as a difference to received', async () => {
  const setup = await setUpDelivery(database.db, { stream: 'orders' });
  const exportId = await addExport(database.db, setup);
  const untouched = await addExport(database.db, setup);
  await sql`update export_lane
    set received = 1203, pages = 3, page = 1, page_offset = 200, deferred = 40, counts = '{"delivered": 660}'
    where export_id = ${exportId} and lane = 3`.execute(database.db);
  await sql`update export_lane set received = 2, pages = 1, counts = '{"failed": 1}'
    where export_id = ${exportId} and lane = 4`.execute(database.db);
  await sql`insert into export_page (export_id, lane, page, size, profile_ids, segment_sets)
    select ${exportId}, lane, page, size, '{}', '{}'
    from (values (3, 1, 500), (3, 2, 203), (4, 0, 1)) as listed(lane, page, size)`.execute(database.db);

  const [numbers, none] = await readExportNumbers(database.db, [exportId, untouched]);

  expect(numbers).toEqual({ received: 1_205, pending: 544, counters: { delivered: 660, failed: 1 } });
  expect(numbers && countOutcomes(numbers)).toEqual({
    received: 1_205,
    delivered: 660,
    failed: 1,
    skipped: 0,
    pending: 544,
  });
  expect(none).toEqual({ received: 0, pending: 0, counters: {} });

  await sql`delete from export_page where export_id = ${exportId} and lane = 4`.execute(database.db);
  expect((await readExportNumbers(database.db, [exportId]))[0]?.pending).toBe(543);
});
