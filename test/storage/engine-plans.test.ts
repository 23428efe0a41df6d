/** What the statements of writers and of the delivery engine read, which must not grow with the tables. */

import { beforeAll, describe, expect, test } from 'vitest';
import { SMALL_PAGE_BYTES } from '../../src/delivery/page.js';
import type { FailureRow } from '../../src/domain/settlement.js';
import type { Db } from '../../src/storage/database.js';
import { insertDeliveryEvents } from '../../src/storage/delivery-events.js';
import { readDuePage } from '../../src/storage/due-page.js';
import { type ListingOrder, listMembers } from '../../src/storage/export-audience.js';
import { findLaneWork } from '../../src/storage/lane-work.js';
import { claimLanes, countBusyLanes, fenceLane, type LaneClaim } from '../../src/storage/lanes.js';
import { listExpiredMemberships } from '../../src/storage/membership-expiry.js';
import {
  deferRecords,
  findErasedProfiles,
  keepFailedRecords,
  lockPendingRows,
  moveExports,
  recoverFailedRecords,
  removeReasons,
} from '../../src/storage/page-commit.js';
import { readPageSnapshot } from '../../src/storage/page-snapshot.js';
import { findExportSlice } from '../../src/storage/page-source.js';
import { putTriggeredRecords } from '../../src/storage/pending-records.js';
import {
  findExistingProfileIds,
  insertMemberships,
  insertProfiles,
  lockAllProfiles,
  lockProfiles,
  updateProfiles,
  upsertMemberships,
} from '../../src/storage/profile-writes.js';
import { addStatistics } from '../../src/storage/statistics.js';
import { delivered } from '../support/books.js';
import { claimOn, fillLargeBooks, type LargeBooks, profileKeysOf } from '../support/large-books.js';
import { type PlanMode, recordPlans } from '../support/plans.js';
import { useTestDatabase } from '../support/test-database.js';

const LANE = 5;
const PAGE = 500;
/** More than a page of a lane, and than all rows of the small tables: lanes, destinations, activations. */
const FEW = 1_000;

const database = useTestDatabase();
let books: LargeBooks;
let claim: LaneClaim;

beforeAll(async () => {
  books = await fillLargeBooks(database);
  claim = claimOn(books, LANE);
}, 900_000);

/** Every statement of the work, under both kinds of plan. @param most rows that one may read, and sort. */
async function expectFewRows(most: number, work: (tx: Db) => Promise<unknown>): Promise<void> {
  const modes: PlanMode[] = ['force_custom_plan', 'force_generic_plan'];
  for (const mode of modes) {
    const plans = await recordPlans(database.connection, { mode }, work);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      const message = `${plan.name}, ${mode}\n${plan.text}`;
      expect.soft(Math.max(plan.rowsRead, plan.rowsSorted), message).toBeLessThanOrEqual(most);
      expect.soft(Math.max(0, ...Object.values(plan.wholeTables)), message).toBeLessThanOrEqual(FEW);
    }
  }
}

/** Internal ids of a page of profiles of the lane. */
function page(count = PAGE): number[] {
  return profileKeysOf(LANE, count);
}

