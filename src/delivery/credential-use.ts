/** Keeps `Credential.lastUsedAt`, exact to a minute: one write a minute and credential, not one a call. */

import { touchCredential } from '../storage/credentials.js';
import type { Db } from '../storage/database.js';

/** Notes that a credential was used in a call to AWS. */
export type NoteCredentialUse = (credentialId: number) => Promise<void>;

const MINUTE_MS = 60_000;

/** Makes the note-taker of a process. */
export function createCredentialUse(db: Db): NoteCredentialUse {
  const notedAt = new Map<number, number>();
  return async (credentialId) => {
    const now = performance.now();
    if (now - (notedAt.get(credentialId) ?? Number.NEGATIVE_INFINITY) < MINUTE_MS) return;
    notedAt.set(credentialId, now);
    await touchCredential(db, credentialId);
  };
}
