/** What is known of a stream's shards: as AWS lists them, corrected by where its answers say that records went. */

import type { OpenShard } from './shards.js';

/** The shards of one stream, with the parts of the key space that they are known to take; disjoint, in their order. */
export class ShardRanges {
  #shards: readonly OpenShard[] = [];

  /** Takes a listing for the truth. @param shards in the order of their ranges. */
  replace(shards: readonly OpenShard[]): void {
    this.#shards = shards;
  }

  /** The shard that is known to take this hash key, 32 hex digits; null if none is. */
  find(hashKey: string): OpenShard | null {
    let low = 0;
    let high = this.#shards.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#shards[middle]?.lastHashKey ?? '') < hashKey) low = middle + 1;
      else high = middle;
    }
    const shard = this.#shards[low];
    return shard && shard.firstHashKey <= hashKey ? shard : null;
  }

  /**
   * Learns that a record with this hash key went to a shard: its range reaches that far, and shards that stood in the
   * way are of the time before a split, a merge or a new stream of the same name.
   * @returns whether it contradicts what was known.
   */
  learn(hashKey: string, shardId: string): boolean {
    if (this.find(hashKey)?.shardId === shardId) return false;
    const known = this.#shards.find((shard) => shard.shardId === shardId);
    const learnt = {
      shardId,
      firstHashKey: known && known.firstHashKey < hashKey ? known.firstHashKey : hashKey,
      lastHashKey: known && known.lastHashKey > hashKey ? known.lastHashKey : hashKey,
    };
    const others = this.#shards.filter((shard) => shard.shardId !== shardId);
    const apart = others.filter((shard) => !overlap(shard, learnt));
    this.#shards = [...apart, learnt].sort((a, b) => (a.firstHashKey < b.firstHashKey ? -1 : 1));
    return apart.length < others.length;
  }
}

function overlap(a: OpenShard, b: OpenShard): boolean {
  return a.firstHashKey <= b.lastHashKey && b.firstHashKey <= a.lastHashKey;
}
