/** What lists read for a page, which must not grow with the tables: as requests read them, behind row-level security. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/storage/database.js';
import { type DeliveryFilter, type DeliveryScope, deliveryList } from '../../src/storage/deliveries.js';
import { readEventsAfter, readOldestPositions } from '../../src/storage/event-tail.js';
import { readExportNumbers, readRecentDeliveries } from '../../src/storage/export-numbers.js';
import { exportList } from '../../src/storage/exports.js';
import { type FailedRecordListRequest, failedRecordList } from '../../src/storage/failed-records.js';
import { membershipList } from '../../src/storage/memberships.js';
import { type ListQuery, type Page, type PageRequest, pageByParents } from '../../src/storage/paging.js';
import { profileList } from '../../src/storage/profiles.js';
import { readStatistics } from '../../src/storage/statistics.js';
import { fillHistory, fillLargeBooks, type LargeBooks } from '../support/large-books.js';
import { type PlanSession, recordPlans } from '../support/plans.js';
import { useTestDatabase } from '../support/test-database.js';

const WORKSPACE = 1;
const FIRST: PageRequest = { limit: 20, fromEnd: false, after: null, before: null };
const LAST: PageRequest = { ...FIRST, fromEnd: true };

const database = useTestDatabase();
let books: LargeBooks;

beforeAll(async () => {
  books = await fillLargeBooks(database);
  await fillHistory(database, books);
}, 900_000);

const REQUEST: PlanSession = { mode: 'force_custom_plan', workspaceId: WORKSPACE };
const EVENT_TAIL: PlanSession = { mode: 'force_custom_plan' };

/** @param most rows that a statement of the work may read, and sort. */
async function expectFewRows(most: number, work: (tx: Db) => Promise<unknown>, session = REQUEST): Promise<void> {
  const plans = await recordPlans(database.connection, session, work);
  expect(plans.length).toBeGreaterThan(0);
  for (const plan of plans)
    expect.soft(Math.max(plan.rowsRead, plan.rowsSorted), `${plan.name}\n${plan.text}`).toBeLessThanOrEqual(most);
}

/** A page from the begin, the one after it, and one from the end. */
async function expectFewRowsAPage<Row>(
  most: number,
  parentId: number,
  toList: (page: PageRequest) => ListQuery<Row>,
): Promise<Page<Row>> {
  const read = async (tx: Db, page: PageRequest) =>
    (await pageByParents(tx, [parentId], { list: toList(page), page }))[0];
  const first = await read(database.inWorkspace(WORKSPACE), FIRST);
  const after = first?.items.at(-1)?.cursor ?? null;
  for (const page of [FIRST, LAST, { ...FIRST, after }]) await expectFewRows(most, (tx) => read(tx, page));
  if (!first) throw new Error('The parent has no page.');
  return first;
}

describe('deliveries', () => {
  const scopes: [DeliveryScope, () => number][] = [
    ['workspace', () => WORKSPACE],
    ['destination', () => books.destinationId],
    ['activation', () => books.activationId],
    ['export', () => books.largeExportId],
  ];
  /** One event in 10,000 has a failure. */
  const failed = () => Math.min(FIRST.limit, books.rows / 10_000);
  const filters: [string, () => DeliveryFilter, () => number][] = [
    ['all', () => ({}), () => 20],
    ['what failed', () => ({ outcomes: ['FAILED'] }), failed],
    ['what was skipped', () => ({ outcomes: ['SKIPPED'] }), () => 0],
    ['one code', () => ({ codes: ['RECORD_TOO_LARGE'] }), failed],
    ['another activation', () => ({ activationId: books.pausedActivationId }), () => 0],
    ['a time', () => ({ to: new Date(0) }), () => 0],
  ];
  const lists = scopes.flatMap(([scope, parent]) =>
    filters.map(([name, filter, found]) => [scope, name, parent, filter, found] as const),
  );

  test.each(lists)('of the %s: %s', async (scope, _name, parent, filter, found) => {
    const page = await expectFewRowsAPage(500, parent(), (bounds) =>
      deliveryList({ workspaceId: WORKSPACE, scope, filter: filter(), orderBy: 'COMMITTED_AT_DESC', bounds }),
    );

    expect(page.items).toHaveLength(found());
  });

  test('of an export among those of its destination: what the destination did meanwhile', async () => {
    const filter = { exportId: books.smallExportId };

    const page = await expectFewRowsAPage(2_000, books.destinationId, (bounds) =>
      deliveryList({ workspaceId: WORKSPACE, scope: 'destination', filter, orderBy: 'COMMITTED_AT_ASC', bounds }),
    );

    expect(page.items).toHaveLength(20);
  });
});

