/** A record on its way to a stream, its limits, and the closed set of what can become of it. */

/** The longest partition key that Kinesis takes, in Unicode code points. */
export const MAX_PARTITION_KEY_CHARACTERS = 256;

/** A stream's record limit (data + partition key, in bytes) unless its owner raised it: 1 MiB. */
export const DEFAULT_MAX_RECORD_BYTES = 1_048_576;

const HALTING_CAUSES = [
  'CREDENTIAL_EXPIRED',
  'CREDENTIAL_REFUSED',
  'CREDENTIAL_UNREADABLE',
  'ROLE_NOT_ASSUMABLE',
  'EXTERNAL_ID_NOT_REQUIRED',
  'OWN_IDENTITY_UNAVAILABLE',
  'CLOCK_SKEWED',
  'ACCESS_DENIED',
  'KMS_ACCESS_DENIED',
  'KMS_KEY_DISABLED',
  'KMS_KEY_INVALID_STATE',
  'KMS_KEY_NOT_FOUND',
  'KMS_NOT_SUBSCRIBED',
  'STREAM_NOT_FOUND',
  'STREAM_NOT_ACTIVE',
] as const;
const HALTING: ReadonlySet<string> = new Set(HALTING_CAUSES);
const EMPTY_DATA = 'The record has no data: Kinesis takes at least 1 byte. Map at least one attribute.';

/** One unit to send: `data` is 1 byte up to the stream's record limit, `partitionKey` 1 to 256 code points. */
export interface KinesisRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
}

/** A cause that hits every record alike and that only a person (or a passing state of the stream) can mend. */
export type HaltingCause = (typeof HALTING_CAUSES)[number];

/**
 * Why a record is still owed. `ABORTED`: the signal, the guard or the deadline came before it was ever sent in this call.
 * `UNKNOWN_ERROR`: AWS refused this one record with a code that nobody here knows; `REQUEST_REFUSED`: the whole request. `RECORD_LIMIT_CHANGED`: it was built for a limit that does not hold any more.
 */
export type DeferralCause =
  | 'THROTTLED'
  | 'KMS_THROTTLED'
  | 'AWS_UNAVAILABLE'
  | 'OUTCOME_UNKNOWN'
  | 'ABORTED'
  | 'REQUEST_REFUSED'
  | 'UNKNOWN_ERROR'
  | 'RECORD_LIMIT_CHANGED'
  | HaltingCause;

/** AWS stored the record. `possibleDuplicate`: an earlier attempt of the same call may have stored it as well. */
export interface DeliveredRecord {
  readonly status: 'delivered';
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** PutRecords calls that held the record, at least 1. */
  readonly attempts: number;
  readonly possibleDuplicate: boolean;
}

/**
 * The record can never be stored as it is. `attempts` is 0 if it was refused here, without asking AWS.
 * `RETRIES_EXHAUSTED` is the caller's word for an UNKNOWN_ERROR that has lasted too long.
 */
export interface FailedRecord {
  readonly status: 'failed';
  readonly code: 'RECORD_TOO_LARGE' | 'RECORD_REFUSED' | 'RETRIES_EXHAUSTED';
  /** What is wrong and what to do; never holds the payload or the key. */
  readonly message: string;
  readonly awsCode: string | null;
  readonly awsRequestId: string | null;
  readonly attempts: number;
  /** An earlier attempt may have stored it all the same. */
  readonly outcomeUnknown: boolean;
  /** Data and partition key together, in bytes. */
  readonly sizeBytes: number;
  /** The limit that was passed, in bytes; null if the size is not what is wrong. */
  readonly limitBytes: number | null;
}

/** The record is not known to be stored; nothing of it is kept here, the caller sends it again. */
export interface DeferredRecord {
  readonly status: 'deferred';
  readonly cause: DeferralCause;
  /** True if some attempt of this call may have stored the record: sending it again may duplicate it. */
  readonly outcomeUnknown: boolean;
  /** How long to wait before the next try, in milliseconds, at least 0, already jittered. */
  readonly retryAfterMs: number;
  readonly attempts: number;
  readonly awsCode: string | null;
  readonly awsRequestId: string | null;
  /** What AWS said, or the name of the network fault, where quoting it gives nothing away; else null. */
  readonly detail: string | null;
}

/** What became of one record in one call. */
export type RecordResult = DeliveredRecord | FailedRecord | DeferredRecord;

/** Whether a cause stops the whole destination rather than this record. */
export function isHalting(cause: DeferralCause): cause is HaltingCause {
  return HALTING.has(cause);
}

/** Whether a cause says that AWS takes no more just now. */
export function isThrottle(cause: DeferralCause): boolean {
  return cause === 'THROTTLED' || cause === 'KMS_THROTTLED';
}

/** The bytes that Kinesis counts for a record: its data before base64, and its key in UTF-8. */
export function measureRecord(record: KinesisRecord): number {
  return record.data.length + Buffer.byteLength(record.partitionKey, 'utf8');
}

/**
 * Finds what AWS would refuse a record for, so that it need not cost its whole request.
 * @param maxRecordBytes the stream's limit on data + key.
 * @returns the failure, or null if the record may be sent.
 */
export function findRecordFault(record: KinesisRecord, maxRecordBytes: number): FailedRecord | null {
  const sizeBytes = measureRecord(record);
  if (sizeBytes > maxRecordBytes) {
    const message = `The record has ${sizeBytes} bytes with its partition key; the stream takes ${maxRecordBytes}. Send less, or raise the stream's MaxRecordSizeInKiB.`;
    return refuseLocally({ code: 'RECORD_TOO_LARGE', message, sizeBytes, limitBytes: maxRecordBytes });
  }
  const message = findKeyFault(record.partitionKey) ?? (record.data.length === 0 ? EMPTY_DATA : null);
  return message === null ? null : refuseLocally({ code: 'RECORD_REFUSED', message, sizeBytes, limitBytes: null });
}

function findKeyFault(key: string): string | null {
  if (key.length === 0) return 'The partition key is empty: Kinesis takes 1 to 256 characters. Choose another key.';
  // A code point has one or two UTF-16 units, so only keys longer than 256 units need counting.
  if (key.length > MAX_PARTITION_KEY_CHARACTERS && countCodePoints(key) > MAX_PARTITION_KEY_CHARACTERS) {
    return `The partition key has ${countCodePoints(key)} characters; Kinesis takes 1 to 256. Choose a shorter key.`;
  }
  // Half a surrogate pair has no UTF-8 form: AWS would refuse the whole request as malformed.
  if (/\p{Surrogate}/u.test(key))
    return 'The partition key is not valid Unicode (a lone surrogate). Mend it at its source.';
  return null;
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function refuseLocally(fault: Pick<FailedRecord, 'code' | 'message' | 'sizeBytes' | 'limitBytes'>): FailedRecord {
  return { status: 'failed', ...fault, awsCode: null, awsRequestId: null, attempts: 0, outcomeUnknown: false };
}
