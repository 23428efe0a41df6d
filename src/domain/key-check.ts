/** Whether the encryption keys are those that the database was sealed with: asked in every start, before anything is sealed. */

import { randomBytes } from 'node:crypto';
import { readCredentialSeals } from '../storage/credential-seals.js';
import type { Db } from '../storage/database.js';
import { EncryptionKeyError } from '../storage/encryption-key.js';
import { deleteKeyChecks, insertKeyCheck, type KeyCheck, listKeyChecks, lockKeyChecks } from '../storage/key-checks.js';
import type { KeyRing } from './key-ring.js';
import { bindingOf, countSeals } from './sealed-secrets.js';
import {
  createSealer,
  createSecretSeal,
  keyIdOf,
  type SecretBinding,
  type SecretSeal,
  SecretUnreadableError,
} from './secret-seal.js';
import { runTransaction } from './transaction.js';

/** Nobody's row: ids begin at 1. */
const CHECK: SecretBinding = { workspaceId: 0, credentialId: 0, field: 'fingerprintKey', version: 1 };

const FINGERPRINT_KEY_BYTES = 32;

/**
 * Makes the seal of a process. The first start with a key makes it known to the database; any number may start at once.
 * @throws {EncryptionKeyError} if the ring lacks a key that stored secrets are sealed with, or has another one under the
 * id of a key that the database knows.
 */
export async function loadSecretSeal(db: Db, ring: KeyRing): Promise<SecretSeal> {
  const fingerprintKey = await runTransaction(db, async (tx) => {
    // Of several that start on a new database, one makes the check and the others hold their keys against it.
    await lockKeyChecks(tx);
    const checks = await listKeyChecks(tx);
    const known = openChecks(checks, ring);
    await checkStoredSecrets(tx, ring, new Set(checks.map(({ keyId }) => keyId)));
    if (known) {
      await makeKnown(tx, ring, { checks, fingerprintKey: known });
      return known;
    }
    // Nothing is sealed with a key that went away: what the database knows of it is of no use any more.
    await deleteKeyChecks(tx);
    const made = randomBytes(FINGERPRINT_KEY_BYTES);
    await makeKnown(tx, ring, { checks: [], fingerprintKey: made });
    return made;
  });
  return createSecretSeal(ring, fingerprintKey);
}

/** Opens every check that is of a key of the ring. @returns what they hold; null if there is none. */
function openChecks(checks: readonly KeyCheck[], ring: KeyRing): Buffer | null {
  const opened = checks
    .filter(({ keyId }) => ring.keys.has(keyId))
    .map(({ keyId, sealed }) => {
      const opened = keyIdOf(sealed) === keyId ? openOrNull(ring, sealed, CHECK) : null;
      if (opened === null) throw wrongKey(keyId);
      return opened;
    });
  return opened[0] === undefined ? null : Buffer.from(opened[0], 'base64');
}

/** Every secret has its key in the ring; of a key without a check, one secret at least must open. */
async function checkStoredSecrets(tx: Db, ring: KeyRing, checked: ReadonlySet<string>): Promise<void> {
  for (const [keyId, count] of await countSeals(tx)) {
    if (!ring.keys.has(keyId)) throw missingKey(keyId, count);
    if (!checked.has(keyId) && !(await opensAny(tx, ring, keyId))) throw wrongKey(keyId);
  }
}

async function opensAny(tx: Db, ring: KeyRing, keyId: string): Promise<boolean> {
  for await (const page of readCredentialSeals(tx)) {
    const own = page.filter(({ sealed }) => keyIdOf(sealed) === keyId);
    if (own.some((seal) => openOrNull(ring, seal.sealed, bindingOf(seal)) !== null)) return true;
  }
  return false;
}

async function makeKnown(
  tx: Db,
  ring: KeyRing,
  { checks, fingerprintKey }: { checks: readonly KeyCheck[]; fingerprintKey: Buffer },
): Promise<void> {
  for (const keyId of ring.keys.keys()) {
    if (checks.some((check) => check.keyId === keyId)) continue;
    const sealed = createSealer({ ...ring, currentId: keyId }).seal(fingerprintKey.toString('base64'), CHECK);
    await insertKeyCheck(tx, { keyId, sealed });
  }
}

function openOrNull(ring: KeyRing, sealed: Buffer, binding: SecretBinding): string | null {
  try {
    return createSealer(ring).open(sealed, binding);
  } catch (error) {
    if (error instanceof SecretUnreadableError) return null;
    throw error;
  }
}

function wrongKey(keyId: string): EncryptionKeyError {
  return new EncryptionKeyError(
    `The encryption key \`${keyId}\` is another one than this database was sealed with, so that its stored secrets would ` +
      'not open. Start with the key that had this id (ENCRYPTION_KEY is `default`; in DATA_FOLDER it is the file ' +
      '`encryption-key`), and give a new key an id of its own in ENCRYPTION_KEYS.',
  );
}

function missingKey(keyId: string, count: number): EncryptionKeyError {
  return new EncryptionKeyError(
    `The encryption key \`${keyId}\` is missing, and ${count} stored secret(s) are sealed with it. Add it to ` +
      'ENCRYPTION_KEYS (ENCRYPTION_KEY alone is `default`), and run `tributary rewrap` before you take it away.',
  );
}
