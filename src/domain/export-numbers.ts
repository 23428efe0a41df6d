/** The numbers of exports, from the counters that lanes keep. Pure. */

import type { Export } from './export.js';

/** Flat counters such as `delivered`, `code.RECORD_TOO_LARGE`, `segment.0.received`, `latency.142`. */
export type Counters = Readonly<Record<string, number>>;

/** What the lanes have on the books for an export, summed. */
export interface ExportNumbers {
  received: number;
  /** Counted from rows, not what is missing from received: so that a record lost from the books shows. */
  pending: number;
  counters: Counters;
}

/** What became of profiles: received = delivered + failed + skipped + pending, always. */
export interface OutcomeCounts {
  received: number;
  delivered: number;
  failed: number;
  skipped: number;
  pending: number;
}

/** An export's numbers for one of its segments. */
export interface SegmentNumbers extends OutcomeCounts {
  /** Internal id; the segment may be deleted since. */
  segmentId: number;
  /** The customer's id. */
  segmentKey: string;
}

/** Delivered lately, and over how long. */
export interface RecentDeliveries {
  delivered: number;
  /** Above 0. */
  seconds: number;
}

const CODE_PREFIX = 'code.';

/** Counts an export's profiles by outcome. */
export function countOutcomes(numbers: ExportNumbers): OutcomeCounts {
  const { received, pending, counters } = numbers;
  return { received, ...countSettled(counters), pending };
}

/** Counts what is settled by outcome; of the counters that begin with the prefix, by default all. */
export function countSettled(counters: Counters, prefix = ''): Pick<OutcomeCounts, 'delivered' | 'failed' | 'skipped'> {
  return {
    delivered: counters[`${prefix}delivered`] ?? 0,
    failed: counters[`${prefix}failed`] ?? 0,
    skipped: counters[`${prefix}skipped`] ?? 0,
  };
}

/** Counts each segment's profiles by outcome, in the order of the export's segments; pending is what is not settled. */
export function countBySegment(
  segments: Pick<Export, 'segmentIds' | 'segmentKeys'>,
  counters: Counters,
): SegmentNumbers[] {
  return segments.segmentIds.map((segmentId, number) => {
    const prefix = `segment.${number}.`;
    const received = counters[`${prefix}received`] ?? 0;
    const settled = countSettled(counters, prefix);
    const pending = received - settled.delivered - settled.failed - settled.skipped;
    return { segmentId, segmentKey: segments.segmentKeys[number] ?? '', received, ...settled, pending };
  });
}

/** Counts of failures and skips by code. */
export function countByCode(counters: Counters): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters)
      .filter(([name]) => name.startsWith(CODE_PREFIX))
      .map(([name, count]) => [name.slice(CODE_PREFIX.length), count]),
  );
}

/** Records delivered a second over the whole of a finished export; 0 if it never began. */
export function overallRate(run: Pick<Export, 'startedAt' | 'finishedAt'>, delivered: number): number {
  if (!run.startedAt || !run.finishedAt) return 0;
  // A page of 500 may be over within the clock's millisecond.
  const seconds = Math.max(run.finishedAt.getTime() - run.startedAt.getTime(), 1) / 1_000;
  return delivered / seconds;
}
