/** Deliveries: the fate of single records. */

import type { DeliveryCode } from './delivery-code.js';
import { recordId } from './record-id.js';

/** What became of a record. */
export type DeliveryOutcome = 'DELIVERED' | 'FAILED' | 'SKIPPED';

/** Why a record was built. */
export type DeliveryOrigin = 'BACKFILL' | 'EXITS' | 'LIVE' | 'MANUAL' | 'REPLAY' | 'RETRY' | 'SCHEDULED';

/** The fate of one record. */
export interface Delivery {
  /** Id of its row in delivery_event and its place there, from 0. */
  eventId: number;
  ordinal: number;
  destinationId: number;
  activationId: number;
  /** The versions that it was built with. */
  activationVersion: number;
  destinationVersion: number;
  /** The exports that it settles. */
  exportIds: number[];
  /** The changes that it delivers, as keys of causes; empty for exports alone. */
  causes: string[];
  origin: DeliveryOrigin;
  outcome: DeliveryOutcome;
  /** A DeliveryCode; null if delivered. */
  code: string | null;
  /** Internal id of the profile, and the customer's; the latter is null once the profile was erased. */
  profileKey: number;
  profileId: string | null;
  /** The profile's revision that it was built from. */
  sequence: number;
  shardId: string | null;
  sequenceNumber: string | null;
  attempts: number;
  sizeBytes: number | null;
  latencyMs: number | null;
  possibleDuplicate: boolean;
  committedAt: Date;
}

/** The records of one page that belong together (one activation, one origin, the same exports), to be put on the books. */
export interface NewDeliveryEvent {
  workspaceId: number;
  destinationId: number;
  lane: number;
  /** Position in the lane, given by its owner. */
  position: number;
  activationId: number;
  activationVersion: number;
  destinationVersion: number;
  origin: DeliveryOrigin;
  exportIds: readonly number[];
  /** Records put into PutRecords calls since the last event, those of deferred records included. */
  attempts: number;
  /** Deferred records by code; they are counted, not listed. */
  deferrals: Readonly<Partial<Record<DeliveryCode, number>>>;
  /** The settled records. */
  records: readonly SettledRecord[];
}

/** What every settled record has. */
interface SettledBase {
  /** Internal id of the profile. */
  profileKey: number;
  /** The profile's revision that it was built from; for a skip, the one that it was judged by, or 0 if it was erased. */
  revision: number;
  /** Keys of the causes that asked for it; empty for exports alone. */
  causes: readonly string[];
}

/** A settled record, ready for the books. */
export type SettledRecord =
  | (SettledBase & {
      outcome: 'DELIVERED';
      shardId: string;
      sequenceNumber: string;
      /** How often it was put into a PutRecords call, over all tries; at least 1. */
      attempts: number;
      /** Bytes of data and partition key. */
      sizeBytes: number;
      latencyMs: number;
      possibleDuplicate: boolean;
    })
  | (SettledBase & {
      outcome: 'FAILED';
      code: DeliveryCode;
      attempts: number;
      sizeBytes: number;
    })
  | (SettledBase & { outcome: 'SKIPPED'; code: DeliveryCode });

/** The id of a delivery's record, the same for every copy; null if it was skipped, or once its profile was erased. */
export function recordIdOf(delivery: Delivery): string | null {
  const { outcome, profileId, sequence } = delivery;
  return outcome === 'SKIPPED' || profileId === null ? null : recordId({ ...delivery, profileId, revision: sequence });
}
