/** The way to AWS of one process: where it asks, as whom, and the one set of keys that all its parts share. */

import type { CredentialKind } from './domain/credential.js';
import { createRoleAssumer } from './kinesis/assume-role.js';
import { createKeySources, type KeySources } from './kinesis/key-sources.js';
import { fixedKeys, noKeys } from './kinesis/keys.js';
import { createAccountFinder, createOwnKeys, SANDBOX_KEYS } from './kinesis/own-identity.js';

/** What the operator lets credentials do with this process's own identity: nothing, assume roles, or use it as well. */
export type OwnIdentityUse = 'off' | 'roles' | 'direct';

/** What is shared by all that calls AWS. */
export interface AwsAccess {
  /** Another address than AWS's; null is each region's own. */
  endpoint: string | null;
  keySources: KeySources;
  /** Kinds of credentials that the operator allows. */
  kinds: readonly CredentialKind[];
  /** The AWS account of this process; null if it has none to use, or could not find it. */
  findAccount(): Promise<string | null>;
}

/** Where records go, and what credentials may use. */
export interface AwsAccessOptions {
  endpoint?: string | null;
  /** By default nothing. */
  ownIdentity?: OwnIdentityUse;
  /** Whether the endpoint is the sandbox's own: then this process needs no identity at AWS. */
  isSandbox?: boolean;
}

/** Makes it; nothing is asked before it is needed. */
export function createAwsAccess(options: AwsAccessOptions): AwsAccess {
  const { endpoint = null, ownIdentity = 'off', isSandbox = false } = options;
  const nobody = noKeys({ kind: 'refused', cause: 'OWN_IDENTITY_UNAVAILABLE', awsCode: null, awsRequestId: null });
  const found = isSandbox ? fixedKeys(SANDBOX_KEYS) : createOwnKeys();
  const own = ownIdentity === 'off' ? nobody : found;
  return {
    endpoint,
    keySources: createKeySources({
      own: ownIdentity === 'direct' ? own : nobody,
      assumeRole: createRoleAssumer({ own, endpoint }),
    }),
    kinds: KINDS[ownIdentity],
    findAccount: createAccountFinder({ own, endpoint }),
  };
}

const KINDS: Record<OwnIdentityUse, readonly CredentialKind[]> = {
  off: ['ACCESS_KEY'],
  roles: ['ACCESS_KEY', 'ASSUME_ROLE'],
  direct: ['ACCESS_KEY', 'ASSUME_ROLE', 'PROCESS_IDENTITY'],
};
