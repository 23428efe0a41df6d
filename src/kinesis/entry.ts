/** The books of one produce call: one entry per record, settled by answers, closed into results. */

import type { PutRecordsAnswer, RecordAnswer } from './answer.js';
import type { CallFault } from './call-fault.js';
import { retryAfterMs } from './delay.js';
import { classify, type Fault, type WireError } from './fault.js';
import { quoteDetail } from './fault-words.js';
import {
  type DeferralCause,
  type DeferredRecord,
  findRecordFault,
  isHalting,
  type KinesisRecord,
  measureRecord,
  type RecordResult,
} from './record.js';

/** Why something is still owed, with the words of AWS behind it. */
export interface Reason {
  readonly cause: DeferralCause;
  readonly awsCode: string | null;
  readonly awsRequestId: string | null;
  /** See {@link DeferredRecord}. */
  readonly detail: string | null;
}

/** One record of the call. `result` stays null while it is owed; `reason` is that of its last attempt. */
export interface Entry {
  readonly record: KinesisRecord;
  /** Of its partition key, once it was asked for: see `wave.ts`. */
  hashKey: string | null;
  attempts: number;
  outcomeUnknown: boolean;
  /** A request of this call held nothing else, and was refused with a code that nobody knows. */
  refusedAlone: boolean;
  /** Put back for so long, in milliseconds, because its shard has no room within this call; null if not. */
  heldMs: number | null;
  reason: Reason | null;
  result: RecordResult | null;
}

/**
 * What an answer means for the call.
 * - `proceed`: each record has its own outcome.
 * - `backOff`: the whole request failed; the next one would fail as well without a pause.
 * - `halt`: nothing more will be stored until the cause is mended.
 * - `split`: some record is to blame; `error` is what AWS said.
 * - `search`: nobody knows whether some record is to blame, or all would be refused.
 */
export type Verdict =
  | { readonly kind: 'proceed' }
  | { readonly kind: 'backOff' | 'halt' | 'search'; readonly reason: Reason }
  | { readonly kind: 'split'; readonly error: AnsweredError };

/** A wire error together with the request that it answers. */
export interface AnsweredError extends WireError {
  readonly requestId: string | null;
}

/** Opens the entry of a record; one that AWS would never take is settled at once, with 0 attempts. */
export function openEntry(record: KinesisRecord, maxRecordBytes: number): Entry {
  const result = findRecordFault(record, maxRecordBytes);
  return {
    record,
    hashKey: null,
    attempts: 0,
    outcomeUnknown: false,
    refusedAlone: false,
    heldMs: null,
    reason: null,
    result,
  };
}

/**
 * Writes what an answer says into the entries that it answers.
 * @param entries the records of the request, in its order.
 */
export function settle(entries: readonly Entry[], answer: PutRecordsAnswer): Verdict {
  switch (answer.kind) {
    case 'results':
      return settleResults(entries, answer.results, answer.requestId);
    case 'refused':
      return settleRefusal(entries, answer);
    case 'unreadable':
      return settleAll(entries, LOST, reasonFor(LOST.cause, { message: answer.reason, requestId: answer.requestId }));
    case 'unsent':
      return settleAll(entries, UNSENT, reasonFor(UNSENT.cause, { message: answer.reason }));
    case 'unsigned':
      return settleUnsigned(entries, answer.fault);
    default:
      return assertNever(answer);
  }
}

/** Condemns the one record that a refused request is down to. */
export function refuse(entry: Entry, error: AnsweredError): void {
  const limitBytes = readSizeLimit(error);
  const sizeBytes = measureRecord(entry.record);
  const isTooLarge = limitBytes !== null || error.httpStatus === 413;
  entry.result = {
    status: 'failed',
    code: isTooLarge ? 'RECORD_TOO_LARGE' : 'RECORD_REFUSED',
    message: isTooLarge
      ? `AWS finds the record of ${sizeBytes} bytes too large. Send less, or raise the stream's MaxRecordSizeInKiB.`
      : `AWS refuses this one record (${error.code ?? error.httpStatus}). Check its partition key and size.`,
    awsCode: error.code,
    awsRequestId: error.requestId,
    attempts: entry.attempts,
    outcomeUnknown: entry.outcomeUnknown,
    sizeBytes,
    limitBytes,
  };
}

/** Blames the records that were refused alone, if AWS took others within the call: else it may refuse whatever comes. */
export function blameRefused(entries: readonly Entry[]): void {
  if (!entries.some(({ result }) => result?.status === 'delivered')) return;
  for (const entry of entries)
    if (entry.refusedAlone && entry.reason?.cause === 'REQUEST_REFUSED')
      entry.reason = { ...entry.reason, cause: 'UNKNOWN_ERROR' };
}

/**
 * The result of an entry when the call is over.
 * @param rest why the call ended, for records that were never sent; a halting reason holds for all.
 * @param random 0 to 1, for the wait.
 */
