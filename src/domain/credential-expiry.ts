/** The warning before a credential expires. */

import type { DeliveryCode } from './delivery-code.js';

const DAY_MS = 86_400_000;

/** Time to make another key at AWS, and to find who may. */
const EXPIRY_WARNING_DAYS = 14;

/**
 * What is to be said about an expiry.
 * @param expiresAt as the owner of the credential says; null if never.
 * @returns null if nothing. After the expiry the warning stays: whether AWS takes the credential still, deliveries show.
 */
export function findExpiryWarning(expiresAt: Date | null, now: Date): DeliveryCode | null {
  if (expiresAt === null) return null;
  return expiresAt.getTime() - now.getTime() <= EXPIRY_WARNING_DAYS * DAY_MS ? 'CREDENTIAL_EXPIRING' : null;
}
