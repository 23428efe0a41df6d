/** GetRecords: reading back what was appended, as far as it is retained. */

import { invalidArgument } from './aws-error.js';
import type { StoredRecord } from './record-queue.js';
import type { RequestContext, SandboxState } from './request-context.js';
import type { Shard } from './shard.js';
import { getShard, iteratorAt, parseIterator } from './shard-iterator.js';
import type { Stream } from './stream.js';
import { findInteger, getText, type WireInput } from './wire-input.js';

const MAX_RECORDS = 10_000;
const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

/** Answers up to `Limit` records (1 to 10,000) or 10 MiB, whichever comes first. */
export function getRecords(input: WireInput, context: RequestContext): string {
  const { state } = context;
  const limit = findInteger(input, 'Limit', { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? MAX_RECORDS;
  if (limit > MAX_RECORDS) {
    throw invalidArgument(`Limit must be at most ${MAX_RECORDS}.`);
  }
  const position = parseIterator(getText(input, 'ShardIterator'), state);
  const stream = state.streams.get(position.stream);
  const shard = getShard(stream, position.shardId, state);
  if (shard.startSequence !== position.shardStart) {
    throw invalidArgument('The ShardIterator belongs to a stream that was deleted.');
  }
  const records = takeRecords(shard, position.sequence, limit);
  const last = records.at(-1);
  const next = last === undefined ? position.sequence : last.sequence + 1;
  const fields = [
    `"Records":[${records.map((record) => recordText(record, stream, state)).join(',')}]`,
    `"MillisBehindLatest":${millisBehind(shard, next, state.now())}`,
    ...continuation(stream, shard, { sequence: next, state }),
  ];
  return `{${fields.join(',')}}`;
}

function takeRecords(shard: Shard, sequence: number, limit: number): StoredRecord[] {
  const taken: StoredRecord[] = [];
  let bytes = 0;
  for (let index = shard.records.indexOfSequence(sequence); taken.length < limit; index += 1) {
    const record = shard.records.at(index);
    bytes += record?.sizeBytes ?? 0;
    // The first record always goes, else a 10 MiB record could never be read.
    if (record === undefined || (bytes > MAX_ANSWER_BYTES && taken.length > 0)) {
      break;
    }
    taken.push(record);
  }
  return taken;
}

function recordText(record: StoredRecord, stream: Stream, state: SandboxState): string {
  const encryption = stream.settings.keyId === null ? 'NONE' : 'KMS';
  return `{"SequenceNumber":"${state.sequences.format(record.sequence)}","ApproximateArrivalTimestamp":${record.at / 1000},"Data":"${record.data}","PartitionKey":${JSON.stringify(record.partitionKey)},"EncryptionType":"${encryption}"}`;
}

function millisBehind(shard: Shard, sequence: number, now: number): number {
  const waiting = shard.records.at(shard.records.indexOfSequence(sequence));
  return waiting === undefined ? 0 : Math.max(0, now - waiting.at);
}

/** The next iterator; the end of a closed shard has none, but names the shards that go on. */
function continuation(stream: Stream, shard: Shard, next: { sequence: number; state: SandboxState }): string[] {
  const isAtEnd = shard.records.indexOfSequence(next.sequence) === shard.records.length;
  if (shard.isOpen || !isAtEnd) {
    return [`"NextShardIterator":"${iteratorAt(stream, shard, next)}"`];
  }
  const children = shard.children.map((child) => ({
    ShardId: child.id,
    ParentShards: child.parents.map((parent) => parent.id),
    HashKeyRange: { StartingHashKey: String(child.range.start), EndingHashKey: String(child.range.end) },
  }));
  return [`"ChildShards":${JSON.stringify(children)}`];
}