export function closeEntry(entry: Entry, rest: Reason, random: number): RecordResult {
  return entry.result ?? deferEntry(entry, rest, random);
}

/** Whether a record is still to be sent within this call. */
export function isOwed(entry: Entry): boolean {
  return entry.result === null && entry.heldMs === null;
}

/** A reason with what is known of the error behind it. */
export function reasonFor(cause: DeferralCause, error: Partial<AnsweredError> = {}): Reason {
  const detail = quoteDetail(cause, error.message ?? '');
  return { cause, awsCode: error.code ?? null, awsRequestId: error.requestId ?? null, detail };
}

const LOST = { kind: 'unknown', cause: 'OUTCOME_UNKNOWN' } as const;
const UNSENT = { kind: 'transient', cause: 'AWS_UNAVAILABLE' } as const;

function settleRefusal(entries: readonly Entry[], answer: Extract<PutRecordsAnswer, { kind: 'refused' }>): Verdict {
  const fault = classify(answer);
  if (fault.kind === 'invalid') return { kind: 'split', error: answer };
  const reason = reasonFor(fault.cause, answer);
  const verdict = settleAll(entries, fault, reason);
  if (fault.cause !== 'REQUEST_REFUSED') return verdict;
  const [first] = entries;
  if (first !== undefined && entries.length === 1) first.refusedAlone = true;
  return { kind: 'search', reason };
}

/** Whatever else keeps this process from its keys passes: it is no refusal of the stream. */
function settleUnsigned(entries: readonly Entry[], fault: CallFault): Verdict {
  if (fault.kind === 'refused' && fault.cause !== null && isHalting(fault.cause)) {
    const { cause, awsCode: code, awsRequestId: requestId } = fault;
    return settleAll(entries, { kind: 'halt', cause }, reasonFor(cause, { code, requestId }));
  }
  const message = fault.kind === 'refused' ? (fault.awsCode ?? '') : fault.reason;
  return settleAll(entries, UNSENT, reasonFor(UNSENT.cause, { message, requestId: fault.awsRequestId }));
}

/** One fault for all records of a request. */
function settleAll(entries: readonly Entry[], fault: Fault, reason: Reason): Verdict {
  for (const entry of entries) blame(entry, fault, reason);
  return { kind: fault.kind === 'halt' ? 'halt' : 'backOff', reason };
}

function settleResults(entries: readonly Entry[], results: readonly RecordAnswer[], requestId: string | null): Verdict {
  if (results.length !== entries.length) {
    // With one result too few or too many, nobody can tell which record is which.
    const message = `${results.length} results for ${entries.length} records`;
    return settleAll(entries, LOST, reasonFor(LOST.cause, { requestId, message }));
  }
  let verdict: Verdict = { kind: 'proceed' };
  for (const [index, entry] of entries.entries()) {
    settleOne(entry, results[index] ?? { kind: 'unreadable' }, requestId);
    if (entry.result === null && entry.reason !== null && isHalting(entry.reason.cause)) {
      verdict = { kind: 'halt', reason: entry.reason };
    }
  }
  return verdict;
}

function settleOne(entry: Entry, result: RecordAnswer, requestId: string | null): void {
  if (result.kind === 'stored') {
    const { shardId, sequenceNumber } = result;
    const { attempts, outcomeUnknown } = entry;
    entry.result = { status: 'delivered', shardId, sequenceNumber, attempts, possibleDuplicate: outcomeUnknown };
    return;
  }
  if (result.kind === 'unreadable') {
    blame(entry, LOST, reasonFor(LOST.cause, { requestId }));
    return;
  }
  const error = { code: result.code, httpStatus: 200, message: result.message, requestId };
  const fault = classify(error);
  if (fault.kind === 'invalid') refuse(entry, error);
  else blame(entry, fault, reasonFor(fault.cause, error));
}

function blame(entry: Entry, fault: Fault, reason: Reason): void {
  entry.reason = reason;
  if (fault.kind === 'unknown') entry.outcomeUnknown = true;
}

function deferEntry(entry: Entry, rest: Reason, random: number): DeferredRecord {
  const reason = entry.reason === null || isHalting(rest.cause) ? rest : entry.reason;
  const { attempts, outcomeUnknown, heldMs } = entry;
  return {
    status: 'deferred',
    ...reason,
    outcomeUnknown,
    retryAfterMs: heldMs ?? retryAfterMs(reason.cause, random),
    attempts,
  };
}

/** AWS names the limit in its text: `Value at 'records.1.member.data' … length less than or equal to 1048576`. */
function readSizeLimit(error: WireError): number | null {
  const match = /member\.data'[^']*length less than or equal to (\d+)/.exec(error.message);
  return match?.[1] === undefined ? null : Number(match[1]);
}

function assertNever(value: never): never {
  throw new TypeError(`Unexpected answer: ${JSON.stringify(value)}`);
}
