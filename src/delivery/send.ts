/** Pages on their way: read, sent in one call, settled, and put on the books in one commit. */

import type { Logger } from 'pino';
import type { KinesisRecord, RecordResult } from '../kinesis/record.js';
import type { Db } from '../storage/database.js';
import { type LaneClaim, LaneLostError } from '../storage/lanes.js';
import type { ByteBudget, ByteReservation } from './byte-budget.js';
import type { CallHistory } from './call-history.js';
import { type CommittedPage, commitPages, type PageWork } from './commit.js';
import type { NoteCredentialUse } from './credential-use.js';
import type { Failpoint } from './failpoint.js';
import { cutToRate, passGate } from './gate.js';
import type { WatchCall } from './lane-places.js';
import type { DeliveryMetrics } from './metrics.js';
import { paceMsOf } from './pace.js';
import { type Page, type PageSource, pendingLimit, readExportPage, readPendingPages, recordLimitOf } from './page.js';
import { followRecordLimit } from './record-limit.js';
import { report, TURN_SPREAD_MS } from './report.js';
import { spendRetries } from './retry-budget.js';
import { type PageResults, settlePage } from './settlement.js';
import type { Sinks } from './sinks.js';

/** What senders of pages share. */
export interface SendContext {
  db: Db;
  log: Logger;
  sinks: Sinks;
  budget: ByteBudget;
  metrics: DeliveryMetrics;
  failpoint: Failpoint;
  noteCredentialUse: NoteCredentialUse;
  /** How long a halted or degraded destination is left alone between two probes, in ms. */
  probeIntervalMs: number;
  history: CallHistory;
  /** Tells subscribers of a destination's new events; after the commit. */
  announceEvents(destinationId: number): void;
  /** Tells workers that lanes of a destination may have work; after the commit. */
  announceWork(destinationId: number): void;
  /** Looks for the lane's work again after so many milliseconds. */
  wakeAfter(claim: LaneClaim, delayMs: number): void;
}

/**
 * What came of a lane's page: the claim after it, and what that says of the work that is left; `waits` if the lane is to
 * be left alone for a time; null if there was nothing to send, or it may not be sent now.
 */
export type PageOutcome = { claim: LaneClaim; changedWork: boolean; tookAllRecords: boolean } | 'waits' | null;

/** What to send, and how. */
export interface SendRequest {
  source: PageSource;
  /** Ends the call: the lanes are not this worker's any more. */
  lost: AbortSignal;
  /** Told of the call to AWS. */
  watchCall: WatchCall;
}

/** How often a commit is tried again before its page is left to be sent again. */
const COMMIT_TRIES = 60;
const COMMIT_RETRY_MS = 500;

/**
 * Sends the next page of lanes of one destination: of an export for one lane, of pending records for any number.
 * @returns what came of each lane, in their order; one is rejected if its commit was refused.
 * @throws whatever went wrong before the commit: of all lanes.
 */
export async function sendPages(
  context: SendContext,
  claims: readonly LaneClaim[],
  request: SendRequest,
): Promise<PromiseSettledResult<PageOutcome>[]> {
  let reservation: ByteReservation | undefined;
  try {
    const read = await readPages(context, claims, {
      source: request.source,
      reserve: async (bytes) => {
        reservation?.[Symbol.dispose]();
        reservation = undefined;
        reservation = await context.budget.reserve(destinationOf(claims), bytes, request.lost);
      },
    });
    const pages = cutToRate(read, Math.random());
    const passage = await passGate(context.db, pages, { probeAfterMs: context.probeIntervalMs });
    if (typeof passage === 'object') return claims.map((claim) => waitForTurn(context, claim, passage.waitsMs));
    const byLane = new Map(passage === 'open' ? await deliver(context, { claims, pages, request }) : []);
    return claims.map(({ lane }) => byLane.get(lane) ?? { status: 'fulfilled', value: null });
  } finally {
    reservation?.[Symbol.dispose]();
  }
}

function waitForTurn(context: SendContext, claim: LaneClaim, waitsMs: number): PromiseFulfilledResult<PageOutcome> {
  context.wakeAfter(claim, waitsMs + Math.random() * TURN_SPREAD_MS);
  return { status: 'fulfilled', value: 'waits' };
}

async function readPages(
  context: SendContext,
  claims: readonly LaneClaim[],
  { source, reserve }: { source: PageSource; reserve: (bytes: number) => Promise<void> },
): Promise<Page[]> {
  const [first] = claims;
  if (source.kind === 'pending' || !first) {
    const lanes = claims.map((claim) => claim.lane);
    return await readPendingPages(context.db, destinationOf(claims), { lanes, reserve });
  }
  const page = await readExportPage(context.db, first, { exportId: source.exportId, reserve });
  return page ? [page] : [];
}

function destinationOf(claims: readonly LaneClaim[]): number {
  const [first] = claims;
  if (!first) throw new Error('No lane was given to send pages of.');
  return first.destinationId;
}

/** A page with its results. */
export interface SentPage extends PageWork {
  results: PageResults;
}

interface FoundPages {
  claims: readonly LaneClaim[];
  pages: readonly Page[];
  request: SendRequest;
}

