/**
 * Commits: every write for a lane is one transaction that begins with the fence. Results, checkpoint and events of a
 * page are on the books together or not at all, and only by the lane's owner.
 */

import type { Db } from '../storage/database.js';
import { insertDeliveryEvents } from '../storage/delivery-events.js';
import { findListingOrder, listingChunk, listMembers } from '../storage/export-audience.js';
import { cancelPart, finishListing, finishSettledParts } from '../storage/export-settlement.js';
import { fenceLane, fenceLanes, type LaneClaim } from '../storage/lanes.js';
import {
  type DestinationOfPages,
  deferRecords,
  type ExportStep,
  findErasedProfiles,
  keepFailedRecords,
  lockPendingRows,
  type MovedExport,
  moveExports,
  recoverFailedRecords,
  removeReasons,
} from '../storage/page-commit.js';
import type { ExportSlice } from '../storage/page-source.js';
import { type AddedCounts, addStatistics } from '../storage/statistics.js';
import type { Failpoint } from './failpoint.js';
import { paceMsOf } from './pace.js';
import type { Page } from './page.js';
import { type Settlement, skipErased } from './settlement.js';
import { countEvents, countHeld } from './statistics.js';

/** A page whose results are to be put on the books. */
export interface PageWork {
  claim: LaneClaim;
  page: Page;
  settlement: Settlement;
}

/** A page on the books: the claim at its new position, and what was put there. */
export interface CommittedPage {
  next: LaneClaim;
  settlement: Settlement;
}

/**
 * Puts pages of different lanes of one destination on the books, all or none. Records that failed while their profile was
 * erased are put there as skipped.
 * @param works one, or several that settle nothing of exports: whose order of locks is that of one lane.
 * @throws {LaneLostError} if one of the lanes has another owner; nothing was written.
 */
export async function commitPages(db: Db, works: readonly PageWork[], failpoint: Failpoint): Promise<CommittedPage[]> {
  const [first] = works;
  if (!first) return [];
  const settled = await db.transaction().execute(async (tx) => {
    // What is written travels with the fence, and stays only if that holds.
    const [, pages] = await Promise.all([passFence(tx, works, failpoint), writePages(tx, first.claim, works)]);
    await failpoint('commit.written');
    return pages;
  });
  return settled.map(({ claim, settlement }) => ({
    next: { ...claim, position: claim.position + settlement.events.length },
    settlement,
  }));
}

async function passFence(tx: Db, works: readonly PageWork[], failpoint: Failpoint): Promise<void> {
  const moves = works.map(({ claim, settlement }) => ({ claim, steps: settlement.events.length }));
  await fenceLanes(tx, moves);
  await failpoint('commit.fenced');
}

/** @returns the pages as they are put on the books. */
async function writePages(
  tx: Db,
  destination: DestinationOfPages,
  works: readonly PageWork[],
): Promise<readonly PageWork[]> {
  const pages: PageWork[] = [];
  for (const work of works) pages.push({ ...work, settlement: await settleErased(tx, work) });
  const events = pages.flatMap(({ settlement }) => settlement.events);
  // Events and their counts meet nothing of the others: the first of those travels with them.
  const [held] = await Promise.all([
    settleRecords(tx, destination, pages),
    insertDeliveryEvents(tx, events),
    addStatistics(tx, destination, countEvents(events)),
  ]);
  await addStatistics(tx, destination, held);
  return pages;
}

/** Writes what becomes of records and exports. @returns what that adds to statistics, beside the events. */
async function settleRecords(
  tx: Db,
  destination: DestinationOfPages,
  pages: readonly PageWork[],
): Promise<AddedCounts[]> {
  const all = <Row>(read: (settlement: Settlement) => readonly Row[]) =>
    pages.flatMap(({ settlement }) => read(settlement));
  const reasons = all((settlement) => settlement.settledReasons);
  const deferrals = all((settlement) => settlement.deferrals);
  const failures = all((settlement) => settlement.failures);
  await keepFailedRecords(tx, destination, failures);
  const recovered = new Map<PageWork, Recovered>();
  for (const work of pages) recovered.set(work, await recoverFailedRecords(tx, work.settlement.retried));
  // One statement locks its rows in their order, two do not together: of an export's page no row waits but those deferred.
  if (reasons.length > 0 && deferrals.length > 0) await lockPendingRows(tx, [...reasons, ...deferrals]);
  await removeReasons(tx, reasons);
  await deferRecords(tx, destination, deferrals);
  const held: AddedCounts[] = [];
  for (const work of pages) {
    const moved = await commitExports(tx, work, recovered.get(work) ?? new Map());
    held.push(...countHeld(work.page, work.settlement, moved));
  }
  return held;
}

/** How many records of each export, by its id, were recovered by its retry. */
type Recovered = ReadonlyMap<number, number>;

async function settleErased(tx: Db, { claim, settlement }: PageWork): Promise<Settlement> {
  if (settlement.failures.length === 0) return settlement;
  const profileKeys = settlement.failures.map((failure) => failure.profileKey);
  return skipErased(settlement, await findErasedProfiles(tx, claim.lane, profileKeys));
}

async function commitExports(
  tx: Db,
  { claim, page, settlement }: PageWork,
  recovered: Recovered,
): Promise<MovedExport[]> {
  const deltas = new Map(settlement.exportDeltas);
  for (const [exportId, records] of recovered) {
    const { counters, deferred } = deltas.get(exportId) ?? { counters: {}, deferred: 0 };
    deltas.set(exportId, { counters: { ...counters, recovered: records }, deferred });
  }
  const steps = [...deltas].map(([exportId, delta]) => ({ exportId, ...delta, ...moveOf(exportId, page, settlement) }));
  const moved = await moveExports(tx, claim, steps);
  const settled = moved.filter((run) => run.isSettled).map((run) => run.exportId);
  if (settled.length > 0) await finishSettledParts(tx, claim, settled);
  return moved;
}

/** Only the export whose page it is moves on, or is held. */
function moveOf(exportId: number, page: Page, { holdMs }: Settlement): Pick<ExportStep, 'checkpoint' | 'hold'> {
  const { slice } = page;
  if (!slice || exportId !== slice.exportId) return { checkpoint: null, hold: null };
  if (holdMs === null) return { checkpoint: { ...nextRecord(slice, page), paceMs: paceMsOf(page) }, hold: null };
  return { checkpoint: null, hold: { delayMs: holdMs, notBefore: slice.notBefore } };
}

/** Where an export's page stands after its part was settled. */
function nextRecord(slice: ExportSlice, { entries }: Page): { page: number; offset: number } {
  const offset = slice.offset + entries.length;
  return offset < slice.pageSize ? { page: slice.page, offset } : { page: slice.page + 1, offset: 0 };
}

/**
 * Lists one chunk of an export's members in the lane.
 * @returns how many profiles were looked at.
 * @throws {LaneLostError}
 */
export async function commitListing(db: Db, claim: LaneClaim, exportId: number): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await fenceLane(tx, claim, 0);
    const order = await findListingOrder(tx, claim.lane, exportId);
    if (!order) return 0;
    const listed = await listMembers(tx, claim, order);
    if (listed < listingChunk(order)) await finishListing(tx, claim, exportId);
    return listed;
  });
}

/** Settles a canceled export in the lane. @throws {LaneLostError} */
export async function commitCancel(db: Db, claim: LaneClaim, exportId: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await fenceLane(tx, claim, 0);
    await cancelPart(tx, claim, exportId);
  });
}
