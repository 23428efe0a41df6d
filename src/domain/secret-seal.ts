/** Seals secrets for storage: AES-256-GCM, bound to the row and field that they belong to. */

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** Where a sealed secret belongs; it opens nowhere else. */
export interface SecretBinding {
  workspaceId: number;
  credentialId: number;
  /** Name of the secret field. */
  field: string;
  /** Version of the secret, from 1. */
  version: number;
}

/** Seals and opens secrets with one key. */
export interface Sealer {
  /** Seals a text; the same text gives other bytes each time. Layout: format byte, 12-byte IV, 16-byte tag, ciphertext. */
  seal(plaintext: string, binding: SecretBinding): Buffer;
  /** @throws {SecretUnreadableError} if the bytes were changed, belong elsewhere, or were sealed with another key. */
  open(sealed: Buffer, binding: SecretBinding): string;
}

/** Seals, opens and compares secrets. */
export interface SecretSeal extends Sealer {
  /** 32 bytes as hex that tell whether two secrets are equal, and nothing to who lacks the key. */
  fingerprint(plaintext: string): string;
}

/** A sealed secret cannot be opened. */
export class SecretUnreadableError extends Error {
  override readonly name = 'SecretUnreadableError';
}

const FORMAT = 1;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + IV_BYTES + TAG_BYTES;

/**
 * Makes a sealer.
 * @param key 32 bytes.
 * @throws {RangeError} if the key has another length.
 */
export function createSealer(key: Buffer): Sealer {
  if (key.length !== KEY_BYTES) throw new RangeError(`The encryption key has ${key.length} bytes; give ${KEY_BYTES}.`);
  return {
    seal: (plaintext, binding) => sealText(key, plaintext, binding),
    open: (sealed, binding) => openText(key, sealed, binding),
  };
}

/** Whether something looks like a seal, whoever sealed it. */
export function isFirstFormat(sealed: Buffer): boolean {
  return sealed[0] === FORMAT;
}

/**
 * Makes a seal.
 * @param key as {@link createSealer}.
 * @param fingerprintKey of its own: what fingerprints give away says nothing about the sealing key.
 */
export function createSecretSeal(key: Buffer, fingerprintKey: Buffer): SecretSeal {
  return {
    ...createSealer(key),
    fingerprint: (plaintext) => createHmac('sha256', fingerprintKey).update(plaintext).digest('hex'),
  };
}

function sealText(key: Buffer, plaintext: string, binding: SecretBinding): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(binding));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), iv, cipher.getAuthTag(), ciphertext]);
}

function openText(key: Buffer, sealed: Buffer, binding: SecretBinding): string {
  if (sealed.length < HEADER_BYTES || sealed[0] !== FORMAT) throw unreadable(binding);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(additionalData(binding));
  decipher.setAuthTag(sealed.subarray(1 + IV_BYTES, HEADER_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]).toString('utf8');
  } catch (error) {
    throw unreadable(binding, error);
  }
}

/** JSON, so that no two bindings share their bytes; with the format, so that a later one cannot be passed off as this. */
function additionalData(binding: SecretBinding): Buffer {
  return Buffer.from(
    JSON.stringify([FORMAT, binding.workspaceId, binding.credentialId, binding.field, binding.version]),
  );
}

function unreadable(binding: SecretBinding, cause?: unknown): SecretUnreadableError {
  return new SecretUnreadableError(
    `The ${binding.field} of credential ${binding.credentialId} (version ${binding.version}) cannot be opened: ` +
      'it was sealed with another encryption key, or its row was changed. Start with the key it was sealed with.',
    { cause },
  );
}
