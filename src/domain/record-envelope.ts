/** The envelope: what a consumer needs to drop copies and older states, put around the profile in a record. */

import type { DeliveryOrigin } from './delivery.js';
import type { DeliveryCause } from './delivery-cause.js';
import { toGlobalId } from './global-id.js';
import { recordId } from './record-id.js';

/** What an envelope tells of a record. */
export interface EnvelopeFacts {
  profileId: string;
  origin: DeliveryOrigin;
  causes: readonly DeliveryCause[];
  /** The profile's revision. */
  revision: number;
  /** When the record is built. */
  at: Date;
}

/**
 * Makes what puts the JSON text of a profile into an envelope of version 1: `{ "v", "recordId", "activationId",
 * "origin", "causes", "sequence", "exportedAt", "profile" }`. The activation is named by its global id.
 */
export function createEnvelope(
  destination: { version: number },
  activation: { id: number; version: number },
): (profileText: string, facts: EnvelopeFacts) => string {
  const name = `"activationId":"${toGlobalId('Activation', activation.id)}"`;
  return (profileText, { profileId, origin, causes, revision, at }) => {
    const id = recordId({
      activationId: activation.id,
      activationVersion: activation.version,
      destinationVersion: destination.version,
      profileId,
      revision,
    });
    const why = `"origin":"${origin}","causes":${writeCauses(causes)}`;
    const when = `"sequence":${revision},"exportedAt":"${at.toISOString()}"`;
    return `{"v":1,"recordId":"${id}",${name},${why},${when},"profile":${profileText}}`;
  };
}

function writeCauses(causes: readonly DeliveryCause[]): string {
  return JSON.stringify(causes.map(({ kind, subject }) => ({ kind, subject })));
}
