/** Rates of operations, by name (an API key, an address): a bucket of tokens each, in this process. */

/** Bounds a rate per name. */
export interface RateLimit {
  /** Takes one operation of a name's allowance. @returns how many ms to wait, at least 1; 0 if it was there. */
  take(name: string): number;
}

/** What a {@link RateLimit} goes by. */
export interface RateLimitOptions {
  /** Operations a second in the long run; a name that was quiet may do two seconds' worth at once. */
  perSecond: number;
  /** Monotonic milliseconds. Default `performance.now`. */
  now?: () => number;
}

/** Names remembered at most: beyond that the one unused for longest is forgotten. */
const MAX_NAMES = 10_000;

const BURST_SECONDS = 2;

interface Bucket {
  tokens: number;
  at: number;
}

/** Makes a limit. */
export function createRateLimit({ perSecond, now = () => performance.now() }: RateLimitOptions): RateLimit {
  const buckets = new Map<string, Bucket>();
  const capacity = perSecond * BURST_SECONDS;
  return {
    take(name) {
      const at = now();
      const bucket = refill(buckets.get(name) ?? { tokens: capacity, at }, { at, perSecond, capacity });
      // Set anew, so that the map is in the order of use and its first name is the one unused for longest.
      buckets.delete(name);
      buckets.set(name, bucket);
      if (buckets.size > MAX_NAMES) forgetFirst(buckets);
      if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 1_000) / perSecond);
      bucket.tokens -= 1;
      return 0;
    },
  };
}

function refill(bucket: Bucket, rate: { at: number; perSecond: number; capacity: number }): Bucket {
  const gained = ((rate.at - bucket.at) / 1_000) * rate.perSecond;
  return { tokens: Math.min(rate.capacity, bucket.tokens + gained), at: rate.at };
}

function forgetFirst(buckets: Map<string, Bucket>): void {
  for (const name of buckets.keys()) {
    buckets.delete(name);
    return;
  }
}
