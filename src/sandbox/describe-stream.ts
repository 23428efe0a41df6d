/** DescribeStream, DescribeStreamSummary, ListStreams and ListShards. */

import { constraintBroken, invalidArgument } from './aws-error.js';
import type { RequestContext, SandboxState } from './request-context.js';
import type { Shard } from './shard.js';
import type { Stream } from './stream.js';
import {
  findInteger,
  findObject,
  findText,
  findTimestampMs,
  findWord,
  isWireInput,
  type WireInput,
} from './wire-input.js';

const SHARD_FILTERS = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
] as const;

/** Answers a stream's properties without its shards. */
export function describeStreamSummary(input: WireInput, context: RequestContext): string {
  const stream = context.state.streams.getNamed(input);
  return JSON.stringify({
    StreamDescriptionSummary: {
      ...describe(stream, context),
      OpenShardCount: stream.openShards.length,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: stream.settings.maxRecordSizeKiB,
      RecordDistributionStrategy: stream.settings.recordDistribution,
    },
  });
}

/** Answers a stream's properties and up to `Limit` (default 100) of its shards. */
export function describeStream(input: WireInput, context: RequestContext): string {
  const stream = context.state.streams.getNamed(input);
  const limit = findInteger(input, 'Limit', { min: 1, max: 10_000 }) ?? 100;
  const page = shardsAfter(stream, findText(input, 'ExclusiveStartShardId'));
  return JSON.stringify({
    StreamDescription: {
      ...describe(stream, context),
      Shards: page.slice(0, limit).map((shard) => describeShard(shard, context.state)),
      HasMoreShards: page.length > limit,
    },
  });
}

/** Answers up to `Limit` (default 100) streams in order of name. */
export function listStreams(input: WireInput, context: RequestContext): string {
  const limit = findInteger(input, 'Limit', { min: 1, max: 10_000 }) ?? 100;
  const after = findText(input, 'ExclusiveStartStreamName') ?? findText(input, 'NextToken') ?? '';
  const found = context.state.streams.list().filter((stream) => stream.name > after);
  const page = found.slice(0, limit);
  const hasMore = found.length > page.length;
  return JSON.stringify({
    StreamNames: page.map((stream) => stream.name),
    StreamSummaries: page.map((stream) => identify(stream, context)),
    HasMoreStreams: hasMore,
    ...(hasMore ? { NextToken: page.at(-1)?.name } : {}),
  });
}

/** Answers up to `MaxResults` (default 1,000) shards, closed ones included unless a filter leaves them out. */
export function listShards(input: WireInput, context: RequestContext): string {
  const maxResults = findInteger(input, 'MaxResults', { min: 1, max: 10_000 }) ?? 1000;
  const { stream, after } = listShardsStart(input, context.state);
  const found = shardsAfter(stream, after).filter(shardFilter(input, context.state));
  const page = found.slice(0, maxResults);
  const hasMore = found.length > page.length;
  return JSON.stringify({
    Shards: page.map((shard) => describeShard(shard, context.state)),
    ...(hasMore ? { NextToken: encodeToken(stream.name, page.at(-1)?.id ?? '') } : {}),
  });
}

/** The ARN of a stream in the partition of the region that the request was signed for. */
function streamArn(name: string, region: string, accountId: string): string {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return `arn:${partition}:kinesis:${region}:${accountId}:stream/${name}`;
}

function identify(stream: Stream, context: RequestContext): Record<string, unknown> {
  return {
    StreamName: stream.name,
    StreamARN: streamArn(stream.name, context.region, context.state.accountId),
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: stream.settings.mode },
    StreamCreationTimestamp: stream.createdAt / 1000,
  };
}

function describe(stream: Stream, context: RequestContext): Record<string, unknown> {
  const { keyId } = stream.settings;
  return {
    ...identify(stream, context),
    RetentionPeriodHours: 24,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    ...(keyId === null ? { EncryptionType: 'NONE' } : { EncryptionType: 'KMS', KeyId: keyId }),
  };
}

function describeShard(shard: Shard, state: SandboxState): Record<string, unknown> {
  const [parent, adjacent] = shard.parents;
  const { sequences } = state;
  return {
    ShardId: shard.id,
    ...(parent ? { ParentShardId: parent.id } : {}),
    ...(adjacent ? { AdjacentParentShardId: adjacent.id } : {}),
    HashKeyRange: { StartingHashKey: String(shard.range.start), EndingHashKey: String(shard.range.end) },
    SequenceNumberRange: {
      StartingSequenceNumber: sequences.format(shard.startSequence),
      ...(shard.endSequence === null ? {} : { EndingSequenceNumber: sequences.format(shard.endSequence) }),
    },
  };
}

function shardsAfter(stream: Stream, shardId: string | undefined): Shard[] {
  const shards = [...stream.shards.values()];
  return shardId === undefined ? shards : shards.filter((shard) => shard.id > shardId);
}

function listShardsStart(input: WireInput, state: SandboxState): { stream: Stream; after: string | undefined } {
  const token = findText(input, 'NextToken');
  if (token === undefined) {
    return { stream: state.streams.getNamed(input), after: findText(input, 'ExclusiveStartShardId') };
  }
  if (input['StreamName'] !== undefined) {
    throw invalidArgument('NextToken and StreamName cannot be provided together.');
  }
  const start = decodeToken(token);
  return { stream: state.streams.get(start.stream), after: start.after };
}

/** Open shards for the `AT_…` filters of the present; the whole history for the others, since nothing expires here. */
function shardFilter(input: WireInput, state: SandboxState): (shard: Shard) => boolean {
  const filter = findObject(input, 'ShardFilter');
  if (!filter) {
    return () => true;
  }
  const type = findWord(filter, 'Type', SHARD_FILTERS);
  const shardId = findText(filter, 'ShardId');
  switch (type) {
    case undefined:
      throw constraintBroken('shardFilter.type', 'not be null');
    case 'AT_LATEST':
      return (shard) => shard.isOpen;
    case 'AFTER_SHARD_ID':
      return (shard) => shard.id > (shardId ?? '');
    case 'AT_TRIM_HORIZON':
      return (shard) => shard.parents.length === 0;
    case 'AT_TIMESTAMP':
    case 'FROM_TIMESTAMP':
      return timeFilter(filter, state);
    case 'FROM_TRIM_HORIZON':
      return () => true;
  }
}

/** Shards do not keep when they were closed, so a past time lists them all; the present lists the open ones. */
function timeFilter(filter: WireInput, state: SandboxState): (shard: Shard) => boolean {
  const at = findTimestampMs(filter, 'Timestamp');
  if (at === undefined) {
    throw constraintBroken('shardFilter.timestamp', 'not be null');
  }
  return at >= state.now() ? (shard) => shard.isOpen : () => true;
}

function encodeToken(stream: string, after: string): string {
  return Buffer.from(JSON.stringify({ stream, after })).toString('base64');
}

function decodeToken(token: string): { stream: string; after: string } {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    if (isWireInput(value) && typeof value['stream'] === 'string' && typeof value['after'] === 'string') {
      return { stream: value['stream'], after: value['after'] };
    }
  } catch {
    // Falls through to the refusal: a token that does not decode is as foreign as one with other fields.
  }
  throw invalidArgument('Invalid NextToken.');
}
