/** Whether the encryption key is the one that the database was sealed with: asked in every start, before anything is sealed. */

import { randomBytes } from 'node:crypto';
import { listCredentialSeals } from '../storage/credential-seals.js';
import type { Db } from '../storage/database.js';
import { EncryptionKeyError } from '../storage/encryption-key.js';
import { findKeyCheck, insertKeyCheck, lockKeyChecks } from '../storage/key-checks.js';
import { SECRET_FIELD } from './credential.js';
import {
  createSealer,
  createSecretSeal,
  isFirstFormat,
  type Sealer,
  type SecretBinding,
  type SecretSeal,
  SecretUnreadableError,
} from './secret-seal.js';
import { runTransaction } from './transaction.js';

/** Name of the one key that has no other. */
const KEY_ID = 'default';

/** Nobody's row: ids begin at 1. */
const CHECK: SecretBinding = { workspaceId: 0, credentialId: 0, field: 'fingerprintKey', version: 1 };

const FINGERPRINT_KEY_BYTES = 32;

/** Secrets that are tried where there is no check yet: one that opens shows the key, one that does not may be damaged. */
const MAX_TRIED = 100;

/**
 * Makes the seal of a process. The first start on a database makes the key known to it; any number may start at once.
 * @param key 32 bytes.
 * @throws {EncryptionKeyError} if the database was sealed with another key.
 */
export async function loadSecretSeal(db: Db, key: Buffer): Promise<SecretSeal> {
  const sealer = createSealer(key);
  const fingerprintKey = await runTransaction(db, async (tx) => {
    // Of several that start on a new database, one makes the check and the others hold their keys against it.
    await lockKeyChecks(tx);
    const check = await findKeyCheck(tx, KEY_ID);
    if (!check) return await makeKnown(tx, sealer);
    const known = openOrNull(sealer, check, CHECK);
    if (known === null) throw wrongKey();
    return Buffer.from(known, 'base64');
  });
  return createSecretSeal(key, fingerprintKey);
}

async function makeKnown(tx: Db, sealer: Sealer): Promise<Buffer> {
  // A database of before there were checks.
  const seals = (await listCredentialSeals(tx, MAX_TRIED)).filter(({ sealed }) => isFirstFormat(sealed));
  const opens = seals.some(({ sealed, secretVersion: version, ...row }) => {
    return openOrNull(sealer, sealed, { ...row, field: SECRET_FIELD, version }) !== null;
  });
  if (seals.length > 0 && !opens) throw wrongKey();
  const fingerprintKey = randomBytes(FINGERPRINT_KEY_BYTES);
  await insertKeyCheck(tx, KEY_ID, sealer.seal(fingerprintKey.toString('base64'), CHECK));
  return fingerprintKey;
}

function openOrNull(sealer: Sealer, sealed: Buffer, binding: SecretBinding): string | null {
  try {
    return sealer.open(sealed, binding);
  } catch (error) {
    if (error instanceof SecretUnreadableError) return null;
    throw error;
  }
}

function wrongKey(): EncryptionKeyError {
  return new EncryptionKeyError(
    `The encryption key \`${KEY_ID}\` is another one than this database was sealed with, so that no stored secret would ` +
      'open. Set ENCRYPTION_KEY to the key of its first start, or restore the file `encryption-key` in DATA_FOLDER.',
  );
}
