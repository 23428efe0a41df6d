/** Record ids: the same for every copy of a record, so that consumers can drop duplicates. */

import { createHash } from 'node:crypto';

/** What tells one record from another. */
export interface RecordIdentity {
  activationId: number;
  activationVersion: number;
  destinationVersion: number;
  /** The customer's id, not the internal one: it survives erasure and re-creation. */
  profileId: string;
  /** The profile's revision; it grows also over erasure and re-creation. */
  revision: number;
}

const ID_BYTES = 16;

/**
 * The id of a record: 128 bits of a SHA-256 as 22 characters of base64url. Two records have the same id only if the
 * same settings built them from the same state of the same profile.
 */
export function recordId(source: RecordIdentity): string {
  const { activationId, activationVersion, destinationVersion, profileId, revision } = source;
  // The profile's id comes last: it is the only part that may hold the separator.
  const text = [activationId, activationVersion, destinationVersion, revision, profileId].join('.');
  return createHash('sha256').update(text).digest().subarray(0, ID_BYTES).toString('base64url');
}
