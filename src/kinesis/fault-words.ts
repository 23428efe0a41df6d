/** What of AWS's own words may be told on. */

import type { DeferralCause } from './record.js';

const MAX_CHARACTERS = 300;

/** The words behind a cause, cut at 300 characters; null if there are none, or they would give a secret away. */
export function quoteDetail(cause: DeferralCause, words: string): string | null {
  return words === '' || !isQuotable(cause) ? null : words.slice(0, MAX_CHARACTERS);
}

/**
 * A refused signature is answered with the canonical request, session token included: never quote that. A code that
 * nobody here knows may mean that as well.
 */
function isQuotable(cause: DeferralCause): boolean {
  return !cause.startsWith('CREDENTIAL_') && cause !== 'CLOCK_SKEWED' && cause !== 'REQUEST_REFUSED';
}
