/**
 * What a page's results mean for the books: events, counters, failed records, deferrals and reasons settled. Pure, so
 * that the arithmetic of received = delivered + failed + skipped + pending is tested without a database.
 */

import { addCount, addRecordDetails, type CounterMap, OUTCOME_COUNTERS } from '../domain/counters.js';
import type { NewDeliveryEvent, SettledRecord } from '../domain/delivery.js';
import { toCauseKey } from '../domain/delivery-cause.js';
import type { DeliveryCode } from '../domain/delivery-code.js';
import type { DeferralRow, FailureRow, RetriedRecord, SettledReason } from '../domain/settlement.js';
import { type DeferredRecord, isHalting, measureRecord, type RecordResult } from '../kinesis/record.js';
import type { LaneClaim } from '../storage/lanes.js';
import type { Candidate } from '../storage/page-source.js';
import type { Page, PageEntry } from './page.js';

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

/**
 * Works out what a page's commit writes.
 * @param context `latencyMs` is from the start of the page to the acknowledgement; a change's own begins before it.
 */
export function settlePage(
  page: Page,
  results: PageResults,
  context: { claim: LaneClaim; latencyMs: number },
): Settlement {
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
  const places = new Map<Candidate['exports'], Place>();
  page.entries.forEach((entry, index) => {
    const waitedMs = entry.causes.length > 0 ? (entry.candidate.pending?.waitedMs ?? 0) : 0;
    const fate = {
      lane: context.claim.lane,
      entry,
      result: results[index] ?? null,
      latencyMs: waitedMs + context.latencyMs,
    };
    const { exports } = entry.candidate;
    // Records of an export's page share the object that says who asks for them: their place is found once.
    const place = places.get(exports) ?? openPlace(groups, page, entry);
    places.set(exports, place);
    settleEntry(settlement, { page, group: place.group, tally: place.tally, isRetry: place.isRetry, fate });
  });
  for (const [exports, { tally }] of places) addTally(settlement, exports, tally);
  // A group whose records were only put back unsent tells nobody anything.
  const told = [...groups.values()].filter(
    (draft) => draft.records.length > 0 || Object.keys(draft.deferrals).length > 0,
  );
  settlement.events = told.map((draft, index) => ({
    ...draft,
    workspaceId: context.claim.workspaceId,
    destinationId: context.claim.destinationId,
    lane: context.claim.lane,
    position: context.claim.position + index + 1,
    destinationVersion: page.target.version,
  }));
  return settlement;
}

/** Turns the failures of profiles (profile.id) that were erased meanwhile into skips. */
export function skipErased(settlement: Settlement, erased: ReadonlySet<number>): Settlement {
  const lost = settlement.failures.filter((failure) => erased.has(failure.profileKey));
  if (lost.length === 0) return settlement;
  const exportDeltas = structuredClone(settlement.exportDeltas);
  for (const failure of lost) skipLost(exportDeltas, failure);
  return {
    ...settlement,
    exportDeltas,
    failures: settlement.failures.filter((failure) => !erased.has(failure.profileKey)),
    events: settlement.events.map((event) => ({
      ...event,
      records: event.records.map((record) =>
        record.outcome === 'FAILED' && erased.has(record.profileKey) ? toSkip(record, 'PROFILE_DELETED') : record,
      ),
    })),
  };
}

type NewEventDraft = Pick<NewDeliveryEvent, 'activationId' | 'activationVersion' | 'origin' | 'exportIds'> & {
  attempts: number;
  deferrals: Partial<Record<DeliveryCode, number>>;
  records: SettledRecord[];
};

interface Fate {
  lane: number;
  entry: PageEntry;
  result: RecordResult | null;
  latencyMs: number;
}

/** A page that waits whole counts no attempts of its records, and unknown errors have a budget of them. */
const LEAVES_PAGE: readonly string[] = ['UNKNOWN_ERROR', 'REQUEST_REFUSED'];

/** An export's page that was deferred whole, with no outcome unknown, is not rewritten row by row: it just waits. */
function staysWhole(page: Page, results: PageResults): boolean {
  if (!page.slice) return false;
  return results.every(
    (result) => result?.status === 'deferred' && !result.outcomeUnknown && !LEAVES_PAGE.includes(result.cause),
  );
}

