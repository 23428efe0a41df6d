/** Records of a page: what one profile becomes under an activation and its destination. */

import type { DeliveryOrigin } from '../domain/delivery.js';
import type { DeliveryCause } from '../domain/delivery-cause.js';
import { buildRecordText, type ForcedExits, type RecordPlan, type RecordSource } from '../domain/record.js';

/** What a record is built from besides the profile's state. */
export interface RecordFacts {
  origin: DeliveryOrigin;
  /** Empty unless the origin is LIVE. */
  causes: readonly DeliveryCause[];
  /** The profile's revision: the record's `sequence`. */
  revision: number;
  exits: ForcedExits;
}

/** A record's text, still to be encoded, and its partition key. */
export interface RecordText {
  text: string;
  partitionKey: string;
}

/** Builds one record. */
export function writeRecord(profile: RecordSource, plan: RecordPlan, facts: RecordFacts): RecordText {
  return { text: buildRecordText(profile, plan, facts.exits), partitionKey: profile.profileId };
}
