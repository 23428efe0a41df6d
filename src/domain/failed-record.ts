/** Failed records: given up on, kept with the reason until retried or discarded. */

import { DELIVERY_CODES, type DeliveryCode, isDeliveryCode } from './delivery-code.js';

/** Whether a failed record still waits for a decision. */
export type FailedRecordState = 'OPEN' | 'RETRYING' | 'RECOVERED' | 'DISCARDED';

/** A failed record as it is stored; never with its payload. */
export interface FailedRecord {
  id: number;
  workspaceId: number;
  destinationId: number;
  activationId: number;
  /** Internal id of the profile, and the customer's. */
  profileKey: number;
  profileId: string;
  state: FailedRecordState;
  /** A DeliveryCode. */
  code: string;
  message: string;
  awsCode: string | null;
  awsRequestId: string | null;
  attempts: number;
  sizeBytes: number;
  limitBytes: number | null;
  /** The exports in which it failed. */
  exportIds: number[];
  retriedBy: number | null;
  failedAt: Date;
}

/** Which failed records: those that meet every condition given. Ids are internal but for `profileId`. */
export interface FailedRecordFilter {
  ids?: number[] | null;
  destinationId?: number | null;
  activationId?: number | null;
  exportId?: number | null;
  /** The customer's id. */
  profileId?: string | null;
  codes?: DeliveryCode[] | null;
  states?: FailedRecordState[] | null;
  /** Failed at this time or later. */
  from?: Date | null;
  /** Failed before this time. */
  to?: Date | null;
}

/**
 * The codes that meet both conditions; null if every code does.
 * @param given only these codes; null or undefined: any.
 * @param retryable only codes that a retry can help (true) or cannot (false); null or undefined: both.
 */
export function chooseCodes(
  given: readonly DeliveryCode[] | null | undefined,
  retryable: boolean | null | undefined,
): DeliveryCode[] | null {
  if (retryable == null) return given ? [...given] : null;
  const known = Object.keys(DELIVERY_CODES).filter(isDeliveryCode);
  return known.filter((code) => DELIVERY_CODES[code].retryable === retryable && (given?.includes(code) ?? true));
}
