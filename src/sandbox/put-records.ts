/** PutRecord and PutRecords: the hot path. Answers are joined from texts, data stays base64. */

import { AwsError, constraintBroken, invalidArgument } from './aws-error.js';
import { parseRecordEntry, type RecordEntry } from './record-entry.js';
import type { RequestContext } from './request-context.js';
import type { Stream } from './stream.js';
import { isWireInput, type WireInput } from './wire-input.js';

/** Most records in a PutRecords request. */
const MAX_RECORDS = 500;
/** Most bytes in a PutRecords request: data and partition keys of all records. */
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

/** Appends up to {@link MAX_RECORDS} records; what a shard's limit or a fault refuses is reported record by record. */
export function putRecords(input: WireInput, context: RequestContext): string {
  const stream = context.state.streams.getNamed(input);
  const entries = parseEntries(input['Records'], stream);
  refuseDryRun(input);
  const results: string[] = [];
  let failed = 0;
  const now = context.state.now();
  for (const entry of entries) {
    const result = putEntry(entry, stream, { context, now });
    results.push(result.text);
    failed += result.error === null ? 0 : 1;
  }
  context.state.ledger.flush();
  const reported = context.faults.missingResults > 0 ? results.slice(0, -context.faults.missingResults) : results;
  return `{"EncryptionType":"${encryptionType(stream)}","FailedRecordCount":${failed},"Records":[${reported.join(',')}]}`;
}

/** Appends one record; a refusal is the answer's error. */
export function putRecord(input: WireInput, context: RequestContext): string {
  const stream = context.state.streams.getNamed(input);
  const entry = parseRecordEntry(input, stream, '');
  refuseDryRun(input);
  const result = putEntry(entry, stream, { context, now: context.state.now() });
  context.state.ledger.flush();
  if (result.error) {
    throw result.error;
  }
  return `{"EncryptionType":"${encryptionType(stream)}",${result.text.slice(1)}`;
}

/** One record's outcome: its result entry, and the error it stands for. */
interface PutResult {
  readonly text: string;
  readonly error: AwsError | null;
}

function parseEntries(records: unknown, stream: Stream): RecordEntry[] {
  if (!Array.isArray(records)) {
    throw constraintBroken('records', 'not be null and be a list');
  }
  if (records.length < 1) {
    throw constraintBroken('records', 'have length greater than or equal to 1');
  }
  if (records.length > MAX_RECORDS) {
    throw constraintBroken('records', `have length less than or equal to ${MAX_RECORDS}`);
  }
  let sizeBytes = 0;
  const entries = records.map((record: unknown, index) => {
    if (!isWireInput(record)) {
      throw new AwsError('SerializationException', `records.${index + 1} can not be converted to a Structure.`);
    }
    const entry = parseRecordEntry(record, stream, `records.${index + 1}.member.`);
    sizeBytes += entry.sizeBytes;
    return entry;
  });
  if (sizeBytes > MAX_REQUEST_BYTES) {
    throw invalidArgument('Records size exceeds 10 MB limit');
  }
  return entries;
}

/** AWS answers a dry run that would have succeeded with an error of its own, once all checks have passed. */
function refuseDryRun(input: WireInput): void {
  if (input['DryRun'] === true) {
    const message = 'The request would have succeeded, but the DryRun parameter was specified.';
    throw new AwsError('DryRunOperationException', message);
  }
}

function putEntry(entry: RecordEntry, stream: Stream, call: { context: RequestContext; now: number }): PutResult {
  const error = findRefusal(entry, stream, call);
  if (error) {
    return { text: JSON.stringify({ ErrorCode: error.code, ErrorMessage: error.message }), error };
  }
  const sequenceNumber = append(entry, stream, call);
  return { text: `{"SequenceNumber":"${sequenceNumber}${entry.shard.resultEnding}`, error: null };
}

function findRefusal(
  entry: RecordEntry,
  stream: Stream,
  { context, now }: { context: RequestContext; now: number },
): AwsError | null {
  const failure = context.faults.failure?.(entry.partitionKey);
  if (failure) {
    context.state.stats.faultedRecords += 1;
    return new AwsError(failure.code, failure.message, failure.code === 'InternalFailure' ? 500 : 400);
  }
  if (entry.shard.throughput.take(entry.sizeBytes, now)) {
    return null;
  }
  context.state.stats.throttledRecords += 1;
  const { accountId } = context.state;
  const message = `Rate exceeded for shard ${entry.shard.id} in stream ${stream.name} under account ${accountId}.`;
  return new AwsError('ProvisionedThroughputExceededException', message);
}

/** Appends a record and returns its sequence number's wire form. */
function append(entry: RecordEntry, stream: Stream, call: { context: RequestContext; now: number }): string {
  const { shard, partitionKey, data, sizeBytes } = entry;
  const { sequences, ledger, stats } = call.context.state;
  const sequence = sequences.next();
  const sequenceNumber = sequences.format(sequence);
  shard.tally.records += 1;
  shard.tally.bytes += sizeBytes;
  stats.records += 1;
  stats.bytes += sizeBytes;
  stream.retain({ at: call.now, sequence, shard, partitionKey, data, sizeBytes });
  if (ledger.writesLines) {
    ledger.add({ at: call.now, stream: stream.name, shardId: shard.id, sequenceNumber, partitionKey, data });
  }
  return sequenceNumber;
}

function encryptionType(stream: Stream): string {
  return stream.settings.keyId === null ? 'NONE' : 'KMS';
}
