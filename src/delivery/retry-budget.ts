/**
 * The budget of records that AWS refuses with codes that nobody here knows: a passing fault by another name, or one that
 * will last. What is known to pass, and throttles, have no budget: those records go again until they are stored.
 */

import { type DeferredRecord, type FailedRecord, measureRecord, type RecordResult } from '../kinesis/record.js';
import type { PageEntry } from './page.js';

/** PutRecords calls that such a record is put into: with their pauses a few minutes. */
export const MAX_UNKNOWN_ATTEMPTS = 300;

/** Gives up on what has used up its budget. @param results of the entries, null for skips. */
export function spendRetries(
  entries: readonly PageEntry[],
  results: readonly (RecordResult | null)[],
): (RecordResult | null)[] {
  return results.map((result, index) => {
    const entry = entries[index];
    if (result?.status !== 'deferred' || result.cause !== 'UNKNOWN_ERROR' || !entry) return result;
    const attempts = (entry.candidate.pending?.attempts ?? 0) + result.attempts;
    return attempts < MAX_UNKNOWN_ATTEMPTS ? result : giveUp(entry, result, attempts);
  });
}

function giveUp({ verdict }: PageEntry, result: DeferredRecord, attempts: number): FailedRecord {
  const { awsCode, awsRequestId } = result;
  return {
    status: 'failed',
    code: 'RETRIES_EXHAUSTED',
    message: `AWS has refused this record ${attempts} times (${awsCode}). Ask AWS support about awsRequestId, then retry it.`,
    awsCode,
    awsRequestId,
    attempts: result.attempts,
    sizeBytes: 'record' in verdict ? measureRecord(verdict.record) : 0,
    limitBytes: null,
  };
}
