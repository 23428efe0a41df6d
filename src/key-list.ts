/**
 * Lists of encryption keys as an operator writes them, the current key first: `id:key` each, or `id:arn:key` for a key that
 * a key of AWS KMS has encrypted.
 */

import { readFileSync, statSync } from 'node:fs';

/** Keys by id; the current one is the first. */
export interface KeyList {
  readonly currentId: string;
  /** 32 bytes each, but for what has to be decrypted first. */
  readonly keys: ReadonlyMap<string, Buffer | KmsEncryptedKey>;
}

/** An encryption key that only AWS KMS can decrypt. */
export interface KmsEncryptedKey {
  /** The ARN of the key of KMS, or of an alias of it. */
  readonly kmsKeyArn: string;
  /** What KMS gave, as it is. */
  readonly ciphertext: Buffer;
}

/** A list is not as it should be. The message is the end of a sentence that begins with the list, and repeats no entry. */
export class KeyListError extends Error {
  override readonly name = 'KeyListError';
}

const KEY_BYTES = 32;
const ENTRY =
  /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):(?:(arn:aws[\w-]*:kms:[\w-]+:\d{12}:(?:key|alias)\/[\w/-]+):)?([A-Za-z0-9+/]+={0,2})$/;

/**
 * Reads a list, whose entries are separated by commas, spaces or line ends.
 * @throws {KeyListError}
 */
export function parseKeyList(text: string): KeyList {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  const keys = new Map<string, Buffer>();
  for (const [index, entry] of entries.entries()) addKey(keys, entry, `entry ${index + 1}`);
  const [currentId] = keys.keys();
  if (currentId === undefined) throw new KeyListError('holds no key');
  return { currentId, keys };
}

/** Others may not read it, nor the group write it: mounted secrets are often for a group to read. */
const FORBIDDEN_MODE = 0o027;

/**
 * Reads the list of a file that is closed to others.
 * @throws {KeyListError}
 */
export function readKeyFile(path: string): KeyList {
  let text: string;
  let mode: number;
  try {
    ({ mode } = statSync(path));
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new KeyListError('cannot be read', { cause: error });
  }
  if ((mode & FORBIDDEN_MODE) !== 0) throw new KeyListError(`is open to others (mode ${toOctal(mode)})`);
  return parseKeyList(text);
}

function toOctal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

function addKey(keys: Map<string, Buffer | KmsEncryptedKey>, entry: string, place: string): void {
  const [, id, kmsKeyArn, base64] = ENTRY.exec(entry) ?? [];
  if (id === undefined || base64 === undefined) throw new KeyListError(`has no \`id:key\` as ${place}`);
  const bytes = Buffer.from(base64, 'base64');
  if (keys.has(id)) throw new KeyListError(`repeats an id with ${place}`);
  if (kmsKeyArn !== undefined) {
    keys.set(id, { kmsKeyArn, ciphertext: bytes });
    return;
  }
  if (bytes.length !== KEY_BYTES) throw new KeyListError(`has ${bytes.length} bytes as the key of ${place}`);
  // A rotation to the same key would look done, and be none.
  if ([...keys.values()].some((other) => Buffer.isBuffer(other) && other.equals(bytes)))
    throw new KeyListError(`repeats a key with ${place}`);
  keys.set(id, bytes);
}
