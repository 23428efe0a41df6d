/**
 * The sink: sends records to a stream and says of every one what became of it.
 * It holds nothing beyond the call: what is not settled within it goes back to the caller as `deferred`.
 */

import { setTimeout as sleepFor } from 'node:timers/promises';
import type { PutRecordsAnswer } from './answer.js';
import { MAX_REQUEST_BYTES, splitIntoBatches } from './batch.js';
import { nextDelayMs } from './delay.js';
import {
  blameRefused,
  closeEntry,
  type Entry,
  isOwed,
  openEntry,
  type Reason,
  reasonFor,
  refuse,
  settle,
  type Verdict,
} from './entry.js';
import { DEFAULT_MAX_RECORD_BYTES, isThrottle, type KinesisRecord, type RecordResult } from './record.js';
import type { ShardPacer } from './shard-pacer.js';
import { noteAnswer, planWaves, type Wave } from './wave.js';

/**
 * Makes one PutRecords request: the only thing that the producer asks of AWS.
 * It settles soon after `signal` aborts, and then as `unreadable` if anything may have been sent.
 * A rejection counts as an unknown outcome.
 */
export type PutRecords = (request: {
  readonly stream: string;
  readonly records: readonly KinesisRecord[];
  readonly signal: AbortSignal;
}) => Promise<PutRecordsAnswer>;

/** Time as the producer sees it. */
export interface ProducerClock {
  /** Monotonic, in milliseconds. */
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What a producer is made of. */
export interface ProducerOptions {
  readonly putRecords: PutRecords;
  /** Name or ARN, valid. */
  readonly stream: string;
  /** Asked right before every attempt; false ends the call. By default always true. */
  readonly mayAttempt?: () => boolean;
  /** The longest that one produce call takes, in milliseconds; 10,000 by default. */
  readonly deadlineMs?: number;
  /** The longest that one request takes, in milliseconds; 5,000 by default, cut to what is left of the deadline. */
  readonly attemptTimeoutMs?: number;
  /** How often a record is sent in one call, splits after a refusal not counted; 3 by default, at least 1. */
  readonly maxAttempts?: number;
  /** Keeps records back until their shard has room; by default nothing does. */
  readonly pacer?: ShardPacer | null;
  /** 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
  readonly clock?: ProducerClock;
}

/** What holds for one produce call. */
export interface CallTerms {
  /** The stream's own limit on data + key, in bytes; 1 MiB by default, at most 10 MiB. */
  readonly maxRecordBytes?: number;
  /** How long a record may wait for room in its shard; one that would wait longer is deferred. 1,000 by default. */
  readonly patienceMs?: number;
}

/** Sends records to one stream. */
export interface Producer {
  /**
   * Sends the records in input order, as often as the call's limits allow.
   * Two records whose order matters must not be in one call: a throttled one is overtaken by those behind it.
   * @param signal ends the call early; records in flight then count as outcome unknown.
   * @returns one result per record, in input order; never rejects for what AWS does.
   */
  produce(records: readonly KinesisRecord[], signal: AbortSignal, terms?: CallTerms): Promise<RecordResult[]>;
}

/** Makes a producer; nothing is sent before `produce`. */
export function createProducer(options: ProducerOptions): Producer {
  const settings = applyDefaults(options);
  return {
    async produce(records, signal, terms = {}) {
      const { maxRecordBytes = DEFAULT_MAX_RECORD_BYTES, patienceMs = DEFAULT_PATIENCE_MS } = terms;
      const limitBytes = Math.min(maxRecordBytes, MAX_REQUEST_BYTES);
      const entries = records.map((record) => openEntry(record, limitBytes));
      const deadlineAtMs = settings.clock.nowMs() + settings.deadlineMs;
      const rest = reasonFor('ABORTED');
      const state = { rest, isClockCorrected: false, refusalsInRow: 0 };
      const call: Call = { ...settings, ...state, entries, signal, patienceMs, deadlineAtMs };
      await sendRounds(call);
      blameRefused(entries);
      return entries.map((entry) => closeEntry(entry, call.rest, settings.random()));
    },
  };
}

/** A shard that is behind by more has no room before the records are old news. */
const DEFAULT_PATIENCE_MS = 1_000;

/** An attempt with less time than this would only make an unknown outcome; a quarter of shorter deadlines. */
const LEAST_ATTEMPT_MS = 250;

/** Nine halvings lead from 500 records to a single one, whose neighbours may share its fault: then all would be refused. */
const MAX_REFUSALS_IN_ROW = 15;

type Settings = Required<ProducerOptions>;

interface Call extends Settings {
  readonly entries: readonly Entry[];
  readonly signal: AbortSignal;
  readonly patienceMs: number;
  readonly deadlineAtMs: number;
  /** What became of the call as a whole: the reason of records that were never sent. */
  rest: Reason;
  isClockCorrected: boolean;
  /** Requests since AWS last answered otherwise than with a code that nobody knows. */
  refusalsInRow: number;
}

/** `end`: the call is over; `backOff`: the round is over. */
type Next = 'proceed' | 'backOff' | 'end';

const systemClock: ProducerClock = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) => sleepFor(ms, undefined, { signal }).catch(() => undefined),
};

