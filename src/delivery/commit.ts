/**
 * Commits: every write for a lane is one transaction that begins with the fence. Results, checkpoint and events of a
 * page are on the books together or not at all, and only by the lane's owner.
 */

import type { Db } from '../storage/database.js';
import { insertDeliveryEvent } from '../storage/delivery-events.js';
import { findListingOrder, listingChunk, listMembers } from '../storage/export-audience.js';
import { cancelPart, finishListing, finishSettledParts } from '../storage/export-settlement.js';
import { fenceLane, type LaneClaim } from '../storage/lanes.js';
import {
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
import { addStatistics } from '../storage/statistics.js';
import type { Failpoint } from './failpoint.js';
import { paceMsOf } from './pace.js';
import type { Page } from './page.js';
import { type Settlement, skipErased } from './settlement.js';
import { type CommittedEvent, countEvents, countHeld } from './statistics.js';

/**
 * Puts a page on the books. Records that failed while their profile was erased are put there as skipped.
 * @returns the claim at its new position, and what was put on the books.
 * @throws {LaneLostError} if the lane has another owner; nothing was written.
 */
export async function commitPage(
  db: Db,
  claim: LaneClaim,
  work: { page: Page; settlement: Settlement; failpoint: Failpoint },
): Promise<{ next: LaneClaim; settlement: Settlement }> {
  const { page, failpoint } = work;
  let { settlement } = work;
  await db.transaction().execute(async (tx) => {
    await fenceLane(tx, claim, settlement.events.length);
    await failpoint('commit.fenced');
    settlement = await settleErased(tx, claim, settlement);
    await keepFailedRecords(tx, claim, settlement.failures);
    const recovered = await recoverFailedRecords(tx, settlement.retried);
    // Of an export's page no row waits, but those that it defers: one statement adds them, in that order.
    if (page.slice === null) await lockPendingRows(tx, claim, [...settlement.settledReasons, ...settlement.deferrals]);
    await removeReasons(tx, claim, settlement.settledReasons);
    await deferRecords(tx, claim, settlement.deferrals);
    const committed: CommittedEvent[] = [];
    for (const event of settlement.events) committed.push({ event, ...(await insertDeliveryEvent(tx, event)) });
    const moved = await commitExports(tx, claim, { page, settlement, recovered });
    await addStatistics(tx, claim, [...countEvents(committed), ...countHeld(page, settlement, moved)]);
    await failpoint('commit.written');
  });
  return { next: { ...claim, position: claim.position + settlement.events.length }, settlement };
}

async function settleErased(tx: Db, claim: LaneClaim, settlement: Settlement): Promise<Settlement> {
  if (settlement.failures.length === 0) return settlement;
  const profileKeys = settlement.failures.map((failure) => failure.profileKey);
  return skipErased(settlement, await findErasedProfiles(tx, claim.lane, profileKeys));
}

async function commitExports(
  tx: Db,
  claim: LaneClaim,
  work: { page: Page; settlement: Settlement; recovered: ReadonlyMap<number, number> },
): Promise<MovedExport[]> {
  const { page, settlement, recovered } = work;
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
