/** What a page's results say about the health of its destination. Pure. */

import { isHalting, type RecordResult } from '../kinesis/record.js';
import type { DeliveryTarget } from '../storage/delivery-target.js';
import type { HealthFinding } from '../storage/destination-health.js';

/** How long a halted destination is left alone between two probes, in ms. */
export const PROBE_INTERVAL_MS = 15_000;

/** What the results show that is news, or renews a halt; null if the books already say so or nothing was told. */
export function findHealth(target: DeliveryTarget, results: readonly RecordResult[]): HealthFinding | null {
  const base = {
    destinationId: target.destinationId,
    destinationVersion: target.version,
    secretVersion: target.credential.secretVersion,
    probeAfterMs: PROBE_INTERVAL_MS,
  };
  const halting = results.find((result) => result.status === 'deferred' && isHalting(result.cause));
  if (halting?.status === 'deferred') return { ...base, status: 'HALTED', ...explain(halting) };
  if (results.some((result) => result.status === 'delivered'))
    return target.healthStatus === 'HEALTHY'
      ? null
      : { ...base, status: 'HEALTHY', code: null, message: null, awsRequestId: null };
  const dead = results.find((result) => result.status === 'deferred' && isDead(result.cause));
  const isNews = target.healthStatus !== 'DEGRADED' && target.healthStatus !== 'HALTED';
  if (dead?.status !== 'deferred' || !isNews || !results.every(isUnanswered)) return null;
  return { ...base, status: 'DEGRADED', ...explain(dead) };
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
