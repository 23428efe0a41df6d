/** A stream: which shard a record goes to, splitting and merging, and how much it keeps for readers. */

import { type HashRange, splitKeySpace } from './hash-range.js';
import type { Ledger } from './ledger.js';
import { RecordQueue, type StoredRecord } from './record-queue.js';
import type { SequenceNumbers } from './sequence-numbers.js';
import { Shard } from './shard.js';
import { createThroughput, type Limits } from './throughput.js';

/** Properties of a stream that are set when it is created. */
export interface StreamSettings {
  readonly mode: 'PROVISIONED' | 'ON_DEMAND';
  /** `AUTO` ignores partition keys and spreads records over all shards in turn. */
  readonly recordDistribution: 'USER_PARTITION_KEY' | 'AUTO';
  /** Largest record (data + key), KiB. */
  readonly maxRecordSizeKiB: number;
  /** Write limits of each shard. */
  readonly limits: Limits;
  /** KMS key of an encrypted stream; nothing is really encrypted. */
  readonly keyId: string | null;
  /** Records kept for readers, bytes; the oldest go first. 0 keeps none. */
  readonly retainBytes: number;
}

/** What a stream needs from the sandbox around it. */
export interface StreamSurroundings {
  readonly sequences: SequenceNumbers;
  readonly ledger: Ledger;
  readonly now: () => number;
}

/** What a retained record costs besides its text: the object, its slots in two queues. */
const RECORD_OVERHEAD_BYTES = 120;

/** One stream, ACTIVE from its creation to its deletion. */
export class Stream {
  readonly createdAt: number;
  /** All shards it ever had, by id, oldest first. */
  readonly shards = new Map<string, Shard>();
  /** Open shards in order of their ranges. */
  openShards: readonly Shard[] = [];
  /** Retained records of all shards, oldest first. */
  readonly records = new RecordQueue();
  private retainedBytes = 0;
  private turn = 0;

  constructor(
    readonly name: string,
    private current: StreamSettings,
    private readonly surroundings: StreamSurroundings,
  ) {
    this.createdAt = surroundings.now();
  }

  /** As they are now. */
  get settings(): StreamSettings {
    return this.current;
  }

  /** Holds for requests that come from now on. */
  changeSettings(change: Partial<StreamSettings>): void {
    this.current = { ...this.current, ...change };
  }

  /** Opens the first shards, equal parts of the key space. */
  openInitialShards(count: number): void {
    this.openShards = splitKeySpace(count).map((range) => this.openShard(range, []));
  }

  /** The open shard that owns a hash key, given as 32 hex digits. */
  shardOfHash(hashHex: string): Shard {
    let low = 0;
    let high = this.openShards.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.openShards[middle]?.startHex ?? '') <= hashHex) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return this.openShardAt(low);
  }

  /** The shard whose turn it is, for streams that distribute records themselves. */
  nextShardInTurn(): Shard {
    this.turn += 1;
    return this.openShardAt(this.turn % this.openShards.length);
  }

  /** The only open shard, which owns every key without hashing it; null if there are several. */
  get onlyShard(): Shard | null {
    return this.openShards.length === 1 ? this.openShardAt(0) : null;
  }

  /** Keeps a record for readers and drops the oldest ones over the cap. */
  retain(record: StoredRecord): void {
    if (this.settings.retainBytes === 0) {
      return;
    }
    this.records.push(record);
    record.shard.records.push(record);
    this.retainedBytes += retainedSize(record);
    while (this.retainedBytes > this.settings.retainBytes) {
      this.dropOldest();
    }
  }

  /** Closes a shard and opens two children, the second from `at` on; `at` must lie inside its range. */
  split(parent: Shard, at: bigint): void {
    this.close([parent]);
    const low = this.openShard({ start: parent.range.start, end: at - 1n }, [parent]);
    const high = this.openShard({ start: at, end: parent.range.end }, [parent]);
    this.replaceOpen([parent], [low, high]);
  }

  /** Closes two adjacent shards and opens their common child. */
  merge(parent: Shard, adjacent: Shard): void {
    this.close([parent, adjacent]);
    const [low, high] = parent.range.start < adjacent.range.start ? [parent, adjacent] : [adjacent, parent];
    const child = this.openShard({ start: low.range.start, end: high.range.end }, [parent, adjacent]);
    this.replaceOpen([parent, adjacent], [child]);
  }

  private openShardAt(index: number): Shard {
    const shard = this.openShards[index];
    if (!shard) {
      throw new Error(`Stream ${this.name} has no open shard ${index}: open its initial shards first.`);
    }
    return shard;
  }

  private openShard(range: HashRange, parents: readonly Shard[]): Shard {
    const id = `shardId-${String(this.shards.size).padStart(12, '0')}`;
    const shard = new Shard({
      id,
      range,
      parents,
      startSequence: this.surroundings.sequences.next(),
      throughput: createThroughput(this.settings.limits, this.surroundings.now()),
      tally: this.surroundings.ledger.tally(this.name, id),
    });
    this.shards.set(id, shard);
    for (const parent of parents) {
      parent.children.push(shard);
    }
    return shard;
  }

  private close(shards: readonly Shard[]): void {
    for (const shard of shards) {
      shard.endSequence = this.surroundings.sequences.next();
    }
  }

  private replaceOpen(closed: readonly Shard[], opened: readonly Shard[]): void {
    this.openShards = [...this.openShards.filter((shard) => !closed.includes(shard)), ...opened].sort((left, right) =>
      left.startHex < right.startHex ? -1 : 1,
    );
  }

  private dropOldest(): void {
    const oldest = this.records.shift();
    if (!oldest) {
      this.retainedBytes = 0;
      return;
    }
    // Both queues are in order of appending, so the stream's oldest is also its shard's oldest.
    oldest.shard.records.shift();
    this.retainedBytes -= retainedSize(oldest);
  }
}

function retainedSize(record: StoredRecord): number {
  return record.data.length + record.partitionKey.length + RECORD_OVERHEAD_BYTES;
}
