/** One lane at work: step after step, one page at a time, until there is nothing to do or the lane is to be given back. */

import type { Logger } from 'pino';
import type { RecordResult } from '../kinesis/record.js';
import type { Db } from '../storage/database.js';
import { takeProbe, writeHealth } from '../storage/destination-health.js';
import { findLaneWork, type LaneWork } from '../storage/lane-work.js';
import { type LaneClaim, LaneLostError, releaseLane } from '../storage/lanes.js';
import { MAX_PAGE_RECORDS } from '../storage/page-source.js';
import { recordHealth } from '../storage/state-events.js';
import type { ByteBudget, ByteReservation } from './byte-budget.js';
import { commitCancel, commitListing, commitPage } from './commit.js';
import type { NoteCredentialUse } from './credential-use.js';
import type { Failpoint } from './failpoint.js';
import { type DeadCalls, findHealth } from './health.js';
import type { DeliveryMetrics } from './metrics.js';
import { paceMsOf } from './pace.js';
import { type Page, type PageSource, readPage } from './page.js';
import { type PageResults, type Settlement, settlePage } from './settlement.js';
import type { Sinks } from './sinks.js';
import { chooseStep, FIRST_TURN, nextTurn, type Step } from './step.js';

/** What lanes share. */
export interface LaneRunContext {
  db: Db;
  log: Logger;
  sinks: Sinks;
  budget: ByteBudget;
  metrics: DeliveryMetrics;
  failpoint: Failpoint;
  noteCredentialUse: NoteCredentialUse;
  /** How long a halted or degraded destination is left alone between two probes, in ms. */
  probeIntervalMs: number;
  deadCalls: DeadCalls;
  /** Tells subscribers of a destination's new events; after the commit. */
  announceEvents(destinationId: number): void;
  /** Tells workers that lanes of a destination may have work; after the commit. */
  announceWork(destinationId: number): void;
  /** Looks for the lane's work again after so many milliseconds. */
  wakeAfter(claim: LaneClaim, delayMs: number): void;
}

/** When a lane ends: `lost` aborts calls, `mayContinue` is asked between pages. */
export interface LaneRunLimits {
  lost: AbortSignal;
  mayContinue(): boolean;
  /**
   * Waits, without a place among the lanes at work, until there may be more to do; for a second at most.
   * @returns whether somebody said that there is.
   */
  rest(): Promise<boolean>;
  /** Told when a call has gone without an answer for {@link SLOW_CALL_MS}, and when it is over. */
  setWaiting(isWaiting: boolean): void;
}

/** After how long a call is waited for and no more work: AWS answers within a fraction of it, in ms. */
const SLOW_CALL_MS = 250;

/** How long what a lane has to do counts as known while it sends page after page, in ms. */
const LOOK_INTERVAL_MS = 200;

/**
 * How long a lane is kept after its last work, in ms: a change that comes meanwhile is spared giving it back and claiming
 * it anew, which are half of its statements.
 */
const KEEP_MS = 2_000;

/** How often a commit is tried again before its page is left to be sent again. */
const COMMIT_TRIES = 60;
const COMMIT_RETRY_MS = 500;

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
  let turn = FIRST_TURN;
  let progress = false;
  let look: Look | null = null;
  let workedAt = Number.NEGATIVE_INFINITY;
  while (!limits.lost.aborted && limits.mayContinue()) {
    const isOld: boolean = look !== null && performance.now() - look.at < LOOK_INTERVAL_MS;
    look = isOld && look ? look : { work: await findLaneWork(context.db, current), at: performance.now() };
    const step = chooseStep(look.work, turn);
    const outcome: StepOutcome = step && (await takeStep(context, current, { step, limits }));
    if (outcome === 'waits') return true;
    if (step && outcome) {
      progress = true;
      workedAt = performance.now();
      turn = nextTurn(turn, step);
      current = outcome.claim;
    }
    if (!outcome || outcome.changedWork) look = null;
    // What an old look does not show may be there by now.
    if (outcome || isOld) continue;
    if (step || performance.now() - workedAt > KEEP_MS) return progress;
    // Who rings has mostly written a change: taking it at once spares the look that would find it.
    if (await limits.rest()) look = { work: RUNG, at: performance.now() };
  }
  return true;
}

/** What a lane has to do that was rung, until it has looked. */
const RUNG: LaneWork = { parts: [], pendingDue: true, pendingCount: 1 };

/** What a lane had to do, and when that was looked up. */
interface Look {
  work: LaneWork;
  at: number;
}

/** The claim after a step, and whether the step changed what there is to do; `waits` and null as {@link takeStep} says. */
type StepOutcome = { claim: LaneClaim; changedWork: boolean } | 'waits' | null;

/** @returns the claim after the step; `waits` if the lane is to be left alone for a time; null if nothing could be done. */
async function takeStep(
  context: LaneRunContext,
  claim: LaneClaim,
  work: { step: Step; limits: LaneRunLimits },
): Promise<StepOutcome> {
  const { step, limits } = work;
  switch (step.kind) {
    case 'cancel':
      await commitCancel(context.db, claim, step.exportId);
      context.announceEvents(claim.destinationId);
      return { claim, changedWork: true };
    case 'list':
      context.metrics.accepted(await commitListing(context.db, claim, step.exportId));
      // The last lane to be listed lets all lanes send.
      context.announceWork(claim.destinationId);
      context.announceEvents(claim.destinationId);
      return { claim, changedWork: true };
    default:
      return await sendPage(context, claim, { source: step.source, limits });
  }
}

