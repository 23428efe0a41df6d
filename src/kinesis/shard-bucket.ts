/** How fast records go to one shard: what AWS takes, less after it refused some, and slowly back. */

/** What a shard takes. @see https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export interface ShardLimits {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** AWS's limits, of streams of either mode. */
export const AWS_SHARD_LIMITS: ShardLimits = { recordsPerSecond: 1_000, bytesPerSecond: 1_048_576 };

/** When a record may go: at `goAtMs` of the clock, or not within this call but about `retryAfterMs` later. */
export type Admission = { readonly goAtMs: number } | { readonly retryAfterMs: number };

/** A little below the limit: retries and other clocks have a place too. */
const SHARE = 0.98;
/** What may go at once after a pause, as time: a shard of AWS itself holds about a second's worth. */
const BURST_MS = 200;
/** After a refusal the rate falls by so much, once in so long; it comes back by so much of the whole a second. */
const CUT = 0.85;
const CUT_EVERY_MS = 200;
const GAIN_PER_SECOND = 0.05;
const LEAST_SCALE = 0.02;
/** Bounds of the wait of records that are put back. */
const LEAST_RETRY_MS = 100;
const MOST_RETRY_MS = 30_000;

/** Two buckets, records and bytes, as the time at which each will have room again. */
export class ShardBucket {
  readonly #limits: ShardLimits;
  #recordsDueMs = 0;
  #bytesDueMs = 0;
  /** When the newest of the records that were put back is to come again: they return at the shard's rate, not all at once. */
  #returnAtMs = 0;
  /** Share of the limits that is used, above 0 up to 1. */
  #scale = 1;
  #scaledAtMs = 0;
  #cutAtMs = Number.NEGATIVE_INFINITY;

  constructor(limits: ShardLimits) {
    this.#limits = limits;
  }

  /** Books a record's place if its turn comes within `patienceMs`. */
  admit(sizeBytes: number, nowMs: number, patienceMs: number): Admission {
    this.#recover(nowMs);
    const recordMs = 1_000 / (this.#limits.recordsPerSecond * SHARE * this.#scale);
    const bytesMs = (sizeBytes * 1_000) / (this.#limits.bytesPerSecond * SHARE * this.#scale);
    const goAtMs = Math.max(nowMs, this.#recordsDueMs - BURST_MS, this.#bytesDueMs - BURST_MS);
    if (goAtMs - nowMs > patienceMs) return this.#putBack(goAtMs, nowMs, Math.max(recordMs, bytesMs));
    this.#recordsDueMs = Math.max(this.#recordsDueMs, nowMs) + recordMs;
    this.#bytesDueMs = Math.max(this.#bytesDueMs, nowMs) + bytesMs;
    return { goAtMs };
  }

  /** AWS refused a record of this shard. */
  noteThrottle(nowMs: number): void {
    if (nowMs - this.#cutAtMs < CUT_EVERY_MS) return;
    this.#recover(nowMs);
    this.#cutAtMs = nowMs;
    this.#scale = Math.max(LEAST_SCALE, this.#scale * CUT);
  }

  #putBack(goAtMs: number, nowMs: number, turnMs: number): Admission {
    this.#returnAtMs = Math.max(this.#returnAtMs, goAtMs) + turnMs;
    const retryAfterMs = Math.min(Math.max(this.#returnAtMs - nowMs, LEAST_RETRY_MS), MOST_RETRY_MS);
    return { retryAfterMs: Math.round(retryAfterMs) };
  }

  #recover(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.#scaledAtMs) / 1_000;
    this.#scale = Math.min(1, this.#scale + seconds * GAIN_PER_SECOND);
    this.#scaledAtMs = nowMs;
  }
}
