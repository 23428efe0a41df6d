/** Who signs requests to AWS, and where the keys for it come from. */

import type { CallFault } from './call-fault.js';

/** Who somebody is at AWS. */
export type AwsIdentity =
  | { readonly kind: 'ACCESS_KEY'; readonly accessKeyId: string; readonly secretAccessKey: string }
  | { readonly kind: 'ASSUME_ROLE'; readonly roleArn: string; readonly externalId: string }
  | { readonly kind: 'PROCESS_IDENTITY' }
  /** Somebody whose stored secret does not open; `reason` says why, and is no secret. */
  | { readonly kind: 'UNREADABLE'; readonly reason: string };

/** Keys to sign with. `sessionToken` only for temporary ones. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Where a client takes its keys from, for every request anew. */
export interface KeySource {
  /** @throws {NoKeysError} */
  get(): Promise<AwsKeys>;
  /** AWS refuses these keys: they are not given again. @returns whether {@link get} has a chance to give others. */
  replace(refused: AwsKeys): boolean;
}

/** There are no keys to sign with: a role cannot be assumed, or this process has no identity to give. */
export class NoKeysError extends Error {
  override readonly name = 'NoKeysError';

  constructor(
    readonly fault: CallFault,
    options?: ErrorOptions,
  ) {
    super('There are no keys to sign with.', options);
  }
}

/** A source as the SDK takes it. So marked it is asked for every request: else the SDK keeps keys past their renewal. */
export function toProvider(keys: KeySource): (() => Promise<AwsKeys>) & { memoized: boolean } {
  return Object.assign(() => keys.get(), { memoized: true });
}

/** The source of keys that stay as they are. */
export function fixedKeys(keys: AwsKeys): KeySource {
  return { get: () => Promise.resolve(keys), replace: () => false };
}

/** The source of nobody. */
export function noKeys(fault: CallFault): KeySource {
  return { get: () => Promise.reject(new NoKeysError(fault)), replace: () => false };
}
