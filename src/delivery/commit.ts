/**
 * Commits: every write for a lane is one transaction that begins with the fence. Results, checkpoint and events of a
 * page are on the books together or not at all, and only by the lane's owner.
 */

import type { Db } from '../storage/database.js';
import { insertDeliveryEvent } from '../storage/delivery-events.js';
import { listMembers, findListingOrder, LIST_CHUNK } from '../storage/export-audience.js';
import { cancelPart, finishListing, finishPartIfSettled } from '../storage/export-settlement.js';
import { fenceLane, type LaneClaim } from '../storage/lanes.js';
import {
  addExportCounts,
  deferRecords,
  holdExport,
  keepFailedRecords,
  moveCheckpoint,
  recoverFailedRecords,
  removeReasons,
} from '../storage/page-commit.js';
import type { Failpoint } from './failpoint.js';
import type { Page } from './page.js';
import type { Settlement } from './settlement.js';

/**
 * Puts a page on the books.
 * @returns the claim at its new position.
 * @throws {LaneLostError} if the lane has another owner; nothing was written.
 */
export async function commitPage(
  db: Db,
  claim: LaneClaim,
  work: { page: Page; settlement: Settlement; failpoint: Failpoint },
): Promise<LaneClaim> {
  const { page, settlement, failpoint } = work;
  await db.transaction().execute(async (tx) => {
    await fenceLane(tx, claim, settlement.events.length);
    await failpoint('commit.fenced');
    await keepFailedRecords(tx, claim, settlement.failures);
    await recoverFailedRecords(tx, claim, settlement.retried);
    await removeReasons(tx, claim, settlement.settledReasons);
    await deferRecords(tx, claim, settlement.deferrals);
    for (const event of settlement.events) await insertDeliveryEvent(tx, event);
    await commitExports(tx, claim, { page, settlement });
    await failpoint('commit.written');
  });
  return { ...claim, position: claim.position + settlement.events.length };
}

async function commitExports(
  tx: Db,
  claim: LaneClaim,
  work: { page: Page; settlement: Settlement },
): Promise<void> {
  const { settlement } = work;
  const { slice, entries } = work.page;
  const rows = [...settlement.exportDeltas].map(([exportId, delta]) => ({ exportId, ...delta }));
  await addExportCounts(tx, claim, rows);
  if (slice && settlement.holdMs !== null)
    await holdExport(tx, claim, { exportId: slice.exportId, holdMs: settlement.holdMs });
  if (slice && settlement.holdMs === null) {
    const offset = slice.offset + entries.length;
    await moveCheckpoint(tx, claim, { exportId: slice.exportId, page: slice.page, offset, pageSize: slice.pageSize });
  }
  for (const { exportId } of rows) await finishPartIfSettled(tx, claim, exportId);
}

/**
 * Lists one chunk of an export's members in the lane.
 * @returns how many profiles were listed.
 * @throws {LaneLostError}
 */
export async function commitListing(db: Db, claim: LaneClaim, exportId: number): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await fenceLane(tx, claim, 0);
    const order = await findListingOrder(tx, claim.lane, exportId);
    if (!order) return 0;
    const listed = await listMembers(tx, claim, order);
    if (listed < LIST_CHUNK) await finishListing(tx, claim, exportId);
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