function holdPage(page: Page, results: PageResults, settlement: Settlement): Settlement {
  const delays = results.map((result) => (result?.status === 'deferred' ? waitMs(result) : 0));
  const attempts = results.reduce((sum, result) => sum + (result?.attempts ?? 0), 0);
  const exportId = page.slice?.exportId ?? 0;
  settlement.exportDeltas.set(exportId, { counters: attempts > 0 ? { attempts } : {}, deferred: 0 });
  settlement.holdMs = Math.max(...delays);
  return settlement;
}

/** Where the records go that the same exports ask for in the same segments. */
interface Place {
  group: NewEventDraft;
  tally: Tally;
  isRetry: boolean;
}

function openPlace(groups: Map<string, NewEventDraft>, page: Page, entry: PageEntry): Place {
  const exportIds = Object.keys(entry.candidate.exports);
  return {
    group: groupOf(groups, entry),
    tally: { counters: {}, deferred: 0, settled: {} },
    isRetry: exportIds.some((id) => page.exports.get(id)?.trigger === 'RETRY'),
  };
}

function groupOf(groups: Map<string, NewEventDraft>, entry: PageEntry): NewEventDraft {
  const { candidate, origin } = entry;
  const name = `${candidate.activationId}/${origin}/${Object.keys(candidate.exports).join(',')}`;
  const group = groups.get(name) ?? {
    activationId: candidate.activationId,
    activationVersion: entry.activationVersion,
    origin,
    exportIds: Object.keys(candidate.exports).map(Number),
    attempts: 0,
    deferrals: {},
    records: [],
  };
  groups.set(name, group);
  return group;
}

/** Numbers of the records that the same exports ask for in the same segments: counted once, added to each of them. */
interface Tally extends ExportDelta {
  /** Settled records by outcome. */
  settled: CounterMap;
}

function addTally(settlement: Settlement, exports: Record<string, string>, tally: Tally): void {
  for (const [exportId, segments] of Object.entries(exports)) {
    const id = Number(exportId);
    const delta = settlement.exportDeltas.get(id) ?? { counters: {}, deferred: 0 };
    settlement.exportDeltas.set(id, delta);
    delta.deferred += tally.deferred;
    for (const [name, count] of Object.entries(tally.counters)) addCount(delta.counters, name, count);
    for (const [outcome, count] of Object.entries(tally.settled)) {
      addCount(delta.counters, outcome, count);
      for (const prefix of segmentPrefixes(segments)) addCount(delta.counters, `${prefix}${outcome}`, count);
    }
  }
}

function skipLost(deltas: Settlement['exportDeltas'], failure: FailureRow): void {
  for (const [exportId, segments] of Object.entries(failure.exports)) {
    const counters = deltas.get(Number(exportId))?.counters ?? {};
    addCount(counters, `code.${failure.code}`, -1);
    addCount(counters, 'code.PROFILE_DELETED', 1);
    for (const prefix of ['', ...segmentPrefixes(segments)]) {
      addCount(counters, `${prefix}failed`, -1);
      addCount(counters, `${prefix}skipped`, 1);
    }
  }
}

function segmentPrefixes(segments: string): string[] {
  return segments === '' ? [] : segments.split(',').map((number) => `segment.${number}.`);
}

interface EntryContext extends Place {
  page: Page;
  fate: Fate;
}

function settleEntry(settlement: Settlement, context: EntryContext): void {
  const { group, tally, fate } = context;
  const { candidate } = fate.entry;
  const attempts = fate.result?.attempts ?? 0;
  group.attempts += attempts;
  addCount(tally.counters, 'attempts', attempts);
  if (fate.result?.status === 'deferred') {
    deferEntry(settlement, context, fate.result);
    return;
  }
  const record = toSettledRecord(fate);
  group.records.push(record);
  countSettled(tally, record);
  if (fate.result?.status === 'failed') settlement.failures.push(toFailure(fate, fate.result));
  if (context.isRetry && record.outcome !== 'FAILED')
    settleRetries(settlement, context, record.outcome === 'DELIVERED');
  if (!candidate.pending) return;
  tally.deferred -= 1;
  settlement.settledReasons.push({
    ...identityOf(fate),
    version: candidate.pending.version,
    exportIds: Object.keys(candidate.exports),
  });
}