describe('failed records', () => {
  const scopes: [FailedRecordListRequest['scope'], () => number][] = [
    ['workspace', () => WORKSPACE],
    ['destination', () => books.destinationId],
    ['activation', () => books.activationId],
  ];

  test.each(scopes)('of the %s, all and the open ones', async (scope, parent) => {
    // A thousandth is open: few enough to be read and sorted, in place of what was decided on since.
    const open = books.rows / 1_000;
    const cases: [FailedRecordListRequest['filter'], number][] = [
      [{ states: null }, 500],
      [{ states: ['OPEN'] }, Math.max(500, open + FIRST.limit + 1)],
    ];
    for (const [filter, most] of cases) {
      const page = await expectFewRowsAPage(most, parent(), () =>
        failedRecordList({ workspaceId: WORKSPACE, scope, filter, orderBy: 'FAILED_AT_DESC' }),
      );

      expect(page.items).toHaveLength(20);
    }
  });
});

describe('profiles', () => {
  const filters: [string, () => { search?: string; segmentKey?: number | undefined }, () => number][] = [
    ['all', () => ({}), () => 20],
    // Of 50,000: 999, and 9,990 to 9,999.
    ['by the begin of their id', () => ({ search: 'profile-999' }), () => (books.rows < 99_900 ? 11 : 20)],
    ['of everybody', () => ({ segmentKey: books.segmentIds[0] }), () => 20],
    ['of a small segment', () => ({ segmentKey: books.segmentIds[1] }), () => 20],
    ['of no segment', () => ({ segmentKey: 0 }), () => 0],
  ];
  const lists = filters.flatMap(([name, filter, found]) =>
    (['PROFILE_ID_ASC', 'UPDATED_AT_DESC'] as const).map((orderBy) => [name, orderBy, filter, found] as const),
  );

  test.each(lists)('%s, %s', async (_name, orderBy, filter, found) => {
    const page = await expectFewRowsAPage(2_000, WORKSPACE, () =>
      profileList({ workspaceId: WORKSPACE, filter: { search: null, segmentKey: null, ...filter() }, orderBy }),
    );

    expect(page.items).toHaveLength(found());
  });
});

test('memberships of a segment', async () => {
  await expectFewRowsAPage(500, books.segmentIds[0] ?? 0, () =>
    membershipList({
      workspaceId: WORKSPACE,
      scope: 'segment',
      filter: { segmentId: null, statuses: null },
      orderBy: 'UPDATED_AT_DESC',
    }),
  );
});

test('exports of a workspace', async () => {
  await expectFewRowsAPage(500, WORKSPACE, () =>
    exportList({ workspaceId: WORKSPACE, scope: 'workspace', filter: {}, orderBy: 'CREATED_AT_DESC' }),
  );
});

test('statistics read the rows of their window', async () => {
  const windows = [
    { minutes: 1 as const, count: 60 },
    { minutes: 60 as const, count: 24 },
    { minutes: 1_440 as const, count: 30 },
  ];
  for (const window of windows)
    await expectFewRows(2 * 4 * (120 + 96 + 744), async (tx) => {
      const { buckets } = await readStatistics(tx, [books.destinationId], { scope: 'destination', ...window });
      expect(buckets.length).toBeGreaterThan(0);
    });
});

test('subscribers read what is behind their position', async () => {
  const newest = Math.floor(books.rows / 16) + 1;
  const positions = [...Array.from({ length: 16 }, () => newest - 10), 0];
  const { destinationId } = books;
  const read = async (tx: Db) => {
    const batch = await readEventsAfter(tx, { workspaceId: WORKSPACE, destinationId, positions, limit: 100 });
    expect(batch?.events.length).toBeGreaterThan(100);
    expect(await readOldestPositions(tx, destinationId)).toHaveLength(17);
  };
  await expectFewRows(1_000, read, EVENT_TAIL);
});

test('the numbers of an export come from its lanes and what is left of its pages', async () => {
  const pages = books.rows / 500;
  await expectFewRows(500 + 2 * pages, async (tx) => {
    const [small, running] = await readExportNumbers(tx, [books.smallExportId, books.runningExportId]);
    expect([small?.pending, running?.pending]).toEqual([0, books.rows]);
    await readRecentDeliveries(tx, [books.runningExportId]);
  });
});
