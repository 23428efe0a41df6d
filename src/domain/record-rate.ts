/** Rates that clients set: most records sent a second. */

import type { InputIssues } from './input-issues.js';

/** The highest rate that can be asked for. */
const MAX_RECORDS_PER_SECOND = 1_000_000;

/** The form of a rate in digits: 1–1,000,000. */
export const RECORD_RATE_PATTERN = /^([1-9]\d{0,5}|1000000)$/;

/** Checks a rate of 1–1,000,000 records a second; null and undefined mean no limit. */
export function checkRecordRate(issues: InputIssues, path: string | string[], rate: number | null | undefined): void {
  if (rate == null || (rate >= 1 && rate <= MAX_RECORDS_PER_SECOND)) return;
  const field = [path].flat().join('.');
  issues.add('OUT_OF_RANGE', path, `\`${field}\` is ${rate}; give 1–1,000,000 records a second, or leave it out.`);
}
