/**
 * Seals secrets for storage, bound to the row and field that they belong to. Each secret has a data key of its own, which
 * is wrapped by an encryption key of the ring: when encryption keys change, only the wrapping is made anew.
 *
 * A seal begins with its format. 2: length of the key id, key id, box of the data key, box of the secret. 1, which is
 * only opened: box of the secret under the key `default`.
 */

import { createHmac, randomBytes } from 'node:crypto';
import { DEFAULT_KEY_ID, type KeyRing } from './key-ring.js';
import { BOX_OVERHEAD, KEY_BYTES, lockBox, unlockBox } from './sealed-box.js';

/** Where a sealed secret belongs; it opens nowhere else. */
export interface SecretBinding {
  workspaceId: number;
  credentialId: number;
  /** Name of the secret field. */
  field: string;
  /** Version of the secret, from 1. */
  version: number;
}

/** Seals and opens secrets with the keys of a ring. */
export interface Sealer {
  /** Seals a text with the current key; the same text gives other bytes each time. */
  seal(plaintext: string, binding: SecretBinding): Buffer;
  /**
   * @throws {SecretUnreadableError} if the bytes were changed, belong elsewhere, or were sealed with a key that the ring
   * lacks.
   */
  open(sealed: Buffer, binding: SecretBinding): string;
  /**
   * The same secret under the current key. Of format 2, only the data key is wrapped anew, and the secret is not opened.
   * @throws as {@link open}, for what is opened.
   */
  rewrap(sealed: Buffer, binding: SecretBinding): Buffer;
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

const FIRST_FORMAT = 1;
const FORMAT = 2;
const WRAPPED_BYTES = BOX_OVERHEAD + KEY_BYTES;

/** Makes a sealer. */
export function createSealer(ring: KeyRing): Sealer {
  return {
    seal: (plaintext, binding) => seal(ring, plaintext, binding),
    open: (sealed, binding) => open(ring, sealed, binding),
    rewrap(sealed, binding) {
      if (sealed[0] === FIRST_FORMAT) return seal(ring, open(ring, sealed, binding), binding);
      const { dataKey, secret } = unwrap(ring, sealed, binding);
      return join(wrap(ring, dataKey, binding), secret);
    },
  };
}

/**
 * Makes a seal.
 * @param fingerprintKey 32 bytes, of its own: it stays when the ring changes, and fingerprints say nothing about the ring.
 */
export function createSecretSeal(ring: KeyRing, fingerprintKey: Buffer): SecretSeal {
  return {
    ...createSealer(ring),
    fingerprint: (plaintext) => createHmac('sha256', fingerprintKey).update(plaintext).digest('hex'),
  };
}

/** The id of the key that a seal names; null if it is no seal. */
export function keyIdOf(sealed: Buffer): string | null {
  if (sealed[0] === FIRST_FORMAT) return DEFAULT_KEY_ID;
  if (sealed[0] !== FORMAT) return null;
  return sealed.toString('latin1', 2, 2 + (sealed[1] ?? 0));
}

function seal(ring: KeyRing, plaintext: string, binding: SecretBinding): Buffer {
  const dataKey = randomBytes(KEY_BYTES);
  return join(wrap(ring, dataKey, binding), lockBox(dataKey, Buffer.from(plaintext), boundTo(FORMAT, binding)));
}

/** The key id is part of what is authenticated: a seal that names another key does not open, even in a ring with both. */
interface Wrapped {
  keyId: string;
  box: Buffer;
}

function wrap({ currentId, keys }: KeyRing, dataKey: Buffer, binding: SecretBinding): Wrapped {
  const key = keys.get(currentId);
  if (!key) throw new Error(`The ring has no key \`${currentId}\`.`);
  return { keyId: currentId, box: lockBox(key, dataKey, boundTo(FORMAT, binding, currentId)) };
}

function join({ keyId, box }: Wrapped, secret: Buffer): Buffer {
  return Buffer.concat([Buffer.of(FORMAT, keyId.length), Buffer.from(keyId, 'latin1'), box, secret]);
}

function unwrap(ring: KeyRing, sealed: Buffer, binding: SecretBinding): { dataKey: Buffer; secret: Buffer } {
  const keyId = keyIdOf(sealed) ?? '';
  const rest = sealed.subarray(2 + keyId.length);
  const key = keyFor(ring, keyId, binding);
  const dataKey = unlockBox(key, rest.subarray(0, WRAPPED_BYTES), boundTo(FORMAT, binding, keyId));
  if (dataKey?.length !== KEY_BYTES) throw changed(binding);
  return { dataKey, secret: rest.subarray(WRAPPED_BYTES) };
}

function open(ring: KeyRing, sealed: Buffer, binding: SecretBinding): string {
  const plaintext = sealed[0] === FIRST_FORMAT ? openFirst(ring, sealed, binding) : openSecond(ring, sealed, binding);
  if (!plaintext) throw changed(binding);
  return plaintext.toString('utf8');
}

function openFirst(ring: KeyRing, sealed: Buffer, binding: SecretBinding): Buffer | null {
  return unlockBox(keyFor(ring, DEFAULT_KEY_ID, binding), sealed.subarray(1), boundTo(FIRST_FORMAT, binding));
}

function openSecond(ring: KeyRing, sealed: Buffer, binding: SecretBinding): Buffer | null {
  if (sealed[0] !== FORMAT) throw changed(binding);
  const { dataKey, secret } = unwrap(ring, sealed, binding);
  return unlockBox(dataKey, secret, boundTo(FORMAT, binding));
}

function keyFor({ keys }: KeyRing, keyId: string, binding: SecretBinding): Buffer {
  const key = keys.get(keyId);
  if (key) return key;
  throw new SecretUnreadableError(
    `The ${describe(binding)} cannot be opened: this process has no encryption key \`${keyId.slice(0, 64)}\`. ` +
      'Start it with that key among the others.',
  );
}

/** JSON, so that no two bindings share their bytes; with the format, so that one cannot be passed off as the other. */
function boundTo(format: number, { workspaceId, credentialId, field, version }: SecretBinding, keyId?: string): Buffer {
  const parts = [format, workspaceId, credentialId, field, version];
  return Buffer.from(JSON.stringify(keyId === undefined ? parts : [...parts, keyId]));
}

function changed(binding: SecretBinding): SecretUnreadableError {
  return new SecretUnreadableError(
    `The ${describe(binding)} cannot be opened: it was sealed with another key of the same name, or its row was ` +
      'changed. Start with the key it was sealed with, or give the credential a new secret.',
  );
}

function describe({ field, credentialId, version }: SecretBinding): string {
  return `${field} of credential ${credentialId} (version ${version})`;
}
