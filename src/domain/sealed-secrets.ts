/** The stored secrets as a whole: under which encryption key they are, which of them open, and how they come to another. */

import { type CredentialSeal, readCredentialSeals, replaceCredentialSeal } from '../storage/credential-seals.js';
import type { Db } from '../storage/database.js';
import { SECRET_FIELD } from './credential.js';
import { keyIdOf, type Sealer, type SecretBinding, SecretUnreadableError } from './secret-seal.js';
import { runTransaction } from './transaction.js';

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

/** What became of some stored secrets. */
export interface RewrappedPage {
  seen: number;
  /** Put under the current key; the others were under it already, or went away meanwhile. */
  rewrapped: number;
  /** Left as they are. */
  unreadable: Pick<CredentialSeal, 'credentialId' | 'secretVersion'>[];
}

/**
 * Puts the stored secrets under the current key, a page in a transaction. It may be ended at any time and begun anew:
 * what is done is passed over.
 */
export async function* rewrapSecrets(db: Db, sealer: Sealer, currentId: string): AsyncGenerator<RewrappedPage> {
  for await (const page of readCredentialSeals(db)) {
    const old = page.filter(({ sealed }) => ![currentId, null].includes(keyIdOf(sealed)));
    yield { seen: page.length, ...(await runTransaction(db, (tx) => rewrapAll(tx, sealer, old))) };
  }
}

async function rewrapAll(
  tx: Db,
  sealer: Sealer,
  seals: readonly CredentialSeal[],
): Promise<Omit<RewrappedPage, 'seen'>> {
  const answer: Omit<RewrappedPage, 'seen'> = { rewrapped: 0, unreadable: [] };
  for (const seal of seals) {
    const rewrapped = rewrapOrNull(sealer, seal);
    if (!rewrapped) answer.unreadable.push(seal);
    else if (await replaceCredentialSeal(tx, seal, rewrapped)) answer.rewrapped += 1;
  }
  return answer;
}

function rewrapOrNull(sealer: Sealer, seal: CredentialSeal): Buffer | null {
  try {
    return sealer.rewrap(seal.sealed, bindingOf(seal));
  } catch (error) {
    if (error instanceof SecretUnreadableError) return null;
    throw error;
  }
}

/** What the seal of a stored secret is bound to. */
export function bindingOf({ workspaceId, credentialId, secretVersion }: CredentialSeal): SecretBinding {
  return { workspaceId, credentialId, field: SECRET_FIELD, version: secretVersion };
}
