/** One lane at work: step after step, one page at a time, until there is nothing to do or the lane is to be given back. */

import { findLaneWork } from '../storage/lane-work.js';
import { type LaneClaim, LaneLostError, releaseLane } from '../storage/lanes.js';
import { Agenda, type Ring } from './agenda.js';
import { commitCancel, commitListing } from './commit.js';
import type { Convoys } from './convoys.js';
import type { LanePlaces } from './lane-places.js';
import { type PageOutcome, type SendContext, type SendRequest, sendPages } from './send.js';
import type { Step } from './step.js';

/** What lanes share. */
export interface LaneRunContext extends SendContext {
  convoys: Convoys;
  places: LanePlaces;
}

/** When a lane ends: `lost` aborts calls, `mayContinue` is asked between pages. */
export interface LaneRunLimits {
  lost: AbortSignal;
  mayContinue(): boolean;
  /**
   * Waits until there may be more to do; for a second at most.
   * @returns who said that there is; null if nobody did.
   */
  rest(): Promise<Ring | null>;
}

/**
 * How long a lane is kept after its last work, in ms: a change that comes meanwhile is spared giving it back and claiming
 * it anew, which are half of its statements.
 */
const KEEP_MS = 2_000;

/**
 * Works a claimed lane, then gives it back. Never throws: whatever goes wrong ends the run and is logged.
 * @returns false if nothing came of it, so that trying again at once would be a hot loop.
 */
export async function runLane(context: LaneRunContext, claim: LaneClaim, limits: LaneRunLimits): Promise<boolean> {
  try {
    await context.failpoint('lane.claimed');
    const progress = await workLane(context, claim, limits);
    await releaseLane(context.db, claim);
    return progress;
  } catch (error) {
    const where = { destinationId: claim.destinationId, lane: claim.lane };
    if (error instanceof LaneLostError) context.metrics.fencedWrites(1);
    if (limits.lost.aborted || error instanceof LaneLostError) context.log.info(where, 'a lane was lost');
    else context.log.error({ err: error, ...where }, 'a lane stopped on an error; it is claimed again');
    return false;
  }
}

async function workLane(context: LaneRunContext, claim: LaneClaim, limits: LaneRunLimits): Promise<boolean> {
  let current = claim;
  let progress = false;
  let workedAt = Number.NEGATIVE_INFINITY;
  const agenda = new Agenda(() => findLaneWork(context.db, current));
  while (!limits.lost.aborted && limits.mayContinue()) {
    const step = await agenda.nextStep();
    if (step === null) {
      if (performance.now() - workedAt > KEEP_MS) return progress;
      agenda.rested(await limits.rest());
      continue;
    }
    const outcome = await takeStep(context, current, { step, limits });
    if (outcome === 'waits') return true;
    if (outcome === null && !agenda.isTold) return progress;
    if (outcome === null) {
      agenda.forget();
      continue;
    }
    progress = true;
    workedAt = performance.now();
    current = outcome.claim;
    agenda.taken(step, outcome);
  }
  return true;
}

async function takeStep(
  context: LaneRunContext,
  claim: LaneClaim,
  { step, limits }: { step: Step; limits: LaneRunLimits },
): Promise<PageOutcome> {
  switch (step.kind) {
    case 'cancel':
      await context.places.run(() => commitCancel(context.db, claim, step.exportId));
      context.announceEvents(claim.destinationId);
      return { claim, changedWork: true, tookAllRecords: false };
    case 'list':
      context.metrics.accepted(await context.places.run(() => commitListing(context.db, claim, step.exportId)));
      // The last lane to be listed lets all lanes send.
      context.announceWork(claim.destinationId);
      context.announceEvents(claim.destinationId);
      return { claim, changedWork: true, tookAllRecords: false };
    default:
      return await sendPage(context, claim, { source: step.source, lost: limits.lost });
  }
}

async function sendPage(
  context: LaneRunContext,
  claim: LaneClaim,
  { source, lost }: Pick<SendRequest, 'source' | 'lost'>,
): Promise<PageOutcome> {
  if (source.kind === 'pending') return await context.convoys.ride(claim);
  const [outcome] = await context.places.run((watchCall) => sendPages(context, [claim], { source, lost, watchCall }));
  if (outcome?.status === 'rejected') throw outcome.reason;
  return outcome?.value ?? null;
}
