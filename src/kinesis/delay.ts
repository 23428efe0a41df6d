/** How long to wait: between the attempts of one call, and before a deferred record is tried again. */

import { type DeferralCause, isHalting, isThrottle } from './record.js';

/** A range to draw from, in milliseconds. */
interface DelayRange {
  readonly leastMs: number;
  readonly mostMs: number;
}

// Throttles have a short cap: a shard's bucket refills within the second, and a longer wait leaves capacity unused.
const THROTTLE_STEP: DelayRange = { leastMs: 50, mostMs: 200 };
const FAULT_STEP: DelayRange = { leastMs: 100, mostMs: 1_000 };

const AFTER_THROTTLE: DelayRange = { leastMs: 100, mostMs: 500 };
const AFTER_FAULT: DelayRange = { leastMs: 500, mostMs: 2_000 };
const AFTER_HALT: DelayRange = { leastMs: 20_000, mostMs: 40_000 };

/**
 * The wait before the next attempt of a call: full jitter under a doubling cap.
 * @param step `isThrottled`: only throttles are left to mend; `attempt`: attempts made so far, from 1; `random`: 0 to 1.
 * @returns milliseconds, 0 to 200 for throttles, 0 to 1,000 otherwise.
 */
export function nextDelayMs(step: { isThrottled: boolean; attempt: number; random: number }): number {
  const range = step.isThrottled ? THROTTLE_STEP : FAULT_STEP;
  return step.random * Math.min(range.mostMs, range.leastMs * 2 ** (step.attempt - 1));
}

/**
 * The wait before a deferred record is worth another call.
 * @param random 0 to 1, spreads the lanes of one destination.
 * @returns whole milliseconds: 0 for `ABORTED`, 100 to 500 after throttles, 500 to 2,000 after faults, 20,000 to 40,000 after halts.
 */
export function retryAfterMs(cause: DeferralCause, random: number): number {
  if (cause === 'ABORTED') return 0;
  if (isThrottle(cause)) return draw(AFTER_THROTTLE, random);
  return draw(isHalting(cause) ? AFTER_HALT : AFTER_FAULT, random);
}

function draw(range: DelayRange, random: number): number {
  return Math.round(range.leastMs + random * (range.mostMs - range.leastMs));
}