describe('beside a backlog that cannot be sent', () => {
  test('a claim, and the count of busy lanes, read a few rows a lane', async () => {
    await expectFewRows(20 * 160, async (tx) => {
      await tx
        .insertInto('worker')
        .values({ name: 'test', lease_expires_at: new Date(Date.now() + 60_000) })
        .execute();
      const [worker] = await tx.selectFrom('worker').select('id').execute();
      expect((await claimLanes(tx, worker?.id ?? 0, { limit: 160, exclude: [] })).length).toBe(16);
      expect(await countBusyLanes(tx)).toBe(16);
    });
  });

  test('a look for work reads no more than it counts', async () => {
    await expectFewRows(2 * FEW, async (tx) => {
      expect((await findLaneWork(tx, claim)).pendingDue).toBe(true);
      const halted = await findLaneWork(tx, { ...claim, destinationId: books.haltedDestinationId });
      expect(halted.pendingDue).toBe(false);
    });
  });

  test('a page of due records reads them and their profiles', async () => {
    const request = { destinationId: books.destinationId, lanes: [LANE, LANE + 1], limit: PAGE };
    await expectFewRows(5 * PAGE, async (tx) => {
      const { due, snapshot } = await readDuePage(tx, { ...request, maxBytes: 0 });
      expect([due.length, snapshot]).toEqual([2 * PAGE, null]);
    });
  });

  test('a small page of due records reads them, their profiles and their activation', async () => {
    const request = { destinationId: books.destinationId, lanes: [LANE, LANE + 1], limit: 10 };
    await expectFewRows(10 * 20, async (tx) => {
      const { due, snapshot } = await readDuePage(tx, { ...request, maxBytes: SMALL_PAGE_BYTES });
      expect([due.length, snapshot?.profiles.size]).toEqual([20, 20]);
    });
  });

  test('a halted destination has nothing due', async () => {
    const wanted = { destinationId: books.haltedDestinationId, lanes: [LANE], limit: PAGE };
    const request = { ...wanted, maxBytes: SMALL_PAGE_BYTES };
    await expectFewRows(100, async (tx) => expect(await readDuePage(tx, request)).toEqual({ due: [], snapshot: null }));
  });
});

test('a page of an export reads its checkpoint and its profiles', async () => {
  await expectFewRows(2 * PAGE, async (tx) => {
    const slice = await findExportSlice(tx, claim, books.runningExportId);
    expect(slice?.candidates).toHaveLength(PAGE);
    for (const lanes of [[LANE], [LANE, LANE + 1]]) {
      const profiles = page(PAGE / 2).flatMap((id) => lanes.map((lane) => ({ lane, id: id - LANE + lane })));
      const wanted = {
        destinationId: books.destinationId,
        activationIds: [books.activationId],
        exportIds: [books.runningExportId],
      };
      const snapshot = await readPageSnapshot(tx, { ...wanted, profiles });
      expect(snapshot?.profiles).toHaveProperty('size', profiles.length);
    }
  });
});

test('a commit reads the rows that it settles', async () => {
  const { activationId, runningExportId: exportId } = books;
  const rows = page(PAGE / 2).map((profileKey) => ({ lane: LANE, activationId, profileKey }));
  const failure: Omit<FailureRow, 'lane' | 'activationId' | 'profileKey'> = {
    code: 'RECORD_TOO_LARGE',
    message: 'Too large.',
    awsCode: null,
    awsRequestId: null,
    attempts: 1,
    sizeBytes: 1_100_000,
    limitBytes: 1_048_576,
    exports: { [exportId]: '0' },
  };
  const position = Number((await database.db.selectFrom('lane').select('position').executeTakeFirst())?.position);
  await expectFewRows(4 * PAGE, async (tx) => {
    await tx
      .updateTable('lane')
      .set({ worker_id: null, epoch: 1 })
      .where('destination_id', '=', claim.destinationId)
      .execute();
    const { id: workerId } = await tx
      .insertInto('worker')
      .values({ name: 'test', lease_expires_at: new Date() })
      .returning('id')
      .executeTakeFirstOrThrow();
    await tx
      .updateTable('lane')
      .set({ worker_id: workerId })
      .where('destination_id', '=', claim.destinationId)
      .execute();
    await fenceLane(tx, { ...claim, workerId, position }, 1);
    await findErasedProfiles(tx, LANE, page());
    await keepFailedRecords(
      tx,
      claim,
      rows.map((row) => ({ ...row, ...failure })),
    );
    await recoverFailedRecords(
      tx,
      rows.map((row) => ({ ...row, exportId, delivered: true })),
    );
    await lockPendingRows(tx, rows);
    await deferRecords(
      tx,
      claim,
      rows.map((row) => ({ ...row, exports: {}, attempts: 1, outcomeUnknown: false, retryAfterMs: 1_000 })),
    );
    await removeReasons(
      tx,
      rows.map((row) => ({ ...row, version: 0, exportIds: [String(exportId)] })),
    );
    const counters = { delivered: PAGE };
    const checkpoint = { page: 1, offset: 0, paceMs: 0 };
    await moveExports(tx, claim, [{ exportId, counters, deferred: 0, checkpoint, hold: null }]);
    await addStatistics(tx, claim, [{ lane: LANE, activationId, counters }]);
    await insertDeliveryEvents(tx, [
      {
        workspaceId: claim.workspaceId,
        destinationId: claim.destinationId,
        lane: LANE,
        position: position + 1,
        activationId,
        activationVersion: 1,
        destinationVersion: 1,
        origin: 'MANUAL',
        exportIds: [exportId],
        attempts: PAGE,
        deferrals: {},
        records: page().map((id) => delivered(id)),
      },
    ]);
  });
});

