import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EncryptionKeyError, loadEncryptionKey } from '../../src/storage/encryption-key.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let dataFolder: string;
let logged: string[];
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'tributary-key-'));
  logged = [];
});
afterEach(() => rm(dataFolder, { recursive: true }));

const load = () => {
  const log = pino({ level: 'warn' }, { write: (line) => void logged.push(line) });
  return loadEncryptionKey({ dataFolder, db: database.db, log });
};
const path = () => join(dataFolder, 'encryption-key');

test('the first start makes a key that only its user can read, and the log names its file, not the key', async () => {
  const key = await load();

  expect(key).toHaveLength(32);
  expect((await stat(path())).mode & 0o777).toBe(0o600);
  expect(logged.join('')).toContain(path());
  expect(logged.join('')).not.toContain((await readFile(path(), 'utf8')).trim());
});

test('processes that start at once, and all later ones, have the same key', async () => {
  const keys = await Promise.all([load(), load(), load()]);

  expect(new Set([...keys, await load()].map((key) => key.toString('hex'))).size).toBe(1);
  expect(logged).toHaveLength(1);
});

test('a file that holds no key is refused by name', async () => {
  await writeFile(path(), 'too short');

  await expect(load()).rejects.toThrow(EncryptionKeyError);
  await expect(load()).rejects.toThrow(path());
});

test('a missing key is not replaced while there are secrets sealed with it', async () => {
  await database.pool.query(`
    with made as (insert into workspace (name, external_id) values ('w', 'e') returning id)
    insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
    select id, 'c', 'ACCESS_KEY', 'AKIA', '\\x00' from made`);

  await expect(load()).rejects.toThrow(/is missing.*Restore it/);

  await database.pool.query('delete from credential');
});

test('a missing key is not replaced either once the database knows one', async () => {
  await database.pool.query(`insert into key_check (key_id, sealed) values ('default', '\\x01')`);

  await expect(load()).rejects.toThrow(/is missing.*Restore it/);

  await database.pool.query('delete from key_check');
});
