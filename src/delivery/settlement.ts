/**
 * What a page's results mean for the books: events, counters, failed records, deferrals and reasons settled. Pure, so
 * that the arithmetic of received = delivered + failed + skipped + pending is tested without a database.
 */

import type { NewDeliveryEvent, SettledRecord } from '../domain/delivery.js';
import type { DeliveryCode } from '../domain/delivery-code.js';
import { latencyBucket } from '../domain/latency-histogram.js';
import type { DeferralRow, FailureRow, RetriedRecord, SettledReason } from '../domain/settlement.js';
import { measureRecord, type RecordResult } from '../kinesis/record.js';
import type { LaneClaim } from '../storage/lanes.js';
import { addCount, type CounterMap } from './counters.js';
import type { Page, PageEntry } from './page.js';
import { originOf } from './origin.js';

/** An export's numbers of one page: added to its lane's counters. */
export interface ExportDelta {
  counters: CounterMap;
  /** How many more (or fewer) of its records wait in pending_record. */
  deferred: number;
}

/** Everything that a page's commit writes. */
export interface Settlement {
  events: NewDeliveryEvent[];
  exportDeltas: Map<number, ExportDelta>;
  failures: FailureRow[];
  deferrals: DeferralRow[];
  settledReasons: SettledReason[];
  retried: RetriedRecord[];
  /** The page was deferred whole and stays where it is for so long; null otherwise. */
  holdMs: number | null;
}

/** A page's entries with what became of those that were sent; null for skips. */
export type PageResults = (RecordResult | null)[];

/** Works out what a page's commit writes. `latencyMs` is from the start of the page to the acknowledgement. */
export function settlePage(page: Page, results: PageResults, context: { claim: LaneClaim; latencyMs: number }): Settlement {
  const settlement: Settlement = {
    events: [],
    exportDeltas: new Map(),
    failures: [],
    deferrals: [],
    settledReasons: [],
    retried: [],
    holdMs: null,
  };
  if (staysWhole(page, results)) return holdPage(page, results, settlement);
  const groups = new Map<string, NewEventDraft>();
  page.entries.forEach((entry, index) => {
    const fate = { entry, result: results[index] ?? null, latencyMs: context.latencyMs };
    const group = groupOf(groups, page, entry);
    settleEntry(settlement, { page, group, fate });
  });
  settlement.events = [...groups.values()].map((draft, index) => ({
    ...draft,
    workspaceId: context.claim.workspaceId,
    destinationId: context.claim.destinationId,
    lane: context.claim.lane,
    position: context.claim.position + index + 1,
    destinationVersion: page.target.version,
  }));
  return settlement;
}

type NewEventDraft = Pick<NewDeliveryEvent, 'activationId' | 'activationVersion' | 'origin' | 'exportIds'> & {
  attempts: number;
  deferrals: Partial<Record<DeliveryCode, number>>;
  records: SettledRecord[];
};

interface Fate {
  entry: PageEntry;
  result: RecordResult | null;
  latencyMs: number;
}

/** An export's page that was deferred whole, with no outcome unknown, is not rewritten row by row: it just waits. */
function staysWhole(page: Page, results: PageResults): boolean {
  if (!page.slice) return false;
  return results.every((result) => result?.status === 'deferred' && !result.outcomeUnknown);
}

function holdPage(page: Page, results: PageResults, settlement: Settlement): Settlement {
  const delays = results.map((result) => (result?.status === 'deferred' ? result.retryAfterMs : 0));
  const attempts = results.reduce((sum, result) => sum + (result?.attempts ?? 0), 0);
  const exportId = page.slice?.exportId ?? 0;
  settlement.exportDeltas.set(exportId, { counters: attempts > 0 ? { attempts } : {}, deferred: 0 });
  settlement.holdMs = Math.max(...delays);
  return settlement;
}

function groupOf(groups: Map<string, NewEventDraft>, page: Page, entry: PageEntry): NewEventDraft {
  const exportIds = Object.keys(entry.candidate.exports).map(Number);
  const origin = originOf(entry.candidate, page.exports);
  const name = `${entry.candidate.activationId}/${origin}/${exportIds.join(',')}`;
  const group = groups.get(name) ?? {
    activationId: entry.candidate.activationId,
    activationVersion: entry.activationVersion,
    origin,
    exportIds,
    attempts: 0,
    deferrals: {},
    records: [],
  };
  groups.set(name, group);
  return group;
}

