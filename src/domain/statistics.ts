/** Statistics: what was delivered over a period up to now, cut into equal buckets. Pure. */

import { addCount, type CounterMap } from './counters.js';
import type { Counters } from './export-numbers.js';

/** Periods up to now. */
export type StatisticsWindow = 'LAST_24_HOURS' | 'LAST_30_DAYS' | 'LAST_7_DAYS' | 'LAST_HOUR';

/** What statistics are of. */
export type StatisticsScope = 'activation' | 'destination' | 'workspace';

/** How a window is cut: the last bucket is the one of the present moment, and buckets are aligned in UTC. */
export interface Buckets {
  /** Length of one: divides a day. */
  minutes: number;
  count: number;
}

/** The buckets of each window. */
export const WINDOW_BUCKETS: Readonly<Record<StatisticsWindow, Buckets>> = {
  LAST_HOUR: { minutes: 1, count: 60 },
  LAST_24_HOURS: { minutes: 15, count: 96 },
  LAST_7_DAYS: { minutes: 60, count: 168 },
  LAST_30_DAYS: { minutes: 360, count: 120 },
};

/** What was counted in one bucket. */
export interface BucketCounts {
  /** The bucket's begin. */
  from: Date;
  counters: Counters;
}

/** What was settled from one time to another. */
export interface StatisticsPeriod extends BucketCounts {
  /** End, exclusive; that of the last bucket is still to come. */
  to: Date;
  /** Delivered a second, over the part of the period that has passed. */
  recordsPerSecond: number;
}

/** What was delivered over a window. */
export interface Statistics {
  /** From old to new, without a gap. */
  buckets: StatisticsPeriod[];
  /** All buckets in one. */
  total: StatisticsPeriod;
}

const MINUTE_MS = 60_000;

/**
 * Assembles a window's buckets, empty ones included.
 * @param now by the clock that the counts were read by.
 * @param counted buckets with their counts, in any order; those outside the window do not count.
 */
export function assembleStatistics(
  { minutes, count }: Buckets,
  now: Date,
  counted: readonly BucketCounts[],
): Statistics {
  const lengthMs = minutes * MINUTE_MS;
  const lastFrom = Math.floor(now.getTime() / lengthMs) * lengthMs;
  const found = new Map(counted.map(({ from, counters }) => [from.getTime(), counters]));
  const buckets = Array.from({ length: count }, (_, index) => {
    const from = lastFrom - (count - 1 - index) * lengthMs;
    return toPeriod({ from, to: from + lengthMs }, now, found.get(from) ?? {});
  });
  const whole = { from: lastFrom - (count - 1) * lengthMs, to: lastFrom + lengthMs };
  return { buckets, total: toPeriod(whole, now, sumCounters(buckets)) };
}

function toPeriod({ from, to }: { from: number; to: number }, now: Date, counters: Counters): StatisticsPeriod {
  // A bucket may have begun within the clock's millisecond.
  const seconds = Math.max(Math.min(to, now.getTime()) - from, 1) / 1_000;
  return {
    from: new Date(from),
    to: new Date(to),
    counters,
    recordsPerSecond: (counters['delivered'] ?? 0) / seconds,
  };
}

function sumCounters(buckets: readonly BucketCounts[]): Counters {
  const sum: CounterMap = {};
  for (const { counters } of buckets) for (const [name, count] of Object.entries(counters)) addCount(sum, name, count);
  return sum;
}
