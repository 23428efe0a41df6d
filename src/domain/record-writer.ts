/** Records as a destination gets them: the profile's JSON, trimmed and in an envelope if it says so, and the partition key. */

import type { DeliveryOrigin } from './delivery.js';
import type { DeliveryCause } from './delivery-cause.js';
import type { Destination } from './destination.js';
import { choosePartitionKey } from './partition-key.js';
import { buildRecordText, type ForcedExits, type RecordPlan, type RecordSource } from './record.js';
import { createEnvelope } from './record-envelope.js';
import { trimMemberships } from './record-trim.js';

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

/** Writes one record. */
export type RecordWriter = (profile: RecordSource, plan: RecordPlan, facts: RecordFacts) => RecordText;

/** The destination whose settings decide. */
export type RecordDestination = Pick<Destination, 'version' | 'envelope' | 'partitionKey' | 'tooLargePolicy'>;

/**
 * Makes the writer of an activation's records.
 * @param options `maxRecordBytes`: most bytes of data and partition key, beyond which the too-large policy holds;
 * `random` makes a new partition key.
 */
export function createRecordWriter(
  destination: RecordDestination,
  activation: { id: number; version: number },
  options: { maxRecordBytes: number; random: () => string },
): RecordWriter {
  const { envelope, partitionKey, tooLargePolicy } = destination;
  const wrap = envelope === 'V1' ? createEnvelope(destination, activation) : null;
  const writeText = (profile: RecordSource, plan: RecordPlan, facts: RecordFacts): string => {
    const text = buildRecordText(profile, plan, facts.exits);
    return wrap === null ? text : wrap(text, { ...facts, profileId: profile.profileId, at: plan.now });
  };
  return (profile, plan, facts) => {
    const { key } = choosePartitionKey(partitionKey, profile, options.random);
    const whole = { text: writeText(profile, plan, facts), partitionKey: key };
    if (tooLargePolicy === 'FAIL') return whole;
    const excessBytes = measure(whole) - options.maxRecordBytes;
    if (excessBytes <= 0) return whole;
    const text = writeText(trimMemberships(profile, plan, { ...facts, excessBytes }), plan, facts);
    const trimmed = { text, partitionKey: key };
    // What fails anyway fails as it is: its size on the books is the true one.
    return measure(trimmed) <= options.maxRecordBytes ? trimmed : whole;
  };
}

function measure(record: RecordText): number {
  return Buffer.byteLength(record.text, 'utf8') + Buffer.byteLength(record.partitionKey, 'utf8');
}
