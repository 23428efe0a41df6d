/** One lane at work: step after step, one page at a time, until there is nothing to do or the lane is to be given back. */

import type { Logger } from 'pino';
import type { RecordResult } from '../kinesis/record.js';
import type { Db } from '../storage/database.js';
import { takeProbe, writeHealth } from '../storage/destination-health.js';
import { findLaneWork } from '../storage/lane-work.js';
import { type LaneClaim, LaneLostError, releaseLane } from '../storage/lanes.js';
import { recordHealth } from '../storage/state-events.js';
import type { ByteBudget, ByteReservation } from './byte-budget.js';
import { commitCancel, commitListing, commitPage } from './commit.js';
import type { Failpoint } from './failpoint.js';
import { findHealth, PROBE_INTERVAL_MS } from './health.js';
import type { DeliveryMetrics } from './metrics.js';
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
  /** Tells subscribers of a destination's new events; after the commit. */
  announceEvents(destinationId: number): void;
  /** Tells workers that lanes of a destination may have work; after the commit. */
  announceWork(destinationId: number): void;
  /** Looks for work again after so many milliseconds. */
  wakeAfter(delayMs: number): void;
}

/** When a lane ends: `lost` aborts calls, `mayContinue` is asked between pages. */
export interface LaneRunLimits {
  lost: AbortSignal;
  mayContinue(): boolean;
}

/** How often a commit is tried again before its page is left to be sent again. */
const COMMIT_TRIES = 60;
const COMMIT_RETRY_MS = 500;

/** Works a claimed lane, then gives it back. Never throws: whatever goes wrong ends the run and is logged. */
export async function runLane(context: LaneRunContext, claim: LaneClaim, limits: LaneRunLimits): Promise<void> {
  try {
    await context.failpoint('lane.claimed');
    await workLane(context, claim, limits);
    await releaseLane(context.db, claim);
  } catch (error) {
    const where = { destinationId: claim.destinationId, lane: claim.lane };
    if (error instanceof LaneLostError) context.metrics.fencedWrites(1);
    if (limits.lost.aborted || error instanceof LaneLostError) context.log.info(where, 'a lane was lost');
    else context.log.error({ err: error, ...where }, 'a lane stopped on an error; it is claimed again');
  }
}

async function workLane(context: LaneRunContext, claim: LaneClaim, limits: LaneRunLimits): Promise<void> {
  let current = claim;
  let turn = FIRST_TURN;
  while (!limits.lost.aborted && limits.mayContinue()) {
    const step = chooseStep(await findLaneWork(context.db, current), turn);
    const next = step && (await takeStep(context, current, { step, limits }));
    if (!step || !next) return;
    turn = nextTurn(turn, step);
    current = next;
  }
}

/** @returns the claim after the step; null if the step could do nothing now. */
async function takeStep(
  context: LaneRunContext,
  claim: LaneClaim,
  work: { step: Step; limits: LaneRunLimits },
): Promise<LaneClaim | null> {
  const { step, limits } = work;
  switch (step.kind) {
    case 'cancel':
      await commitCancel(context.db, claim, step.exportId);
      context.announceEvents(claim.destinationId);
      return claim;
    case 'list':
      context.metrics.accepted(await commitListing(context.db, claim, step.exportId));
      // The last lane to be listed lets all lanes send.
      context.announceWork(claim.destinationId);
      context.announceEvents(claim.destinationId);
      return claim;
    default:
      return await sendPage(context, claim, { source: step.source, limits });
  }
}

async function sendPage(
  context: LaneRunContext,
  claim: LaneClaim,
  work: { source: PageSource; limits: LaneRunLimits },
): Promise<LaneClaim | null> {
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
    const results = await produce(context, page, work.limits.lost);
    await context.failpoint('page.sent');
    const settlement = settlePage(page, results, { claim, latencyMs: performance.now() - startedAt });
    const next = await commitUntilDone(context, claim, { page, settlement });
    await context.failpoint('page.committed');
    await report(context, page, { results, settlement });
    return settlement.holdMs === null ? next : null;
  } finally {
    reservation?.[Symbol.dispose]();
  }
}

/** A halted destination is tried by one lane at a time; a disabled one not at all. */
async function maySend(context: LaneRunContext, page: Page): Promise<boolean> {
  const nothingToSend = page.entries.every((entry) => 'skip' in entry.verdict);
  if (nothingToSend) return true;
  if (!page.target.enabled) return false;
  if (page.target.healthStatus !== 'HALTED') return true;
  return await takeProbe(context.db, page.target.destinationId, PROBE_INTERVAL_MS);
}

/** Sends the page's records in one call; results stand at their entries' places, null for skips. */
async function produce(context: LaneRunContext, page: Page, signal: AbortSignal): Promise<PageResults> {
  const records = page.entries.flatMap((entry) => ('record' in entry.verdict ? [entry.verdict.record] : []));
  if (records.length === 0) return page.entries.map(() => null);
  const results = await context.sinks.producerFor(page.target).produce(records, signal);
  if (results.length !== records.length)
    throw new Error(`The sink answered ${results.length} results for ${records.length} records.`);
  let next = 0;
  return page.entries.map((entry) => ('record' in entry.verdict ? (results[next++] ?? null) : null));
}

/** Repeats a commit that failed for another cause than the fence, from memory: the page is never sent again for it. */
async function commitUntilDone(
  context: LaneRunContext,
  claim: LaneClaim,
  work: { page: Page; settlement: Settlement },
): Promise<LaneClaim> {
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
  page: Page,
  outcome: { results: PageResults; settlement: Settlement },
): Promise<void> {
  const results = outcome.results.filter((result) => result !== null);
  countMetrics(context.metrics, outcome);
  const waits = results.flatMap((result) => (result.status === 'deferred' ? [result.retryAfterMs] : []));
  if (waits.length > 0) context.wakeAfter(Math.min(...waits));
  await reportHealth(context, page, results);
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
  const finding = findHealth(page.target, results);
  if (!finding) return;
  await context.db.transaction().execute(async (tx) => {
    if (await writeHealth(tx, finding)) await recordHealth(tx, finding.destinationId);
  });
}
