/** The encryption keys that a process begins with: those that the operator gave, or the one of the embedded database. */

import type { Logger } from 'pino';
import { type KeyRing, ringOfOne } from './domain/key-ring.js';
import type { KeyList, KmsEncryptedKey } from './key-list.js';
import type { Db } from './storage/database.js';
import { EncryptionKeyError, loadEncryptionKey } from './storage/encryption-key.js';

/** What the operator set; see the configuration. */
export interface EncryptionKeySettings {
  dataFolder: string;
  encryptionKey: Buffer | undefined;
  encryptionKeys: KeyList | undefined;
}

/**
 * Loads them; what KMS encrypted is decrypted by it, this once.
 * @throws {EncryptionKeyError}
 */
export async function loadKeyRing(
  { encryptionKeys, encryptionKey, dataFolder }: EncryptionKeySettings,
  { db, log }: { db: Db; log: Logger },
): Promise<KeyRing> {
  if (encryptionKeys) return await openKeys(encryptionKeys);
  return ringOfOne(encryptionKey ?? (await loadEncryptionKey({ dataFolder, db, log })));
}

async function openKeys({ currentId, keys }: KeyList): Promise<KeyRing> {
  const opened = await Promise.all(
    Array.from(keys, async ([id, key]) => [id, Buffer.isBuffer(key) ? key : await decrypt(id, key)] as const),
  );
  for (const [index, [id, key]] of opened.entries())
    if (opened.slice(0, index).some(([, other]) => other.equals(key)))
      throw new EncryptionKeyError(
        `The encryption key \`${id}\` is the same as another one of the list. Make a new key.`,
      );
  return { currentId, keys: new Map(opened) };
}

const KEY_BYTES = 32;
/** What a key was encrypted for: its id, so that it cannot be passed off under another one. */
const CONTEXT_NAME = 'tributary:encryption-key';

async function decrypt(id: string, { kmsKeyArn, ciphertext }: KmsEncryptedKey): Promise<Buffer> {
  // Seldom needed, and slow to load.
  const { decryptWithKms, KmsError } = await import('./kinesis/kms.js');
  const which = `The encryption key \`${id}\`, encrypted by ${kmsKeyArn},`;
  try {
    const key = await decryptWithKms({ kmsKeyArn, ciphertext, encryptionContext: { [CONTEXT_NAME]: id } });
    if (key.length === KEY_BYTES) return key;
    throw new EncryptionKeyError(`${which} has ${key.length} bytes. Make one of ${KEY_BYTES} bytes.`);
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    throw new EncryptionKeyError(`${which} cannot be opened. ${error.message}`, { cause: error });
  }
}
