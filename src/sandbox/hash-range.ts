/** Hash keys: 128-bit numbers that decide which shard a record goes to. */

import { hash } from 'node:crypto';

/** A shard's part of the key space, both ends included, 0 to {@link MAX_HASH_KEY}. */
export interface HashRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** The greatest hash key: 2^128 - 1. */
export const MAX_HASH_KEY = (1n << 128n) - 1n;

/** Cuts the whole key space into `count` (at least 1) adjacent ranges of nearly the same size, in order. */
export function splitKeySpace(count: number): HashRange[] {
  const width = (MAX_HASH_KEY + 1n) / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: BigInt(index) * width,
    end: index === count - 1 ? MAX_HASH_KEY : BigInt(index + 1) * width - 1n,
  }));
}

/**
 * The hash key of a partition key: MD5 of its UTF-8 bytes, as 32 lower-case hex digits.
 * Hex of one length sorts like the number and costs a third of a BigInt on the hot path.
 */
export function hashPartitionKey(partitionKey: string): string {
  return hash('md5', partitionKey, 'hex');
}

/** A hash key as 32 lower-case hex digits, comparable with {@link hashPartitionKey}. */
export function hashKeyToHex(hashKey: bigint): string {
  return hashKey.toString(16).padStart(32, '0');
}

/** A hash key from its decimal form without leading zeros; null if it is malformed or above {@link MAX_HASH_KEY}. */
export function parseHashKey(decimal: string): bigint | null {
  if (!/^(0|[1-9]\d{0,38})$/.test(decimal)) {
    return null;
  }
  const hashKey = BigInt(decimal);
  return hashKey > MAX_HASH_KEY ? null : hashKey;
}
