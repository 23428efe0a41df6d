/** Partition keys: what decides a record's shard. */

import type { RecordSource } from './record.js';

/** Where a record's partition key comes from. */
export type PartitionKeyStrategy = 'ATTRIBUTE' | 'CONSTANT' | 'IDENTITY' | 'PROFILE_ID' | 'RANDOM';

/** What decides a record's shard. */
export interface PartitionKey {
  strategy: PartitionKeyStrategy;
  /** IDENTITY: the namespace; ATTRIBUTE: the dot path; CONSTANT: the text; null otherwise. */
  argument: string | null;
}

/** The longest partition key that Kinesis takes, in Unicode code points. */
export const MAX_PARTITION_KEY_CHARACTERS = 256;

/**
 * Chooses the partition key of a record. A value that Kinesis would refuse (empty, over 256 characters, not Unicode) or
 * that is missing falls back to the profile's id: AWS rejects such a key each time, and the record would go for ever.
 * @param random makes a new key, for RANDOM.
 */
export function choosePartitionKey(
  partitionKey: PartitionKey,
  profile: Pick<RecordSource, 'profileId' | 'attributes' | 'identities'>,
  random: () => string,
): { key: string; isFallback: boolean } {
  if (partitionKey.strategy === 'PROFILE_ID') return { key: profile.profileId, isFallback: false };
  const value = wantedKey(partitionKey, profile, random);
  return value !== null && isUsable(value)
    ? { key: value, isFallback: false }
    : { key: profile.profileId, isFallback: true };
}

/** Whether all records of a profile go to one shard, in order: ATTRIBUTE and IDENTITY as long as the value stays. */
export function keepsOrder(partitionKey: PartitionKey): boolean {
  return partitionKey.strategy !== 'RANDOM';
}

function wantedKey(
  { strategy, argument }: PartitionKey,
  profile: Pick<RecordSource, 'profileId' | 'attributes' | 'identities'>,
  random: () => string,
): string | null {
  switch (strategy) {
    case 'PROFILE_ID':
      return profile.profileId;
    case 'RANDOM':
      return random();
    case 'CONSTANT':
      return argument;
    case 'ATTRIBUTE':
      return argument === null ? null : findAttributeText(profile.attributes, argument);
    case 'IDENTITY':
      return argument === null ? null : findIdentity(profile.identities, argument);
    default:
      return assertNever(strategy);
  }
}

/** Texts as they are, numbers and booleans as JSON writes them; null if there is none, or it is null, an array or a map. */
function findAttributeText(attributes: Readonly<Record<string, unknown>>, path: string): string | null {
  let value: unknown = attributes;
  for (const name of path.split('.')) {
    if (!isMap(value) || !Object.hasOwn(value, name)) return null;
    value = value[name];
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : null;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function findIdentity(identities: RecordSource['identities'], namespace: string): string | null {
  return Object.hasOwn(identities, namespace) ? (identities[namespace]?.[0] ?? null) : null;
}

function isUsable(key: string): boolean {
  if (key === '' || !key.isWellFormed()) return false;
  // A character has one or two UTF-16 units: only keys of more than 256 units need counting.
  return key.length <= MAX_PARTITION_KEY_CHARACTERS || [...key].length <= MAX_PARTITION_KEY_CHARACTERS;
}

function assertNever(value: never): never {
  throw new TypeError(`Unexpected strategy: ${JSON.stringify(value)}`);
}
