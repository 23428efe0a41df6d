/** What a process remembers of a destination's latest calls: one throttled record or one lost call is no news. */

import { type CallEvidence, type HealthCause, nameCause, type Pressure } from '../domain/health.js';
import { type DeferredRecord, isHalting, isThrottle, type RecordResult } from '../kinesis/record.js';

/** Calls in a row without any answer after which a destination is silent. */
const DEAD_CALLS_LIMIT = 3;

/** What was seen counts half after so long, in ms: pressure follows about the last 10 s. */
const HALF_LIFE_MS = 5_000;
/** Shares of the records that were put back, by AWS or to keep its limits: from the one on pressure is high, below the other over. */
const HIGH_SHARE = 0.05;
const CALM_SHARE = 0.01;
/** Fewer records than this put back are no pressure, whatever their share. */
const LEAST_THROTTLED = 5;

/** The latest calls of one destination. */
interface Trace {
  deadCallsInRow: number;
  /** Records that AWS answered for or that wait for its throttles, and the latter alone; each fades. */
  seen: number;
  throttled: number;
  notedAtMs: number;
}

/** Whose calls, and where they went. */
export interface CalledDestination {
  destinationId: number;
  /** Name or ARN. */
  stream: string;
}

/** The latest calls of a process, by destination. */
export class CallHistory {
  readonly #traces = new Map<number, Trace>();
  readonly #nowMs: () => number;

  /** @param nowMs monotonic, in milliseconds. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Takes note of a call. @returns what it, and those before it, say of the destination's health. */
  note({ destinationId, stream }: CalledDestination, results: readonly RecordResult[]): CallEvidence {
    const trace = this.#traceOf(destinationId);
    const causeOf = (isMeant: (result: DeferredRecord) => boolean) => findCause(stream, results, isMeant);
    const answered = results.some(isAnswered);
    trace.seen += results.filter((result) => isAnswered(result) || isThrottled(result)).length;
    trace.throttled += results.filter(isThrottled).length;
    if (answered) trace.deadCallsInRow = 0;
    else if (results.length > 0 && results.every(isUnanswered)) trace.deadCallsInRow += 1;
    const isSilent = trace.deadCallsInRow >= DEAD_CALLS_LIMIT;
    return {
      kind: 'CALL',
      halting: causeOf((result) => isHalting(result.cause)),
      delivered: results.some((result) => result.status === 'delivered'),
      answered,
      silence: isSilent ? causeOf(isUnanswered) : null,
      pressure: pressureOf(trace),
      throttling: causeOf(isThrottled),
    };
  }

  #traceOf(destinationId: number): Trace {
    const nowMs = this.#nowMs();
    const trace = this.#traces.get(destinationId) ?? { deadCallsInRow: 0, seen: 0, throttled: 0, notedAtMs: nowMs };
    this.#traces.set(destinationId, trace);
    const fading = 0.5 ** ((nowMs - trace.notedAtMs) / HALF_LIFE_MS);
    trace.seen *= fading;
    trace.throttled *= fading;
    trace.notedAtMs = nowMs;
    return trace;
  }
}

function pressureOf({ seen, throttled }: Trace): Pressure {
  const share = seen === 0 ? 0 : throttled / seen;
  if (share >= HIGH_SHARE && throttled >= LEAST_THROTTLED) return 'HIGH';
  return share < CALM_SHARE ? 'NONE' : 'EASING';
}

/** Whether AWS said anything of the record itself, be it that it is too fast. */
function isAnswered(result: RecordResult): boolean {
  return result.attempts > 0 && (result.status !== 'deferred' || isThrottled(result));
}

function isThrottled(result: RecordResult): boolean {
  return result.status === 'deferred' && isThrottle(result.cause);
}

/** A code of the whole request that nobody knows says no more of the record than silence, and lasts as long. */
const UNANSWERED: readonly string[] = ['AWS_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'REQUEST_REFUSED'];

function isUnanswered(result: RecordResult): boolean {
  return result.status === 'deferred' && UNANSWERED.includes(result.cause);
}

function findCause(
  stream: string,
  results: readonly RecordResult[],
  isMeant: (result: DeferredRecord) => boolean,
): HealthCause | null {
  for (const result of results)
    if (result.status === 'deferred' && result.cause !== 'ABORTED' && isMeant(result))
      return nameCause({ ...result, stream, code: result.cause });
  return null;
}