function applyDefaults(options: ProducerOptions): Settings {
  return {
    ...options,
    mayAttempt: options.mayAttempt ?? (() => true),
    deadlineMs: options.deadlineMs ?? 10_000,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 5_000,
    maxAttempts: options.maxAttempts ?? 3,
    pacer: options.pacer ?? null,
    random: options.random ?? Math.random,
    clock: options.clock ?? systemClock,
  };
}

async function sendRounds(call: Call): Promise<void> {
  for (let round = 1; ; round += 1) {
    const owed = call.entries.filter(isOwed);
    if (owed.length === 0) return;
    const waves = planWaves(call.pacer, owed, { nowMs: call.clock.nowMs(), patienceMs: call.patienceMs });
    if ((await sendWaves(call, waves)) === 'end' || round >= call.maxAttempts) return;
    if (!(await pause(call, round))) return;
  }
}

async function sendWaves(call: Call, waves: readonly Wave[]): Promise<Next> {
  for (const { goAtMs, entries } of waves) {
    if (!(await waitFor(call, goAtMs - call.clock.nowMs()))) return 'end';
    const next = await sendRound(call, entries);
    if (next !== 'proceed') return next;
  }
  return 'proceed';
}

/** Sends what is owed once, request by request; a request that fails as a whole ends the round. */
async function sendRound(call: Call, owed: readonly Entry[]): Promise<Next> {
  let offset = 0;
  for (const records of splitIntoBatches(owed.map((entry) => entry.record))) {
    const next = await sendBatch(call, owed.slice(offset, offset + records.length));
    if (next !== 'proceed') return next;
    offset += records.length;
  }
  return 'proceed';
}

async function sendBatch(call: Call, batch: readonly Entry[]): Promise<Next> {
  if (!mayStart(call)) return 'end';
  for (const entry of batch) entry.attempts += 1;
  const answer = await attempt(call, batch);
  const verdict = settle(batch, answer);
  if (call.pacer) noteAnswer(call.pacer, { entries: batch, answer, nowMs: call.clock.nowMs() });
  call.refusalsInRow = verdict.kind === 'search' ? call.refusalsInRow + 1 : 0;
  return act(call, batch, verdict);
}

async function act(call: Call, batch: readonly Entry[], verdict: Verdict): Promise<Next> {
  switch (verdict.kind) {
    case 'proceed':
      return 'proceed';
    case 'backOff':
      call.rest = verdict.reason;
      return 'backOff';
    case 'halt':
      if (mayCorrectClock(call, verdict.reason)) return 'backOff';
      call.rest = verdict.reason;
      return 'end';
    case 'split':
      return bisect(call, batch, verdict.error);
    case 'search':
      call.rest = verdict.reason;
      if (call.refusalsInRow > MAX_REFUSALS_IN_ROW) return 'end';
      return batch.length === 1 ? 'proceed' : halve(call, batch);
  }
}

/** Halves a refused request until the culprits stand alone, so that they alone fail. */
async function bisect(
  call: Call,
  batch: readonly Entry[],
  error: Extract<Verdict, { kind: 'split' }>['error'],
): Promise<Next> {
  const [first] = batch;
  if (first !== undefined && batch.length === 1) {
    refuse(first, error);
    return 'proceed';
  }
  return halve(call, batch);
}

async function halve(call: Call, batch: readonly Entry[]): Promise<Next> {
  const middle = Math.ceil(batch.length / 2);
  const next = await sendBatch(call, batch.slice(0, middle));
  return next === 'proceed' ? sendBatch(call, batch.slice(middle)) : next;
}

/** The refusal of a wrongly dated request brings AWS's time, by which the client corrects the next one: one more try is due. */
function mayCorrectClock(call: Call, reason: Reason): boolean {
  if (reason.cause !== 'CLOCK_SKEWED' || call.isClockCorrected) return false;
  call.isClockCorrected = true;
  return true;
}

function mayStart(call: Call): boolean {
  const leastMs = Math.min(LEAST_ATTEMPT_MS, call.deadlineMs / 4);
  return !call.signal.aborted && call.deadlineAtMs - call.clock.nowMs() >= leastMs && call.mayAttempt();
}

/** Waits before the next round; false if the call would not live to see it. */
async function pause(call: Call, round: number): Promise<boolean> {
  const owed = call.entries.filter(isOwed);
  const isThrottled = owed.every(({ reason }) => reason === null || isThrottle(reason.cause));
  const delayMs = nextDelayMs({ isThrottled, attempt: round, random: call.random() });
  return owed.length > 0 && (await waitFor(call, delayMs));
}

/** @returns false if the call would not live to see the end of the wait. */
async function waitFor(call: Call, delayMs: number): Promise<boolean> {
  if (delayMs <= 0) return true;
  if (call.clock.nowMs() + delayMs >= call.deadlineAtMs) return false;
  await call.clock.sleep(delayMs, call.signal);
  return !call.signal.aborted;
}

/** One request under its own deadline, which the SDK has not: it waits for 300 s on a silent server. */
async function attempt(call: Call, batch: readonly Entry[]): Promise<PutRecordsAnswer> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  const timer = setTimeout(abort, Math.min(call.attemptTimeoutMs, call.deadlineAtMs - call.clock.nowMs()));
  call.signal.addEventListener('abort', abort, { once: true });
  try {
    const records = batch.map((entry) => entry.record);
    return await call.putRecords({ stream: call.stream, records, signal: stop.signal });
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.name : 'rejected', requestId: null };
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener('abort', abort);
  }
}
