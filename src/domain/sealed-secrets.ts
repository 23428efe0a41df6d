/** The stored secrets as a whole: under which encryption key they are, which of them open, and how they come to another. */

import { type CredentialSeal, readCredentialSeals } from '../storage/credential-seals.js';
import type { Db } from '../storage/database.js';
import { SECRET_FIELD } from './credential.js';
import { keyIdOf, type SecretBinding } from './secret-seal.js';

/** Stored secrets by the id of their key; what is no seal counts for none. */
export type SealCounts = ReadonlyMap<string, number>;

/** Counts the stored secrets. */
export async function countSeals(db: Db): Promise<SealCounts> {
  const counts = new Map<string, number>();
  for await (const page of readCredentialSeals(db)) for (const { sealed } of page) count(counts, keyIdOf(sealed));
  return counts;
}

function count(counts: Map<string, number>, keyId: string | null): void {
  if (keyId !== null) counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
}

/** What the seal of a stored secret is bound to. */
export function bindingOf({ workspaceId, credentialId, secretVersion }: CredentialSeal): SecretBinding {
  return { workspaceId, credentialId, field: SECRET_FIELD, version: secretVersion };
}
