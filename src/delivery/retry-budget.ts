/**
 * The budget of records that AWS refuses with codes that nobody here knows: a passing fault by another name, or one that
 * will last. What is known to pass, and throttles, have no budget: those records go again until they are stored.
 *
 * Nor have records of whole requests that are refused so, all of them: it is no fault of theirs, and with a budget the
 * first minutes of, say, a suspended account would make failed records of all that waits. The producer tells a record
 * that is refused while its neighbours are taken (UNKNOWN_ERROR). One that was sent without any may be either: it has the
 * budget as long as the destination's other calls are taken, or a bad record would keep its export running for ever.
 */

import { type DeferredRecord, type FailedRecord, measureRecord, type RecordResult } from '../kinesis/record.js';
import type { PageEntry } from './page.js';

/** PutRecords calls that such a record is put into: with their pauses a few minutes. */
export const MAX_UNKNOWN_ATTEMPTS = 300;

/**
 * Gives up on what has used up its budget.
 * @param sent `results` of the entries, null for skips; `isAlone`: theirs is the only record of a call, to a destination
 * that takes others.
 */
export function spendRetries(
  entries: readonly PageEntry[],
  { results, isAlone }: { results: readonly (RecordResult | null)[]; isAlone: boolean },
): (RecordResult | null)[] {
  const limited = isAlone ? ['UNKNOWN_ERROR', 'REQUEST_REFUSED'] : ['UNKNOWN_ERROR'];
  return results.map((result, index) => {
    const entry = entries[index];
    if (result?.status !== 'deferred' || !limited.includes(result.cause) || !entry) return result;
    const attempts = (entry.candidate.pending?.attempts ?? 0) + result.attempts;
    return attempts < MAX_UNKNOWN_ATTEMPTS ? result : giveUp(entry, result, attempts);
  });
}

function giveUp({ verdict }: PageEntry, result: DeferredRecord, attempts: number): FailedRecord {
  const { awsCode, awsRequestId, outcomeUnknown } = result;
  return {
    status: 'failed',
    code: 'RETRIES_EXHAUSTED',
    message: `AWS has refused this record ${attempts} times (${awsCode}). Ask AWS support about awsRequestId, then retry it.`,
    awsCode,
    awsRequestId,
    attempts: result.attempts,
    outcomeUnknown,
    sizeBytes: 'record' in verdict ? measureRecord(verdict.record) : 0,
    limitBytes: null,
  };
}
