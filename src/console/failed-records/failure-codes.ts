/** The codes that records fail with. */

import type { DeliveryCode } from '../generated/graphql.js';

/** All of them; other codes halt, defer or skip. */
export const FAILURE_CODES: readonly DeliveryCode[] = ['RECORD_REFUSED', 'RECORD_TOO_LARGE', 'RETRIES_EXHAUSTED'];