/** @returns outcomes by lane. */
async function deliver(context: SendContext, work: FoundPages): Promise<[number, PromiseSettledResult<PageOutcome>][]> {
  await context.failpoint('page.read');
  const results = await produce(context, work.pages, work.request);
  await context.failpoint('page.sent');
  const sentAtMs = performance.now();
  const claims = new Map(work.claims.map((claim) => [claim.lane, claim]));
  const isAlone = isSentAlone(work.pages, results);
  const sent = work.pages.flatMap((page, index): SentPage[] => {
    const claim = claims.get(page.lane);
    const ofPage = spendRetries(page.entries, { results: results[index] ?? [], isAlone });
    const latencyMs = sentAtMs - page.foundAtMs;
    return claim ? [{ claim, page, results: ofPage, settlement: settlePage(page, ofPage, { claim, latencyMs }) }] : [];
  });
  const commits = await commitAll(context, sent);
  await context.failpoint('page.committed');
  await report(context, sent, commits);
  const limit = pendingLimit(work.claims.length);
  return sent.map((page, index) => {
    const commit = commits[index];
    if (commit?.status !== 'fulfilled') return [page.claim.lane, { status: 'rejected', reason: commit?.reason }];
    return [page.claim.lane, { status: 'fulfilled', value: outcomeOf(page, commit.value, limit) }];
  });
}

/** Whether a destination that takes records was sent a single one. */
function isSentAlone([page]: readonly Page[], results: readonly PageResults[]): boolean {
  const takesOthers = page?.target.healthStatus === 'HEALTHY' || page?.target.healthStatus === 'THROTTLED';
  return takesOthers && results.flat().filter((result) => result !== null).length === 1;
}

/** Sends the records of all pages in one call; a page's results stand at its entries' places, null for skips. */
async function produce(
  context: SendContext,
  pages: readonly Page[],
  { lost, watchCall }: SendRequest,
): Promise<PageResults[]> {
  const records = pages.flatMap((page) =>
    page.entries.flatMap((entry) => ('record' in entry.verdict ? [entry.verdict.record] : [])),
  );
  const target = pages[0]?.target;
  if (records.length === 0 || !target) return pages.map((page) => page.entries.map(() => null));
  const results = await watchCall(callSink(context, { target, slice: pages[0]?.slice ?? null, lost }, records));
  if (results.length !== records.length)
    throw new Error(`The sink answered ${results.length} results for ${records.length} records.`);
  let next = 0;
  return pages.map((page) =>
    page.entries.map((entry) => ('record' in entry.verdict ? (results[next++] ?? null) : null)),
  );
}

/** An export may wait for room in a shard; what others wait behind may not. */
const EXPORT_PATIENCE_MS = 2_000;
const PENDING_PATIENCE_MS = 100;

async function callSink(
  { sinks }: SendContext,
  { target, slice, lost }: Pick<Page, 'target' | 'slice'> & { lost: AbortSignal },
  records: readonly KinesisRecord[],
): Promise<readonly RecordResult[]> {
  const sink = sinks.sinkFor(target);
  const patienceMs = slice ? EXPORT_PATIENCE_MS : PENDING_PATIENCE_MS;
  const sentAtMs = performance.now();
  const results = await sink.produce(records, lost, { maxRecordBytes: recordLimitOf(target), patienceMs });
  return await followRecordLimit({ target, sink, sentAtMs }, results);
}

/** Commits pages together, but those that settle records of exports each alone: they lock exports, each in its order. */
async function commitAll(
  context: SendContext,
  pages: readonly PageWork[],
): Promise<PromiseSettledResult<CommittedPage>[]> {
  const together = pages.filter(({ settlement }) => settlement.exportDeltas.size === 0);
  const groups = [together, ...pages.filter((page) => !together.includes(page)).map((page) => [page])];
  const commits = new Map<PageWork, PromiseSettledResult<CommittedPage>>();
  for (const group of groups) {
    const settled = await commitGroup(context, group);
    group.forEach((page, index) => {
      const commit = settled[index];
      if (commit) commits.set(page, commit);
    });
  }
  return pages.flatMap((page) => commits.get(page) ?? []);
}

/** A lane that was lost does not take the others with it: then each is committed alone. */
async function commitGroup(
  context: SendContext,
  group: readonly PageWork[],
): Promise<PromiseSettledResult<CommittedPage>[]> {
  try {
    const committed = await commitUntilDone(context, group);
    return committed.map((value) => ({ status: 'fulfilled', value }));
  } catch (error) {
    if (group.length === 1) return [{ status: 'rejected', reason: error }];
    if (!(error instanceof LaneLostError)) throw error;
    return (await Promise.all(group.map((page) => commitGroup(context, [page])))).flat();
  }
}

/** Repeats a commit that failed for another cause than the fence, from memory: the pages are never sent again for it. */
async function commitUntilDone(context: SendContext, group: readonly PageWork[]): Promise<CommittedPage[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await commitPages(context.db, group, context.failpoint);
    } catch (error) {
      if (error instanceof LaneLostError || tries >= COMMIT_TRIES) throw error;
      const destinationId = group[0]?.claim.destinationId;
      context.log.warn({ err: error, tries, destinationId }, 'a commit failed; it is tried again');
      await new Promise((resolve) => setTimeout(resolve, COMMIT_RETRY_MS));
    }
  }
}

/** What a page that is on the books says of its lane's work. @param limit most pending records that it took. */
function outcomeOf({ page, settlement }: SentPage, { next }: CommittedPage, limit: number): PageOutcome {
  if (settlement.holdMs !== null) return settlement.holdMs > 0 ? 'waits' : null;
  const isRated = page.target.maxRecordsPerSecond !== null;
  return {
    claim: next,
    changedWork: settlement.deferrals.length > 0 || paceMsOf(page) > 0 || isRated,
    tookAllRecords: page.slice === null && page.entries.length < limit && !isRated,
  };
}
