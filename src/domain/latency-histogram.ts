/**
 * Latencies as counts in log-spaced buckets: they add up over lanes, exports and time, which percentiles do not. Each
 * bucket's upper bound is 5 % above its lower one, so a percentile is at most 5 % too high and never too low.
 */

/** Ratio of two neighbouring bounds. */
const GROWTH = 1.05;
/** Upper bound of bucket 0. */
const SMALLEST_MS = 0.1;
/** Upper bound of the last bucket: 28 days, longer than records wait. */
const LARGEST_BUCKET = 491;

/** Prefix of the counters, such as `latency.142`, in the flat maps of export_lane. */
export const LATENCY_PREFIX = 'latency.';

/** The bucket of a latency, 0–491; what is below 0.1 ms or no number falls into 0. */
export function latencyBucket(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0;
  return Math.min(LARGEST_BUCKET, Math.ceil(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH)));
}

/** Upper bound of a bucket in ms. */
export function bucketBoundMs(bucket: number): number {
  return SMALLEST_MS * GROWTH ** bucket;
}

/**
 * The latency in ms that `percent` of 100 are at or below; null if nothing was counted.
 * @param counters a flat map of counters; only those named `latency.<bucket>` count.
 * @param percent above 0, at most 100.
 */
export function percentile(counters: Readonly<Record<string, number>>, percent: number): number | null {
  const buckets = Object.entries(counters)
    .filter(([name, count]) => name.startsWith(LATENCY_PREFIX) && count > 0)
    .map(([name, count]) => ({ bucket: Number(name.slice(LATENCY_PREFIX.length)), count }))
    .sort((a, b) => a.bucket - b.bucket);
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  let rank = Math.ceil((total * percent) / 100);
  for (const { bucket, count } of buckets) {
    rank -= count;
    if (rank <= 0) return bucketBoundMs(bucket);
  }
  return null;
}
