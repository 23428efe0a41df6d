/** Checks the records of PutRecord and PutRecords, and finds their shards, before anything is written. */

import { AwsError, constraintBroken, invalidArgument } from './aws-error.js';
import { hashKeyToHex, hashPartitionKey, parseHashKey } from './hash-range.js';
import type { Shard } from './shard.js';
import type { Stream } from './stream.js';
import { findText, type WireInput } from './wire-input.js';

/** A checked record and its destination. */
export interface RecordEntry {
  readonly partitionKey: string;
  /** Base64. */
  readonly data: string;
  /** Data and key, bytes. */
  readonly sizeBytes: number;
  readonly shard: Shard;
}

/** Longest partition key, UTF-16 code units: the strictest reading of "256 Unicode characters". */
const MAX_KEY_LENGTH = 256;

/**
 * Checks one record against the API's and the stream's limits.
 * @param path how AWS names the record in its error texts, e.g. `records.3.member.`; empty for PutRecord.
 * @throws {AwsError} `ValidationException`, `InvalidArgumentException` or `SerializationException`.
 */
export function parseRecordEntry(record: WireInput, stream: Stream, path: string): RecordEntry {
  const data = record['Data'];
  if (typeof data !== 'string') {
    throw missingOrMistyped(data, `${path}data`);
  }
  const partitionKey = parsePartitionKey(record['PartitionKey'], stream, path);
  const sizeBytes = decodedLength(data) + Buffer.byteLength(partitionKey);
  if (sizeBytes > stream.settings.maxRecordSizeKiB * 1024) {
    throw recordTooLarge(path, sizeBytes, stream.settings.maxRecordSizeKiB);
  }
  return { partitionKey, data, sizeBytes, shard: findShard(record, partitionKey, stream) };
}

/** Bytes that a base64 text stands for, from its length alone: decoding 500 records would double a request's cost. */
function decodedLength(base64: string): number {
  const length = base64.length;
  if (length % 4 !== 0) {
    throw new AwsError('SerializationException', 'A Blob is not valid base64.');
  }
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return (length / 4) * 3 - padding;
}

function parsePartitionKey(key: unknown, stream: Stream, path: string): string {
  if (stream.settings.recordDistribution === 'AUTO' && (key === undefined || key === null)) {
    return '';
  }
  if (typeof key !== 'string') {
    throw missingOrMistyped(key, `${path}partitionKey`);
  }
  if (key.length === 0) {
    throw constraintBroken(`${path}partitionKey`, 'have length greater than or equal to 1');
  }
  if (key.length > MAX_KEY_LENGTH) {
    throw constraintBroken(`${path}partitionKey`, `have length less than or equal to ${MAX_KEY_LENGTH}`);
  }
  return key;
}

function findShard(record: WireInput, partitionKey: string, stream: Stream): Shard {
  const explicit = record['ExplicitHashKey'] === undefined ? undefined : findText(record, 'ExplicitHashKey');
  if (stream.settings.recordDistribution === 'AUTO') {
    return stream.nextShardInTurn();
  }
  if (explicit !== undefined) {
    return stream.shardOfHash(parseExplicitHashKey(explicit));
  }
  return stream.onlyShard ?? stream.shardOfHash(hashPartitionKey(partitionKey));
}

function parseExplicitHashKey(decimal: string): string {
  const hashKey = parseHashKey(decimal);
  if (hashKey === null) {
    throw invalidArgument('Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1].');
  }
  return hashKeyToHex(hashKey);
}

function missingOrMistyped(value: unknown, field: string): AwsError {
  if (value === undefined || value === null) {
    return constraintBroken(field, 'not be null');
  }
  return new AwsError('SerializationException', `${field} can not be converted to its type.`);
}

function recordTooLarge(path: string, sizeBytes: number, maxKiB: number): AwsError {
  const record = path === '' ? 'The record' : `The record at '${path.slice(0, -'.member.'.length)}'`;
  return new AwsError(
    'ValidationException',
    `${record} has ${sizeBytes} bytes (data and partition key); the stream's maximum record size is ${maxKiB} KiB.`,
  );
}
