/** Follows a stream's record limit that was changed after records were built for another. */

import type { DeferredRecord, FailedRecord, RecordResult } from '../kinesis/record.js';
import type { DeliveryTarget } from '../storage/delivery-target.js';
import { recordLimitOf } from './page.js';
import type { Sink } from './sinks.js';

/** How long a look counts as new for records that were never sent, in ms. */
const FRESH_MS = 5_000;

/**
 * Lets records that failed only because the limit was another one be built anew: for a lower one they may be trimmed, or
 * fail with the limit that holds; under a higher one they may fit.
 * @param call `sentAtMs` is when it began, by the monotonic clock.
 * @returns the results, those of such records deferred.
 */
export async function followRecordLimit(
  call: { target: DeliveryTarget; sink: Sink; sentAtMs: number },
  results: readonly RecordResult[],
): Promise<readonly RecordResult[]> {
  const { target, sink, sentAtMs } = call;
  const failed = results.filter((result) => result.status === 'failed');
  // AWS's refusals need not say what they are for: any may be about size.
  if (!failed.some((result) => result.code === 'RECORD_TOO_LARGE' || isRefusedByAws(result))) return results;
  // What AWS refused is newer than any look before the call; what was refused here need not be looked at each time.
  const sinceMs = failed.some(isRefusedByAws) ? sentAtMs : sentAtMs - FRESH_MS;
  const told = (await sink.watch.look(sinceMs))?.maxRecordBytes ?? null;
  const limitBytes = told ?? findNamedLimit(failed);
  if (limitBytes === null || limitBytes === recordLimitOf(target)) return results;
  if (told === null) await sink.watch.keepLimit(limitBytes);
  return results.map((result) =>
    result.status === 'failed' && isOutdated(result, limitBytes) ? toDeferred(result) : result,
  );
}

/** The limit that AWS's own refusals name; null if they name none. */
function findNamedLimit(failed: readonly FailedRecord[]): number | null {
  const named = failed.flatMap((result) => (isRefusedByAws(result) && result.limitBytes ? [result.limitBytes] : []));
  return named.length > 0 ? Math.min(...named) : null;
}

function isOutdated(result: FailedRecord, limitBytes: number): boolean {
  if (isRefusedByAws(result)) return result.sizeBytes > limitBytes;
  return result.code === 'RECORD_TOO_LARGE' && result.sizeBytes <= limitBytes;
}

function isRefusedByAws(result: FailedRecord): boolean {
  return result.attempts > 0;
}

function toDeferred({ awsCode, awsRequestId, attempts, outcomeUnknown }: FailedRecord): DeferredRecord {
  return {
    status: 'deferred',
    cause: 'RECORD_LIMIT_CHANGED',
    detail: null,
    outcomeUnknown,
    retryAfterMs: 0,
    awsCode,
    awsRequestId,
    attempts,
  };
}