describe.each([3, 400])('a write of %i profiles', (count) => {
  test('reads them and what waits of them', async () => {
    const { workspaceId, destinationId, activationId } = books;
    const state = { attributes: {}, identities: {}, memberships: {} };
    const written = page(count).map((id) => ({ lane: LANE, id, profileId: `profile-${id}`, ...state }));
    const added = written.map((profile) => ({ ...profile, profileId: `new-${profile.id}` }));
    const memberships = written.map(({ id }) => ({
      lane: LANE,
      profileKey: id,
      status: 'EXITED',
      qualifiedAt: '2026-01-01T00:00:00Z',
      validUntil: null,
      expiresAt: null,
    }));
    await expectFewRows(4 * count, async (tx) => {
      expect(await findExistingProfileIds(tx, workspaceId, written)).toHaveProperty('size', count);
      expect(await lockProfiles(tx, workspaceId, written)).toHaveLength(count);
      expect((await lockAllProfiles(tx, workspaceId, written)).locked).toHaveLength(count);
      const mixed = await lockAllProfiles(tx, workspaceId, [...written, ...added]);
      expect(mixed).toEqual({ existing: new Set(written.map(({ profileId }) => profileId)), locked: [] });
      expect(await updateProfiles(tx, workspaceId, written)).toHaveLength(count);
      expect(await insertProfiles(tx, workspaceId, added)).toHaveLength(count);
      await upsertMemberships(
        tx,
        memberships.map((membership) => ({ ...membership, segmentId: books.segmentIds[0] ?? 0 })),
      );
      await insertMemberships(
        tx,
        memberships.map((membership) => ({
          ...membership,
          segmentId: books.segmentIds[0] ?? 0,
          lane: LANE,
          profileKey: membership.profileKey + 10_000_000,
        })),
      );
      await putTriggeredRecords(
        tx,
        written.map(({ id }) => ({
          lane: LANE,
          activationId,
          destinationId,
          profileKey: id,
          causes: ['ATTRIBUTE:name'],
        })),
      );
    });
  });
});

describe('a chunk of a listing reads no more than a chunk of each segment', () => {
  const CHUNK = 5_000;
  const listing: [string, (order: ListingOrder) => ListingOrder][] = [
    ['of all members', (order) => order],
    ['of a small segment', (order) => ({ ...order, segmentIds: books.segmentIds.slice(1, 2) })],
    ['of who changed since', (order) => ({ ...order, trigger: 'SCHEDULED', since: new Date(Date.now() - 60_000) })],
    ['of failed records', (order) => ({ ...order, trigger: 'RETRY' })],
    ['of named profiles', (order) => ({ ...order, profileIds: ['profile-5', 'profile-6'] })],
  ];

  test.each(listing)('%s', async (_name, change) => {
    const order = change({
      exportId: books.runningExportId,
      workspaceId: books.workspaceId,
      activationId: books.activationId,
      destinationId: books.destinationId,
      state: 'PREPARING',
      trigger: 'MANUAL',
      segmentIds: books.segmentIds,
      segmentKeys: ['s0', 's1', 's2'],
      profileIds: null,
      since: null,
      until: null,
      listedUntil: 0,
    });
    await expectFewRows(5 * CHUNK, (tx) => listMembers(tx, claim, order));
  });
});

test('memberships that end are found by their time', async () => {
  await expectFewRows(100, async (tx) =>
    expect(await listExpiredMemberships(tx, { now: new Date(), limit: 100 })).toEqual([]),
  );
});
