/** Partition keys: what decides a record's shard. */

import { findAttributeText } from './attribute-path.js';
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

/** What a partition key is chosen from. */
type KeySource = Pick<RecordSource, 'profileId' | 'attributes' | 'identities'>;

/**
 * Chooses the partition key of a record. A value that is missing, or that Kinesis would refuse (empty, over 256
 * characters, not Unicode), falls back to the profile's id: AWS would reject such a key each time anew.
 * @param random makes a new key, for RANDOM.
 */
export function choosePartitionKey(
  partitionKey: PartitionKey,
  profile: KeySource,
  random: () => string,
): { key: string; isFallback: boolean } {
  const key = WANTED[partitionKey.strategy](profile, partitionKey.argument ?? '', random);
  return key !== null && isUsable(key) ? { key, isFallback: false } : { key: profile.profileId, isFallback: true };
}

/**
 * Whether records of one profile keep their order: if all get one key (ATTRIBUTE and IDENTITY while the value stays), and
 * the stream goes by keys.
 * @param stream as AWS last described it; null if it never did: streams go by keys unless their owner chose otherwise.
 */
export function keepsOrder(partitionKey: PartitionKey, stream: { ignoresPartitionKeys: boolean } | null): boolean {
  return partitionKey.strategy !== 'RANDOM' && !stream?.ignoresPartitionKeys;
}

/** The key that each strategy wants; null if the profile has none. */
const WANTED: Record<
  PartitionKeyStrategy,
  (profile: KeySource, argument: string, random: () => string) => string | null
> = {
  ATTRIBUTE: (profile, path) => findAttributeText(profile.attributes, path),
  CONSTANT: (_profile, text) => text,
  IDENTITY: ({ identities }, namespace) =>
    (Object.hasOwn(identities, namespace) ? identities[namespace]?.[0] : null) ?? null,
  PROFILE_ID: (profile) => profile.profileId,
  RANDOM: (_profile, _argument, random) => random(),
};

function isUsable(key: string): boolean {
  if (key === '' || !key.isWellFormed()) return false;
  // A character has one or two UTF-16 units: only keys of more than 256 units need counting.
  return key.length <= MAX_PARTITION_KEY_CHARACTERS || [...key].length <= MAX_PARTITION_KEY_CHARACTERS;
}
