/** One shard: a range of hash keys, its records, its limits, its parents and children. */

import { type HashRange, hashKeyToHex } from './hash-range.js';
import type { ShardTally } from './ledger.js';
import { RecordQueue } from './record-queue.js';
import type { Throughput } from './throughput.js';

/** What a new shard is made of. */
export interface ShardSeed {
  /** `shardId-` and twelve digits. */
  readonly id: string;
  readonly range: HashRange;
  /** None, one (split) or two (merge: parent and adjacent parent) closed shards. */
  readonly parents: readonly Shard[];
  readonly startSequence: number;
  readonly throughput: Throughput;
  readonly tally: ShardTally;
}

/** A shard; it is open until {@link Shard.endSequence} is set. */
export class Shard {
  readonly id: string;
  readonly range: HashRange;
  /** {@link HashRange.start} as sortable hex. */
  readonly startHex: string;
  readonly parents: readonly Shard[];
  readonly children: Shard[] = [];
  readonly startSequence: number;
  readonly throughput: Throughput;
  readonly tally: ShardTally;
  readonly records = new RecordQueue();
  /** The last sequence number of a closed shard, null while it is open. */
  endSequence: number | null = null;
  /** What follows the sequence number in a result entry, made once instead of once a record. */
  readonly resultEnding: string;

  constructor(seed: ShardSeed) {
    this.id = seed.id;
    this.range = seed.range;
    this.startHex = hashKeyToHex(seed.range.start);
    this.parents = seed.parents;
    this.startSequence = seed.startSequence;
    this.throughput = seed.throughput;
    this.tally = seed.tally;
    this.resultEnding = `","ShardId":"${seed.id}"}`;
  }

  get isOpen(): boolean {
    return this.endSequence === null;
  }
}
