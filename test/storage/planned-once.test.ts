/** Statements of a change and its record are planned once in a session, whatever the tables hold. */

import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { SMALL_PAGE_BYTES } from '../../src/delivery/page.js';
import { type Db, openDatabase } from '../../src/storage/database.js';
import { readDuePage } from '../../src/storage/due-page.js';
import { findLaneWork } from '../../src/storage/lane-work.js';
import { removeReasons } from '../../src/storage/page-commit.js';
import { readPageSnapshot } from '../../src/storage/page-snapshot.js';
import { putTriggeredRecords } from '../../src/storage/pending-records.js';
import {
  findExistingProfileIds,
  lockAllProfiles,
  lockProfiles,
  updateProfiles,
} from '../../src/storage/profile-writes.js';
import { addStatistics } from '../../src/storage/statistics.js';
import { claimOn, fillLargeBooks, type LargeBooks, profileKeysOf } from '../support/large-books.js';
import { useTestDatabase } from '../support/test-database.js';

const LANE = 5;
const PAGE = 500;
const CALLS = 12;

const database = useTestDatabase();
let books: LargeBooks;

beforeAll(async () => {
  books = await fillLargeBooks(database);
}, 900_000);

test('for the first calls only, where sessions plan for values', async () => {
  await using sessions = openDatabase({ connection: database.connection });
  const custom = await countCustomPlans(sessions.db);
  expect(custom.filter(({ plans }) => plans > 5)).toEqual([]);
});

test('for no call, where they plan for any values, also after the tables changed under a session', async () => {
  await using sessions = openDatabase({ connection: database.connection, maxConnections: 1, plansForAnyValues: true });
  const before = await countCustomPlans(sessions.db);
  // As after the first analysis of a stream that keeps up.
  await sql`delete from pending_record where profile_id > 300`.execute(database.db);
  await sql`vacuum analyze pending_record`.execute(database.db);
  const after = await countCustomPlans(sessions.db);

  expect(before.filter(({ plans }) => plans > 0)).toEqual([]);
  expect(after.filter(({ plans }) => plans > 0)).toEqual([]);
});

/** Changes profiles and sends their records. @returns how often each statement of the session was planned for values. */
async function countCustomPlans(db: Db): Promise<{ statement: string; plans: number }[]> {
  return await db.transaction().execute(async (tx) => {
    for (const id of profileKeysOf(LANE, CALLS)) await changeAndSend(tx, id);
    const { rows } = await sql<{ statement: string; plans: number }>`
      select left(statement, 60) as statement, custom_plans as plans from pg_prepared_statements`.execute(tx);
    expect(rows.length).toBeGreaterThan(10);
    return rows;
  });
}

async function changeAndSend(tx: Db, id: number): Promise<void> {
  const { workspaceId, destinationId, activationId } = books;
  const claim = claimOn(books, LANE);
  const places = [{ lane: LANE, profileId: `profile-${id}` }];
  const { locked } = await lockAllProfiles(tx, workspaceId, places);
  expect(locked).toHaveLength(1);
  await lockProfiles(tx, workspaceId, places);
  await findExistingProfileIds(tx, workspaceId, places);
  await updateProfiles(tx, workspaceId, locked);
  const [{ id: profileKey } = { id: 0 }] = locked;
  const record = { lane: LANE, activationId, profileKey };
  await putTriggeredRecords(tx, [{ ...record, destinationId, causes: ['ATTRIBUTE:name'] }]);
  await findLaneWork(tx, claim);
  for (const lanes of [[LANE], [LANE, LANE + 1]]) {
    await readDuePage(tx, { destinationId, lanes, limit: PAGE, maxBytes: SMALL_PAGE_BYTES });
    const profiles = lanes.map((lane) => ({ lane, id: profileKey }));
    await readPageSnapshot(tx, { destinationId, activationIds: [activationId], exportIds: [], profiles });
  }
  await removeReasons(tx, [{ ...record, version: 0, exportIds: [] }]);
  await addStatistics(tx, claim, [{ lane: LANE, activationId, counters: { delivered: 1 } }]);
}
