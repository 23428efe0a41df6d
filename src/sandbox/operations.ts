/** The operations that the sandbox knows: of the Kinesis API, and of STS those that credentials need. */

import { assumeRole } from './assume-role.js';
import { AwsError } from './aws-error.js';
import type { Protocol } from './aws-request.js';
import { getCallerIdentity } from './caller-identity.js';
import { createStream, deleteStream, mergeShards, splitShard, updateMaxRecordSize } from './change-stream.js';
import { describeStream, describeStreamSummary, listShards, listStreams } from './describe-stream.js';
import { putRecord, putRecords } from './put-records.js';
import { getRecords } from './read-records.js';
import type { Operation } from './request-context.js';
import { getShardIterator } from './shard-iterator.js';

const TARGET_PREFIX = 'Kinesis_20131202.';

const KINESIS = new Map<string, Operation>([
  ['CreateStream', createStream],
  ['DeleteStream', deleteStream],
  ['DescribeStream', describeStream],
  ['DescribeStreamSummary', describeStreamSummary],
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

const STS = new Map<string, Operation>([
  ['AssumeRole', assumeRole],
  ['GetCallerIdentity', getCallerIdentity],
]);

/** The name in an `x-amz-target` header; empty if it is no Kinesis target. */
export function operationName(target: string | undefined): string {
  return target?.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
}

/** @throws {AwsError} `UnknownOperationException` or `InvalidAction`, also for real operations that the sandbox lacks. */
export function getOperation({ protocol, operation: name }: { protocol: Protocol; operation: string }): Operation {
  const operations = protocol === 'json' ? KINESIS : STS;
  const operation = operations.get(name);
  if (!operation) {
    const code = protocol === 'json' ? 'UnknownOperationException' : 'InvalidAction';
    const known = [...operations.keys()].join(', ');
    throw new AwsError(code, `Operation '${name}' is not known here. Known: ${known}.`);
  }
  return operation;
}
