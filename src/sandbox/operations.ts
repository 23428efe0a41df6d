/** The operations that the sandbox knows: of the Kinesis API, and one of STS. */

import { AwsError } from './aws-error.js';
import { CALLER_IDENTITY, getCallerIdentity } from './caller-identity.js';
import { createStream, deleteStream, mergeShards, splitShard, updateMaxRecordSize } from './change-stream.js';
import { describeStream, describeStreamSummary, listShards, listStreams } from './describe-stream.js';
import { putRecord, putRecords } from './put-records.js';
import { getRecords } from './read-records.js';
import type { Operation } from './request-context.js';
import { getShardIterator } from './shard-iterator.js';

const TARGET_PREFIX = 'Kinesis_20131202.';

const OPERATIONS = new Map<string, Operation>([
  ['CreateStream', createStream],
  ['DeleteStream', deleteStream],
  ['DescribeStream', describeStream],
  ['DescribeStreamSummary', describeStreamSummary],
  [CALLER_IDENTITY, getCallerIdentity],
  ['GetRecords', getRecords],
  ['GetShardIterator', getShardIterator],
  ['ListShards', listShards],
  ['ListStreams', listStreams],
  ['MergeShards', mergeShards],
  ['PutRecord', putRecord],
  ['PutRecords', putRecords],
  ['SplitShard', splitShard],
  ['UpdateMaxRecordSize', updateMaxRecordSize],
]);

/** The name in an `x-amz-target` header; empty if it is no Kinesis target. */
export function operationName(target: string | undefined): string {
  return target?.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
}

/** @throws {AwsError} `UnknownOperationException`, also for real operations that the sandbox lacks. */
export function getOperation(name: string): Operation {
  const operation = OPERATIONS.get(name);
  if (!operation) {
    const known = [...OPERATIONS.keys()].join(', ');
    throw new AwsError('UnknownOperationException', `Operation '${name}' is not known here. Known: ${known}.`);
  }
  return operation;
}
