/** Paces the records of one stream, shard by shard, so that AWS need not refuse them and a hot shard holds up no other. */

import { type Admission, AWS_SHARD_LIMITS, ShardBucket, type ShardLimits } from './shard-bucket.js';
import { ShardRanges } from './shard-ranges.js';
import type { OpenShard } from './shards.js';

/** The pace of one stream in one process; other writers of the stream are noticed by AWS's refusals. */
export class ShardPacer {
  readonly #limits: ShardLimits;
  readonly #ranges = new ShardRanges();
  readonly #buckets = new Map<string, ShardBucket>();
  #isContradicted = false;

  /** False for a stream that spreads records as it likes: then no key has a shard, and the pacer is not asked. */
  keysDecide = true;

  constructor(limits: ShardLimits = AWS_SHARD_LIMITS) {
    this.#limits = limits;
  }

  /** Whether AWS's answers contradict the shards as they were last listed: a new listing is due. */
  get isContradicted(): boolean {
    return this.#isContradicted;
  }

  /** Takes a listing for the truth. @param shards in the order of their ranges. */
  replaceShards(shards: readonly OpenShard[]): void {
    this.#ranges.replace(shards);
    this.#isContradicted = false;
    const open = new Set(shards.map(({ shardId }) => shardId));
    for (const shardId of this.#buckets.keys()) if (!open.has(shardId)) this.#buckets.delete(shardId);
  }

  /** Books the place of a record, which is to go within `patienceMs` or not now. One of an unknown shard goes at once. */
  admit(record: { hashKey: string; sizeBytes: number }, nowMs: number, patienceMs: number): Admission {
    const shard = this.#ranges.find(record.hashKey);
    if (!shard) return { goAtMs: nowMs };
    return this.#bucketOf(shard.shardId).admit(record.sizeBytes, nowMs, patienceMs);
  }

  /** AWS stored a record with this key in a shard. */
  noteStored(hashKey: string, shardId: string): void {
    if (this.#ranges.learn(hashKey, shardId)) this.#isContradicted = true;
  }

  /** AWS refused a record with this key because its shard takes no more. */
  noteThrottle(hashKey: string, nowMs: number): void {
    const shard = this.#ranges.find(hashKey);
    if (shard) this.#bucketOf(shard.shardId).noteThrottle(nowMs);
  }

  #bucketOf(shardId: string): ShardBucket {
    const bucket = this.#buckets.get(shardId) ?? new ShardBucket(this.#limits);
    this.#buckets.set(shardId, bucket);
    return bucket;
  }
}