function settleEntry(settlement: Settlement, context: { page: Page; group: NewEventDraft; fate: Fate }): void {
  const { page, group, fate } = context;
  const { candidate } = fate.entry;
  group.attempts += fate.result?.attempts ?? 0;
  if (fate.result?.status === 'deferred') return deferEntry(settlement, group, { fate, result: fate.result });
  const record = toSettledRecord(fate);
  group.records.push(record);
  for (const [exportId, segments] of Object.entries(candidate.exports)) {
    countSettled(deltaOf(settlement, exportId), { record, segments, attempts: fate.result?.attempts ?? 0 });
    if (candidate.pending) deltaOf(settlement, exportId).deferred -= 1;
    if (record.outcome !== 'FAILED' && page.exports.get(exportId)?.trigger === 'RETRY')
      settlement.retried.push({ ...identityOf(fate), exportId: Number(exportId), delivered: record.outcome === 'DELIVERED' });
  }
  if (fate.result?.status === 'failed') settlement.failures.push(toFailure(fate, fate.result));
  if (candidate.pending)
    settlement.settledReasons.push({
      ...identityOf(fate),
      version: candidate.pending.version,
      exportIds: Object.keys(candidate.exports),
    });
}

function deferEntry(
  settlement: Settlement,
  group: NewEventDraft,
  context: { fate: Fate; result: Extract<RecordResult, { status: 'deferred' }> },
): void {
  const { fate, result } = context;
  const { candidate } = fate.entry;
  // ABORTED was never sent: it goes again at once and is no fault to report.
  if (result.cause !== 'ABORTED') group.deferrals[result.cause] = (group.deferrals[result.cause] ?? 0) + 1;
  settlement.deferrals.push({
    ...identityOf(fate),
    exports: candidate.exports,
    attempts: (candidate.pending?.attempts ?? 0) + result.attempts,
    outcomeUnknown: result.outcomeUnknown || (candidate.pending?.outcomeUnknown ?? false),
    retryAfterMs: result.retryAfterMs,
  });
  for (const exportId of Object.keys(candidate.exports)) {
    const delta = deltaOf(settlement, exportId);
    if (!candidate.pending) delta.deferred += 1;
    addCount(delta.counters, 'attempts', result.attempts);
  }
}

function toSettledRecord(fate: Fate): SettledRecord {
  const { entry, result } = fate;
  const base = { profileKey: entry.candidate.profileKey, revision: entry.revision };
  if ('skip' in entry.verdict) return { ...base, outcome: 'SKIPPED', code: entry.verdict.skip };
  const attempts = (entry.candidate.pending?.attempts ?? 0) + (result?.attempts ?? 0);
  if (result?.status === 'failed')
    return { ...base, outcome: 'FAILED', code: result.code, attempts, sizeBytes: result.sizeBytes };
  if (result?.status !== 'delivered') throw new Error('A record that was sent has no result.');
  return {
    ...base,
    outcome: 'DELIVERED',
    shardId: result.shardId,
    sequenceNumber: result.sequenceNumber,
    attempts,
    sizeBytes: measureRecord(entry.verdict.record),
    latencyMs: fate.latencyMs,
    possibleDuplicate: result.possibleDuplicate || (entry.candidate.pending?.outcomeUnknown ?? false),
  };
}

const OUTCOME_COUNTERS = { DELIVERED: 'delivered', FAILED: 'failed', SKIPPED: 'skipped' } as const;

function countSettled(delta: ExportDelta, context: { record: SettledRecord; segments: string; attempts: number }): void {
  const { record } = context;
  const { counters } = delta;
  const outcome = OUTCOME_COUNTERS[record.outcome];
  addCount(counters, outcome, 1);
  addCount(counters, 'attempts', context.attempts);
  for (const number of context.segments === '' ? [] : context.segments.split(','))
    addCount(counters, `segment.${number}.${outcome}`, 1);
  if (record.outcome !== 'DELIVERED') return addCount(counters, `code.${record.code}`, 1);
  addCount(counters, 'bytes', record.sizeBytes);
  addCount(counters, `latency.${latencyBucket(record.latencyMs)}`, 1);
  if (record.possibleDuplicate) addCount(counters, 'possibleDuplicates', 1);
}

function toFailure(fate: Fate, result: Extract<RecordResult, { status: 'failed' }>): FailureRow {
  const { candidate } = fate.entry;
  return {
    ...identityOf(fate),
    code: result.code,
    message: result.message,
    awsCode: result.awsCode,
    awsRequestId: result.awsRequestId,
    attempts: (candidate.pending?.attempts ?? 0) + result.attempts,
    sizeBytes: result.sizeBytes,
    limitBytes: result.limitBytes,
    exports: candidate.exports,
  };
}

function deltaOf(settlement: Settlement, exportId: string): ExportDelta {
  const id = Number(exportId);
  const delta = settlement.exportDeltas.get(id) ?? { counters: {}, deferred: 0 };
  settlement.exportDeltas.set(id, delta);
  return delta;
}

function identityOf(fate: Fate): { activationId: number; profileKey: number } {
  return { activationId: fate.entry.candidate.activationId, profileKey: fate.entry.candidate.profileKey };
}
