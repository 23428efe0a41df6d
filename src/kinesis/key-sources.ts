/** The sources of keys of one process: clients of one role share its session, whatever stream they are for. */

import type { AssumeRole } from './assume-role.js';
import { type AwsIdentity, fixedKeys, type KeySource, noKeys } from './keys.js';
import { SessionKeys } from './session-keys.js';

/** What the sources are made from. */
export interface KeySourcesOptions {
  /** This process's own keys, for credentials of kind PROCESS_IDENTITY. */
  readonly own: KeySource;
  readonly assumeRole: AssumeRole;
  /** Epoch milliseconds; `Date.now` by default. */
  readonly now?: () => number;
}

/** Gives every client its source of keys. */
export interface KeySources {
  /** @param region where the keys are for: a role is assumed at the STS of the same one. */
  sourceFor(identity: AwsIdentity, region: string): KeySource;
}

/** Makes the sources of a process. */
export function createKeySources({ own, assumeRole, now = Date.now }: KeySourcesOptions): KeySources {
  const roles = new Map<string, SessionKeys>();
  return {
    sourceFor(identity, region) {
      switch (identity.kind) {
        case 'ACCESS_KEY': {
          const { accessKeyId, secretAccessKey } = identity;
          return fixedKeys({ accessKeyId, secretAccessKey });
        }
        case 'PROCESS_IDENTITY':
          return own;
        case 'UNREADABLE':
          return noKeys({ kind: 'refused', cause: 'CREDENTIAL_UNREADABLE', awsCode: null, awsRequestId: null });
        case 'ASSUME_ROLE': {
          const { roleArn, externalId } = identity;
          const name = JSON.stringify([roleArn, externalId, region]);
          const known = roles.get(name);
          if (known) return known;
          for (const [other, keys] of roles) if (keys.isIdle()) roles.delete(other);
          const keys = new SessionKeys({ assume: () => assumeRole({ roleArn, externalId, region }), now });
          roles.set(name, keys);
          return keys;
        }
      }
    },
  };
}
