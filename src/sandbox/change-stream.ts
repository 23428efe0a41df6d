/** CreateStream, DeleteStream, SplitShard, MergeShards and UpdateMaxRecordSize. All take effect at once: streams are never CREATING here. */

import { AwsError, constraintBroken, invalidArgument, shardNotFound } from './aws-error.js';
import { MAX_HASH_KEY, parseHashKey } from './hash-range.js';
import type { RequestContext, SandboxState } from './request-context.js';
import type { Shard } from './shard.js';
import type { Stream } from './stream.js';
import { findInteger, findObject, findWord, getText, type WireInput } from './wire-input.js';

/** Shards of a new on-demand stream. */
const ON_DEMAND_SHARDS = 4;

const RECORD_SIZE_BOUNDS = { min: 1024, max: 10_240 };

/** Creates a stream with its first shards; an ON_DEMAND one begins with {@link ON_DEMAND_SHARDS}. */
export function createStream(input: WireInput, context: RequestContext): string {
  const { streams, defaultSettings } = context.state;
  const modeDetails = findObject(input, 'StreamModeDetails') ?? {};
  const mode = findWord(modeDetails, 'StreamMode', ['PROVISIONED', 'ON_DEMAND']) ?? 'PROVISIONED';
  const maxRecordSizeKiB = findInteger(input, 'MaxRecordSizeInKiB', RECORD_SIZE_BOUNDS);
  const distribution = findWord(input, 'RecordDistributionStrategy', ['USER_PARTITION_KEY', 'AUTO']);
  streams.create({
    name: getText(input, 'StreamName'),
    shards: shardCount(input, mode),
    settings: {
      ...defaultSettings,
      mode,
      maxRecordSizeKiB: maxRecordSizeKiB ?? defaultSettings.maxRecordSizeKiB,
      recordDistribution: distribution ?? defaultSettings.recordDistribution,
    },
  });
  return '';
}

/** Deletes a stream and its records; its sums in the ledger stay. */
export function deleteStream(input: WireInput, context: RequestContext): string {
  const { streams } = context.state;
  streams.delete(streams.getNamed(input));
  return '';
}

/** Splits an open shard at a hash key inside its range. */
export function splitShard(input: WireInput, context: RequestContext): string {
  const stream = context.state.streams.getNamed(input);
  const shard = getOpenShard(stream, getText(input, 'ShardToSplit'), context.state);
  const at = parseHashKey(getText(input, 'NewStartingHashKey'));
  if (at === null) {
    throw constraintBroken('newStartingHashKey', `be a decimal number from 0 to ${MAX_HASH_KEY}`);
  }
  if (at <= shard.range.start || at > shard.range.end) {
    const range = `${shard.range.start} (excluded) to ${shard.range.end}`;
    throw invalidArgument(`NewStartingHashKey ${at} is not inside shard ${shard.id}: give one of ${range}.`);
  }
  stream.split(shard, at);
  return '';
}

/** Merges two open, adjacent shards, given in any order. */
export function mergeShards(input: WireInput, context: RequestContext): string {
  const stream = context.state.streams.getNamed(input);
  const shard = getOpenShard(stream, getText(input, 'ShardToMerge'), context.state);
  const adjacent = getOpenShard(stream, getText(input, 'AdjacentShardToMerge'), context.state);
  const areAdjacent = shard.range.end + 1n === adjacent.range.start || adjacent.range.end + 1n === shard.range.start;
  if (!areAdjacent) {
    throw invalidArgument(`Shards ${shard.id} and ${adjacent.id} in stream ${stream.name} are not adjacent.`);
  }
  stream.merge(shard, adjacent);
  return '';
}

/** Changes the limit on data and partition key together, for records that are put from now on. */
export function updateMaxRecordSize(input: WireInput, context: RequestContext): string {
  const stream = context.state.streams.getNamed(input);
  const maxRecordSizeKiB = findInteger(input, 'MaxRecordSizeInKiB', RECORD_SIZE_BOUNDS);
  if (maxRecordSizeKiB === undefined) {
    throw constraintBroken('maxRecordSizeInKiB', 'not be null');
  }
  stream.changeSettings({ maxRecordSizeKiB });
  return '';
}

function shardCount(input: WireInput, mode: 'PROVISIONED' | 'ON_DEMAND'): number {
  const count = findInteger(input, 'ShardCount', { min: 1, max: 10_000 });
  if (mode === 'ON_DEMAND') {
    return ON_DEMAND_SHARDS;
  }
  if (count === undefined) {
    throw constraintBroken('shardCount', 'not be null for a PROVISIONED stream');
  }
  return count;
}

function getOpenShard(stream: Stream, shardId: string, state: SandboxState): Shard {
  const shard = stream.shards.get(shardId);
  if (!shard) {
    throw shardNotFound(shardId, stream.name, state.accountId);
  }
  if (!shard.isOpen) {
    throw new AwsError('ResourceInUseException', `Shard ${shardId} in stream ${stream.name} is closed.`);
  }
  return shard;
}
