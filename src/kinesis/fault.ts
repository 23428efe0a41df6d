/** The one table from AWS's wire codes to what the sink does about them. */

import type { HaltingCause } from './record.js';

/**
 * What a code means for the records of the request.
 * - `throttle`: not stored, try again soon.
 * - `transient`: not stored, try again.
 * - `unknown`: may be stored, try again and say so.
 * - `halt`: not stored, and nothing else will be until somebody mends the cause.
 * - `invalid`: not stored, because of some record in the request.
 */
export type Fault =
  | { readonly kind: 'throttle'; readonly cause: 'THROTTLED' | 'KMS_THROTTLED' }
  | { readonly kind: 'transient'; readonly cause: 'AWS_UNAVAILABLE' | 'REQUEST_REFUSED' | 'UNKNOWN_ERROR' }
  | { readonly kind: 'unknown'; readonly cause: 'AWS_UNAVAILABLE' | 'OUTCOME_UNKNOWN' }
  | { readonly kind: 'halt'; readonly cause: HaltingCause }
  | { readonly kind: 'invalid' };

/** An error as it stands on the wire. `code` is null where the answer held none (a proxy's HTML page). */
export interface WireError {
  readonly code: string | null;
  /** The answer's HTTP status; 200 for a record's own code inside a PutRecords answer. */
  readonly httpStatus: number;
  readonly message: string;
}

const THROTTLE: Fault = { kind: 'throttle', cause: 'THROTTLED' };
const KMS_THROTTLE: Fault = { kind: 'throttle', cause: 'KMS_THROTTLED' };
const TRANSIENT: Fault = { kind: 'transient', cause: 'AWS_UNAVAILABLE' };
const STRANGE: Fault = { kind: 'transient', cause: 'UNKNOWN_ERROR' };
const STRANGE_REQUEST: Fault = { kind: 'transient', cause: 'REQUEST_REFUSED' };
const UNKNOWN: Fault = { kind: 'unknown', cause: 'OUTCOME_UNKNOWN' };
const BROKEN: Fault = { kind: 'unknown', cause: 'AWS_UNAVAILABLE' };
const INVALID: Fault = { kind: 'invalid' };
const REFUSED_CREDENTIAL = halt('CREDENTIAL_REFUSED');

/** Keyed by the code without its `Exception`: AWS sends both forms (`Throttling`, `ThrottlingException`). */
const FAULTS: ReadonlyMap<string, Fault> = new Map([
  ['ProvisionedThroughputExceeded', THROTTLE],
  ['LimitExceeded', THROTTLE],
  ['Throttling', THROTTLE],
  ['Throttled', THROTTLE],
  ['RequestThrottled', THROTTLE],
  ['RequestLimitExceeded', THROTTLE],
  ['TooManyRequests', THROTTLE],
  ['SlowDown', THROTTLE],
  ['KMSThrottling', KMS_THROTTLE],
  ['ServiceUnavailable', TRANSIENT],
  ['RequestTimeout', TRANSIENT],
  ['ExpiredToken', halt('CREDENTIAL_EXPIRED')],
  ['TokenRefreshRequired', halt('CREDENTIAL_EXPIRED')],
  ['UnrecognizedClient', REFUSED_CREDENTIAL],
  ['InvalidClientTokenId', REFUSED_CREDENTIAL],
  ['InvalidAccessKeyId', REFUSED_CREDENTIAL],
  ['InvalidSignature', REFUSED_CREDENTIAL],
  ['SignatureDoesNotMatch', REFUSED_CREDENTIAL],
  ['IncompleteSignature', REFUSED_CREDENTIAL],
  ['MissingAuthenticationToken', REFUSED_CREDENTIAL],
  ['AuthFailure', REFUSED_CREDENTIAL],
  ['RequestExpired', halt('CLOCK_SKEWED')],
  ['RequestTimeTooSkewed', halt('CLOCK_SKEWED')],
  ['RequestInTheFuture', halt('CLOCK_SKEWED')],
  ['AccessDenied', halt('ACCESS_DENIED')],
  ['NotAuthorized', halt('ACCESS_DENIED')],
  ['UnauthorizedOperation', halt('ACCESS_DENIED')],
  ['OptInRequired', halt('ACCESS_DENIED')],
  ['KMSAccessDenied', halt('KMS_ACCESS_DENIED')],
  ['KMSDisabled', halt('KMS_KEY_DISABLED')],
  ['KMSInvalidState', halt('KMS_KEY_INVALID_STATE')],
  ['KMSNotFound', halt('KMS_KEY_NOT_FOUND')],
  ['KMSOptInRequired', halt('KMS_NOT_SUBSCRIBED')],
  ['ResourceNotFound', halt('STREAM_NOT_FOUND')],
  ['ResourceInUse', halt('STREAM_NOT_ACTIVE')],
  ['InvalidArgument', INVALID],
  ['Validation', INVALID],
  ['ValidationError', INVALID],
  ['Serialization', INVALID],
  ['InvalidParameterValue', INVALID],
  ['InvalidParameterCombination', INVALID],
  ['MissingParameter', INVALID],
  ['RequestEntityTooLarge', INVALID],
]);

/** Codes of single records that stand for a passing fault inside AWS; of whole requests the HTTP status says so. */
const PASSING: ReadonlySet<string> = new Set(['InternalFailure', 'InternalServerError', 'InternalError']);

const CLOCK_TEXT = /signature expired|signature not yet current|too skewed/i;
const STREAM_FIELD_TEXT = /'stream(?:Name|ARN)'/i;

/**
 * Says what an error means. Unknown codes are taken as faults that pass: dropping a record is worse than a late one.
 * @param error as it stood on the wire; `code` bare of namespace and address, with or without `Exception`.
 */
export function classify(error: WireError): Fault {
  const fault = FAULTS.get((error.code ?? '').replace(/Exception$/, ''));
  if (fault === undefined) return classifyByStatus(error);
  if (fault === REFUSED_CREDENTIAL && CLOCK_TEXT.test(error.message)) return halt('CLOCK_SKEWED');
  // A stream name that AWS finds malformed is no record's fault: bisecting would condemn all of them.
  if (fault === INVALID && STREAM_FIELD_TEXT.test(error.message)) return halt('STREAM_NOT_FOUND');
  return fault;
}

/** Whether a request was refused for the keys that it was signed with. */
export function isKeyFault({ cause }: { readonly kind: string; readonly cause?: string | null }): boolean {
  return cause === 'CREDENTIAL_EXPIRED' || cause === 'CREDENTIAL_REFUSED';
}

function classifyByStatus({ code, httpStatus }: WireError): Fault {
  if (httpStatus === 413) return INVALID;
  if (httpStatus === 429) return THROTTLE;
  // A failed request (InternalFailure and its like) may have been stored before it failed.
  if (httpStatus >= 500) return BROKEN;
  if (httpStatus === 200 && code !== null) return PASSING.has(code.replace(/Exception$/, '')) ? TRANSIENT : STRANGE;
  // No code at all: something other than Kinesis answered, and nobody knows what it did with the request.
  return code === null ? UNKNOWN : STRANGE_REQUEST;
}

function halt(cause: HaltingCause): Fault {
  return { kind: 'halt', cause };
}
