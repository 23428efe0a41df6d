/** What a page's results say about the health of its destination. */

import { isHalting, type RecordResult } from '../kinesis/record.js';
import type { DeliveryTarget } from '../storage/delivery-target.js';
import type { HealthFinding } from '../storage/destination-health.js';

/** Calls in a row without any answer after which a destination is degraded: one lost call is no outage. */
const DEAD_CALLS_LIMIT = 3;

/** Counts, for a process, the calls in a row that a destination did not answer. */
export class DeadCalls {
  readonly #inRow = new Map<number, number>();

  /** Takes note of a call. @returns whether the destination has been silent for too long. */
  note(destinationId: number, results: readonly RecordResult[]): boolean {
    if (results.some(isAnswered)) this.#inRow.delete(destinationId);
    const isDeadCall = results.length > 0 && results.every(isUnanswered);
    const inRow = (this.#inRow.get(destinationId) ?? 0) + (isDeadCall ? 1 : 0);
    if (inRow > 0) this.#inRow.set(destinationId, inRow);
    return inRow >= DEAD_CALLS_LIMIT;
  }
}

/** What the results show that is news, or renews a halt; null if the books already say so or nothing was told. */
export function findHealth(
  target: DeliveryTarget,
  results: readonly RecordResult[],
  call: { isSilent: boolean; probeAfterMs: number },
): HealthFinding | null {
  const base = {
    destinationId: target.destinationId,
    destinationVersion: target.version,
    secretVersion: target.credential.secretVersion,
    probeAfterMs: call.probeAfterMs,
  };
  const halting = results.find((result) => result.status === 'deferred' && isHalting(result.cause));
  if (halting?.status === 'deferred') return { ...base, status: 'HALTED', ...explain(halting) };
  const isUp = target.healthStatus === 'DEGRADED' ? isAnswered : isDelivered;
  if (results.some(isUp))
    return target.healthStatus === 'HEALTHY'
      ? null
      : { ...base, status: 'HEALTHY', code: null, message: null, awsRequestId: null };
  const dead = results.find((result) => result.status === 'deferred' && isDead(result.cause));
  const isNews = target.healthStatus !== 'DEGRADED' && target.healthStatus !== 'HALTED';
  if (dead?.status !== 'deferred' || !isNews || !call.isSilent) return null;
  return { ...base, status: 'DEGRADED', ...explain(dead) };
}

function isDelivered(result: RecordResult): boolean {
  return result.status === 'delivered';
}

/** Whether AWS said anything of the record itself, be it that it is too fast. */
function isAnswered(result: RecordResult): boolean {
  if (result.status === 'deferred') return result.cause === 'THROTTLED' || result.cause === 'KMS_THROTTLED';
  return result.attempts > 0;
}

function isUnanswered(result: RecordResult): boolean {
  return result.status === 'deferred' && isDead(result.cause);
}

function isDead(cause: string): boolean {
  return cause === 'AWS_UNAVAILABLE' || cause === 'OUTCOME_UNKNOWN';
}

function explain(result: Extract<RecordResult, { status: 'deferred' }>) {
  return { code: result.cause, message: result.message, awsRequestId: result.awsRequestId };
}
