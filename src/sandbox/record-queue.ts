/** Records kept for readers: appended at one end, dropped at the other, found by sequence number. */

import type { Shard } from './shard.js';

/** A record as it is kept in memory. */
export interface StoredRecord {
  /** When it was appended, epoch milliseconds. */
  readonly at: number;
  readonly sequence: number;
  readonly shard: Shard;
  readonly partitionKey: string;
  /** Base64, as it came: decoding it is left to whoever reads. */
  readonly data: string;
  /** Data and key, bytes. */
  readonly sizeBytes: number;
}

/** A queue in order of sequence number and of time; dropping costs a constant on average. */
export class RecordQueue {
  private records: (StoredRecord | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.records.length - this.head;
  }

  push(record: StoredRecord): void {
    this.records.push(record);
  }

  /** Drops the oldest and returns it. */
  shift(): StoredRecord | undefined {
    const oldest = this.records[this.head];
    if (oldest === undefined) {
      return undefined;
    }
    // The slot would hold the payload alive until the array is cut.
    this.records[this.head] = undefined;
    this.head += 1;
    this.compact();
    return oldest;
  }

  /** The record at `index`, 0 = the oldest kept. */
  at(index: number): StoredRecord | undefined {
    return this.records[this.head + index];
  }

  /** Index of the first record with this sequence number or a later one; {@link length} if there is none. */
  indexOfSequence(sequence: number): number {
    return this.search((record) => record.sequence >= sequence);
  }

  /** Index of the first record appended at `at` (epoch milliseconds) or later; {@link length} if there is none. */
  indexOfTime(at: number): number {
    return this.search((record) => record.at >= at);
  }

  *[Symbol.iterator](): Generator<StoredRecord> {
    for (let index = 0; index < this.length; index += 1) {
      const record = this.at(index);
      if (record) {
        yield record;
      }
    }
  }

  private search(isAtOrAfter: (record: StoredRecord) => boolean): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.at(middle);
      if (record !== undefined && isAtOrAfter(record)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private compact(): void {
    if (this.head > 512 && this.head * 2 > this.records.length) {
      this.records = this.records.slice(this.head);
      this.head = 0;
    }
  }
}
