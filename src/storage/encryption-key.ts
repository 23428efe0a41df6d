/** The encryption key that belongs to an embedded database: a file beside the data. */

import { randomBytes, randomUUID } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { BaseLogger } from 'pino';
import type { Db } from './database.js';

/** The key is missing or cannot be used; the message says which and what to do. */
export class EncryptionKeyError extends Error {
  override readonly name = 'EncryptionKeyError';
}

/** Where the key is kept, and what it is for. */
export interface EncryptionKeyOptions {
  /** Folder of the embedded database; exists. */
  dataFolder: string;
  db: Db;
  log: BaseLogger;
}

const FILE_NAME = 'encryption-key';
const KEY_BYTES = 32;

/**
 * Reads the key, or on the first start makes one that only this system user can read.
 * @returns 32 bytes.
 * @throws {EncryptionKeyError} if the file holds no key, or is missing while the database was sealed with one.
 */
export async function loadEncryptionKey({ dataFolder, db, log }: EncryptionKeyOptions): Promise<Buffer> {
  const path = join(dataFolder, FILE_NAME);
  const known = await readKey(path);
  if (known) return known;
  if (await isKeyNeeded(db)) throw missing(path);
  if (await createKey(path)) log.warn({ path }, 'made an encryption key: keep a copy, without it credentials are lost');
  const created = await readKey(path);
  if (created) return created;
  throw missing(path);
}

async function readKey(path: string): Promise<Buffer | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new EncryptionKeyError(`The encryption key ${path} cannot be read. Check who owns it.`, { cause: error });
  });
  if (text === null) return null;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new EncryptionKeyError(
    `The file ${path} holds no key of ${KEY_BYTES} bytes in base64. Restore it from your copy.`,
  );
}

/** False if another process was first. A link, so that nobody ever reads half a key. */
async function createKey(path: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

async function isKeyNeeded(db: Db): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`/* encryption-key.is_needed */
    select exists (select from key_check) or exists (select from credential) as found
  `.execute(db);
  return rows[0]?.found === true;
}

function missing(path: string): EncryptionKeyError {
  return new EncryptionKeyError(
    `The encryption key ${path} is missing, but the database was sealed with it. ` +
      'Restore it from your copy, or set ENCRYPTION_KEY.',
  );
}
