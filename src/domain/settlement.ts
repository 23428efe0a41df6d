/** Rows that a page's commit writes, as the delivery engine hands them to storage. */

import type { DeliveryCode } from './delivery-code.js';

/** A record given up on, for the books. */
export interface FailureRow {
  lane: number;
  activationId: number;
  profileKey: number;
  code: DeliveryCode;
  message: string;
  awsCode: string | null;
  awsRequestId: string | null;
  attempts: number;
  sizeBytes: number;
  limitBytes: number | null;
  exports: Record<string, string>;
}

/** A record that goes back to wait. */
export interface DeferralRow {
  lane: number;
  activationId: number;
  profileKey: number;
  exports: Record<string, string>;
  attempts: number;
  outcomeUnknown: boolean;
  retryAfterMs: number;
}

/** A pending row whose reasons are settled. */
export interface SettledReason {
  lane: number;
  activationId: number;
  profileKey: number;
  version: number;
  exportIds: string[];
}

/** Records of retry exports that were delivered or rightly skipped. */
export interface RetriedRecord {
  activationId: number;
  profileKey: number;
  exportId: number;
  delivered: boolean;
}
