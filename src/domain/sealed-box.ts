/** AES-256-GCM as this product uses it: one box of bytes, `iv (12), tag (16), ciphertext`. */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Bytes of a key. */
export const KEY_BYTES = 32;

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Bytes of a box on top of what is in it. */
export const BOX_OVERHEAD = IV_BYTES + TAG_BYTES;

/** Puts bytes into a box that opens only with the same key and additional data. */
export function lockBox(key: Buffer, content: Buffer, additional: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(additional);
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]);
}

/** What is in a box; null if it was changed, or locked with another key or other additional data. */
export function unlockBox(key: Buffer, box: Buffer, additional: Buffer): Buffer | null {
  if (box.length < BOX_OVERHEAD) return null;
  const decipher = createDecipheriv(CIPHER, key, box.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(additional);
  decipher.setAuthTag(box.subarray(IV_BYTES, BOX_OVERHEAD));
  const content = decipher.update(box.subarray(BOX_OVERHEAD));
  try {
    return Buffer.concat([content, decipher.final()]);
  } catch {
    return null;
  }
}
