/** A shard's write limits: token buckets for records and bytes, refilled continuously. */

/**
 * Write limits of each shard: `aws` is 1,000 records/s and 1 MiB/s, `off` none;
 * own figures must be positive. A bucket holds one second's worth.
 */
export type Limits = 'aws' | 'off' | { readonly recordsPerSecond: number; readonly bytesPerSecond: number };

/** Holds one shard to its limits. */
export interface Throughput {
  /** Takes one record of `sizeBytes` (data + key) at `now` (milliseconds); false if the shard is over its limit. */
  take(sizeBytes: number, now: number): boolean;
}

/** A fresh, full pair of buckets. */
export function createThroughput(limits: Limits, now: number): Throughput {
  if (limits === 'off') {
    return { take: () => true };
  }
  if (limits === 'aws') {
    return new TokenBuckets(1000, 1024 * 1024, now);
  }
  return new TokenBuckets(limits.recordsPerSecond, limits.bytesPerSecond, now);
}

class TokenBuckets implements Throughput {
  private records: number;
  private bytes: number;

  constructor(
    private readonly recordsPerSecond: number,
    private readonly bytesPerSecond: number,
    private refilledAt: number,
  ) {
    this.records = recordsPerSecond;
    this.bytes = bytesPerSecond;
  }

  take(sizeBytes: number, now: number): boolean {
    this.refill(now);
    // A record larger than the bucket passes on a full one and leaves a debt: AWS takes 10 MiB records the same way.
    if (this.records < 1 || this.bytes < Math.min(sizeBytes, this.bytesPerSecond)) {
      return false;
    }
    this.records -= 1;
    this.bytes -= sizeBytes;
    return true;
  }

  private refill(now: number): void {
    const elapsedSeconds = (now - this.refilledAt) / 1000;
    if (elapsedSeconds <= 0) {
      return;
    }
    this.refilledAt = now;
    this.records = Math.min(this.recordsPerSecond, this.records + elapsedSeconds * this.recordsPerSecond);
    this.bytes = Math.min(this.bytesPerSecond, this.bytes + elapsedSeconds * this.bytesPerSecond);
  }
}
