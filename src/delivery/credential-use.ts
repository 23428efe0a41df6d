/** Keeps `lastUsedAt` of a credential's versions, exact to a minute: one write a minute and secret, not one a call. */

import { type SecretVersion, touchCredential } from '../storage/credentials.js';
import type { Db } from '../storage/database.js';

/** Notes that a secret was used in a call to AWS. */
export type NoteCredentialUse = (secret: SecretVersion) => Promise<void>;

const MINUTE_MS = 60_000;

/** Makes the note-taker of a process. */
export function createCredentialUse(db: Db): NoteCredentialUse {
  const notedAt = new Map<string, number>();
  return async (secret) => {
    const name = `${secret.credentialId}/${secret.secretVersion}`;
    const now = performance.now();
    if (now - (notedAt.get(name) ?? Number.NEGATIVE_INFINITY) < MINUTE_MS) return;
    notedAt.set(name, now);
    await touchCredential(db, secret);
  };
}
