/** Flat maps of counters, as export_lane.counts and delivery_stat.counts keep them. */

import type { SettledRecord } from './delivery.js';
import { LATENCY_PREFIX, latencyBucket } from './latency-histogram.js';

/** Counts by name; absent means 0. */
export type CounterMap = Record<string, number>;

/** The counter of each outcome. */
export const OUTCOME_COUNTERS = { DELIVERED: 'delivered', FAILED: 'failed', SKIPPED: 'skipped' } as const;

/** Adds to a counter; adding 0 leaves no trace. */
export function addCount(counters: CounterMap, name: string, count: number): void {
  if (count !== 0) counters[name] = (counters[name] ?? 0) + count;
}

/** Counts what a settled record has besides its outcome: its code, or its bytes, latency and whether it may be there twice. */
export function addRecordDetails(counters: CounterMap, record: SettledRecord): void {
  if (record.outcome !== 'DELIVERED') {
    addCount(counters, `code.${record.code}`, 1);
    return;
  }
  addCount(counters, 'bytes', record.sizeBytes);
  addCount(counters, `${LATENCY_PREFIX}${latencyBucket(record.latencyMs)}`, 1);
  if (record.possibleDuplicate) addCount(counters, 'possibleDuplicates', 1);
}