async function sendPage(
  context: LaneRunContext,
  claim: LaneClaim,
  work: { source: PageSource; limits: LaneRunLimits },
): Promise<StepOutcome> {
  let reservation: ByteReservation | undefined;
  try {
    const page = await readPage(context.db, claim, {
      source: work.source,
      reserve: async (bytes) => {
        reservation = await context.budget.reserve(claim.destinationId, bytes, work.limits.lost);
      },
    });
    if (!page || !(await maySend(context, page))) return null;
    await context.failpoint('page.read');
    const startedAt = performance.now();
    const results = await produce(context, page, work.limits);
    await context.failpoint('page.sent');
    const settlement = settlePage(page, results, { claim, latencyMs: performance.now() - startedAt });
    const committed = await commitUntilDone(context, claim, { page, settlement });
    await context.failpoint('page.committed');
    await report(context, claim, { page, results, settlement: committed.settlement });
    if (settlement.holdMs !== null) return settlement.holdMs > 0 ? 'waits' : null;
    const paceMs = paceMsOf(page);
    if (paceMs > 0) context.wakeAfter(claim, paceMs);
    return { claim: committed.next, changedWork: settlement.deferrals.length > 0 || paceMs > 0 || isLastDue(page) };
  } finally {
    reservation?.[Symbol.dispose]();
  }
}

/** Whether the page took all pending records that were due: a look is cheaper than a page that finds nothing. */
function isLastDue({ slice, entries }: Page): boolean {
  return slice === null && entries.length < MAX_PAGE_RECORDS;
}

/** A halted or degraded destination is tried by one lane at a time; a disabled one not at all. */
async function maySend(context: LaneRunContext, page: Page): Promise<boolean> {
  const nothingToSend = page.entries.every((entry) => 'skip' in entry.verdict);
  if (nothingToSend) return true;
  if (!page.target.enabled) return false;
  if (page.target.healthStatus !== 'HALTED' && page.target.healthStatus !== 'DEGRADED') return true;
  return await takeProbe(context.db, page.target.destinationId, context.probeIntervalMs);
}

/** Sends the page's records in one call; results stand at their entries' places, null for skips. */
async function produce(context: LaneRunContext, page: Page, limits: LaneRunLimits): Promise<PageResults> {
  const records = page.entries.flatMap((entry) => ('record' in entry.verdict ? [entry.verdict.record] : []));
  if (records.length === 0) return page.entries.map(() => null);
  const results = await watchCall(limits, context.sinks.producerFor(page.target).produce(records, limits.lost));
  if (results.length !== records.length)
    throw new Error(`The sink answered ${results.length} results for ${records.length} records.`);
  let next = 0;
  return page.entries.map((entry) => ('record' in entry.verdict ? (results[next++] ?? null) : null));
}

/** Says of a slow call that its lane only waits: a silent destination's calls, 10 s each, must not hold all lanes. */
async function watchCall<Answer>(limits: LaneRunLimits, call: Promise<Answer>): Promise<Answer> {
  const timer = setTimeout(() => limits.setWaiting(true), SLOW_CALL_MS);
  try {
    return await call;
  } finally {
    clearTimeout(timer);
    limits.setWaiting(false);
  }
}

/** Repeats a commit that failed for another cause than the fence, from memory: the page is never sent again for it. */
async function commitUntilDone(
  context: LaneRunContext,
  claim: LaneClaim,
  work: { page: Page; settlement: Settlement },
): ReturnType<typeof commitPage> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await commitPage(context.db, claim, { ...work, failpoint: context.failpoint });
    } catch (error) {
      if (error instanceof LaneLostError || tries >= COMMIT_TRIES) throw error;
      context.log.warn({ err: error, tries, destinationId: claim.destinationId }, 'a commit failed; it is tried again');
      await new Promise((resolve) => setTimeout(resolve, COMMIT_RETRY_MS));
    }
  }
}

async function report(
  context: LaneRunContext,
  claim: LaneClaim,
  outcome: { page: Page; results: PageResults; settlement: Settlement },
): Promise<void> {
  const { page } = outcome;
  const results = outcome.results.filter((result) => result !== null);
  countMetrics(context.metrics, outcome);
  const waits = results.flatMap((result) => (result.status === 'deferred' ? [result.retryAfterMs] : []));
  if (waits.length > 0) context.wakeAfter(claim, Math.min(...waits));
  await reportHealth(context, page, results);
  if (results.length > 0) await context.noteCredentialUse(page.target.credential.id);
  context.announceEvents(page.target.destinationId);
}

function countMetrics(metrics: DeliveryMetrics, outcome: { results: PageResults; settlement: Settlement }): void {
  for (const event of outcome.settlement.events)
    for (const record of event.records) {
      if (record.outcome === 'DELIVERED') metrics.delivered(1);
      else if (record.outcome === 'FAILED') metrics.failed(1);
      else metrics.skipped(1);
    }
  const results = outcome.results.filter((result) => result !== null);
  metrics.attempts(results.reduce((sum, result) => sum + result.attempts, 0));
  metrics.throttled(results.filter((result) => result.status === 'deferred' && result.cause === 'THROTTLED').length);
}

async function reportHealth(context: LaneRunContext, page: Page, results: readonly RecordResult[]): Promise<void> {
  const isSilent = context.deadCalls.note(page.target.destinationId, results);
  const finding = findHealth(page.target, results, { isSilent, probeAfterMs: context.probeIntervalMs });
  if (!finding) return;
  const changed = await context.db.transaction().execute(async (tx) => {
    const isNews = await writeHealth(tx, finding);
    if (isNews) await recordHealth(tx, finding.destinationId);
    return isNews;
  });
  // All lanes may send again, not only the one that probed.
  if (changed && finding.status === 'HEALTHY') context.announceWork(finding.destinationId);
}