function settleRetries(settlement: Settlement, context: EntryContext, delivered: boolean): void {
  for (const exportId in context.fate.entry.candidate.exports)
    if (context.page.exports.get(exportId)?.trigger === 'RETRY')
      settlement.retried.push({ ...identityOf(context.fate), exportId: Number(exportId), delivered });
}

function deferEntry(settlement: Settlement, context: EntryContext, result: DeferredRecord): void {
  const { group, tally, fate } = context;
  const { candidate } = fate.entry;
  // ABORTED was never sent: it goes again at once and is no fault to report.
  if (result.cause !== 'ABORTED') group.deferrals[result.cause] = (group.deferrals[result.cause] ?? 0) + 1;
  if (!candidate.pending) tally.deferred += 1;
  settlement.deferrals.push({
    ...identityOf(fate),
    exports: candidate.exports,
    attempts: (candidate.pending?.attempts ?? 0) + result.attempts,
    outcomeUnknown: result.outcomeUnknown || (candidate.pending?.outcomeUnknown ?? false),
    retryAfterMs: waitMs(result),
  });
}

/** A halt delays no single record: the destination waits as a whole, and all go on as soon as it is mended. */
function waitMs(result: DeferredRecord): number {
  return isHalting(result.cause) ? 0 : result.retryAfterMs;
}

const NO_KEYS: readonly string[] = [];

function toSettledRecord(fate: Fate): SettledRecord {
  const { entry, result } = fate;
  const { profileKey, pending } = entry.candidate;
  const { revision, causes, verdict } = entry;
  const keys = causes.length === 0 ? NO_KEYS : causes.map(toCauseKey);
  if ('skip' in verdict) return toSkip({ profileKey, revision, causes: keys }, verdict.skip);
  const attempts = (pending?.attempts ?? 0) + (result?.attempts ?? 0);
  if (result?.status === 'failed') return toFailedRecord({ profileKey, revision, causes: keys }, result, attempts);
  if (result?.status !== 'delivered') throw new Error('A record that was sent has no result.');
  // Each field by name: spreading an object costs 7 µs a record.
  return {
    profileKey,
    revision,
    causes: keys,
    outcome: 'DELIVERED',
    shardId: result.shardId,
    sequenceNumber: result.sequenceNumber,
    attempts,
    sizeBytes: measureRecord(verdict.record),
    latencyMs: fate.latencyMs,
    possibleDuplicate: result.possibleDuplicate || (pending?.outcomeUnknown ?? false),
  };
}

function toFailedRecord(
  base: Pick<SettledRecord, 'profileKey' | 'revision' | 'causes'>,
  { code, sizeBytes }: Extract<RecordResult, { status: 'failed' }>,
  attempts: number,
): SettledRecord {
  return { ...base, outcome: 'FAILED', code, attempts, sizeBytes };
}

function toSkip(
  { profileKey, revision, causes }: Pick<SettledRecord, 'profileKey' | 'revision' | 'causes'>,
  code: DeliveryCode,
): SettledRecord {
  return { profileKey, revision, causes, outcome: 'SKIPPED', code };
}

function countSettled(tally: Tally, record: SettledRecord): void {
  addCount(tally.settled, OUTCOME_COUNTERS[record.outcome], 1);
  addRecordDetails(tally.counters, record);
}

const MAY_BE_STORED = 'AWS did not answer for an earlier attempt: the stream may hold it all the same.';

function toFailure(fate: Fate, result: Extract<RecordResult, { status: 'failed' }>): FailureRow {
  const { candidate } = fate.entry;
  const mayBeStored = result.outcomeUnknown || (candidate.pending?.outcomeUnknown ?? false);
  return {
    ...identityOf(fate),
    code: result.code,
    message: mayBeStored ? `${result.message} ${MAY_BE_STORED}` : result.message,
    awsCode: result.awsCode,
    awsRequestId: result.awsRequestId,
    attempts: (candidate.pending?.attempts ?? 0) + result.attempts,
    sizeBytes: result.sizeBytes,
    limitBytes: result.limitBytes,
    exports: candidate.exports,
  };
}

function identityOf({ lane, entry }: Fate): { lane: number; activationId: number; profileKey: number } {
  return { lane, activationId: entry.candidate.activationId, profileKey: entry.candidate.profileKey };
}
