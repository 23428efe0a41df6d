/** What a deferral says to people: what is wrong, with which stream, what to do next. */

import type { DeferralCause } from './record.js';

const TEXTS: Readonly<Record<DeferralCause, (stream: string) => string>> = {
  THROTTLED: (stream) => `Stream ${stream} takes no more just now. The record is sent again; add shards if it lasts.`,
  KMS_THROTTLED: (stream) =>
    `KMS throttles the key of stream ${stream}. The record is sent again; raise the KMS quota if it lasts.`,
  AWS_UNAVAILABLE: (stream) => `Kinesis could not be reached or failed for stream ${stream}. The record is sent again.`,
  OUTCOME_UNKNOWN: (stream) =>
    `Kinesis gave no readable answer for stream ${stream}. The record is sent again and may arrive twice.`,
  ABORTED: (stream) => `The call ended before the record was sent to stream ${stream}. It is sent with a later call.`,
  UNKNOWN_ERROR: (stream) =>
    `Kinesis refuses the record for stream ${stream} with a code that is unknown here. It is sent again for a while.`,
  RECORD_LIMIT_CHANGED: (stream) =>
    `The record limit of stream ${stream} has changed since this record was built. It is built anew for the one that holds now.`,
  CREDENTIAL_EXPIRED: (stream) =>
    `The credential for stream ${stream} has expired. Rotate it, then test the destination.`,
  CREDENTIAL_REFUSED: (stream) =>
    `AWS refuses the credential for stream ${stream}. Check the access key, its secret and the region, then test the destination.`,
  CLOCK_SKEWED: (stream) =>
    `AWS refuses requests for stream ${stream} as dated wrongly. Set this machine's clock (NTP).`,
  ACCESS_DENIED: (stream) =>
    `The credential may not write to stream ${stream}. Grant it kinesis:PutRecords on the stream.`,
  KMS_ACCESS_DENIED: (stream) =>
    `The credential may not use the key of stream ${stream}. Grant it kms:GenerateDataKey on the key.`,
  KMS_KEY_DISABLED: (stream) => `The KMS key of stream ${stream} is disabled. Enable it.`,
  KMS_KEY_INVALID_STATE: (stream) =>
    `The KMS key of stream ${stream} is in a state that forbids its use. Cancel its deletion or choose another key.`,
  KMS_KEY_NOT_FOUND: (stream) => `The KMS key of stream ${stream} does not exist. Choose another key for the stream.`,
  KMS_NOT_SUBSCRIBED: (stream) =>
    `The account of stream ${stream} is not subscribed to KMS. Subscribe it or turn encryption off.`,
  STREAM_NOT_FOUND: (stream) =>
    `Stream ${stream} does not exist in this account and region. Create it or name another stream.`,
  STREAM_NOT_ACTIVE: (stream) => `Stream ${stream} is not active yet. Wait until AWS has finished changing it.`,
};

const MAX_DETAIL_CHARACTERS = 300;

/**
 * Words a cause, with what was reported where that gives nothing away.
 * @param detail AWS's own text or the name of a network fault, may be empty; cut at 300 characters.
 */
export function describeCause(cause: DeferralCause, stream: string, detail: string): string {
  const text = TEXTS[cause](stream);
  if (detail === '' || !isQuotable(cause)) return text;
  return `${text} Reported: ${detail.slice(0, MAX_DETAIL_CHARACTERS)}`;
}

/** A refused signature is answered with the canonical request, session token included: never quote that. */
function isQuotable(cause: DeferralCause): boolean {
  return !cause.startsWith('CREDENTIAL_') && cause !== 'CLOCK_SKEWED';
}
