import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { loadSecretSeal } from '../../src/domain/key-check.js';
import { createSealer } from '../../src/domain/secret-seal.js';
import { EncryptionKeyError } from '../../src/storage/encryption-key.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const key = randomBytes(32);
beforeEach(() => sql`truncate key_check, workspace cascade`.execute(database.db));

/** A credential of before there were checks. */
async function addCredential(sealedWith: Buffer): Promise<void> {
  const { rows } = await sql<{ workspace_id: number; id: number }>`
    with made as (insert into workspace (name, external_id) values ('w', 'e') returning id)
    insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
    select id, 'c', 'ACCESS_KEY', 'AKIA', '' from made
    returning workspace_id, id`.execute(database.db);
  for (const { workspace_id: workspaceId, id: credentialId } of rows) {
    const binding = { workspaceId, credentialId, field: 'secretAccessKey', version: 1 };
    const sealed = createSealer(sealedWith).seal('secret', binding);
    await sql`update credential set secret_sealed = ${sealed}`.execute(database.db);
  }
}

test('the key of the first start is taken by every later one, with the same fingerprints', async () => {
  const first = await loadSecretSeal(database.db, key);
  const second = await loadSecretSeal(database.db, key);

  expect(second.fingerprint('secret')).toBe(first.fingerprint('secret'));
});

test('another key than that of the first start is refused by name, also while there is no credential', async () => {
  await loadSecretSeal(database.db, key);

  const start = loadSecretSeal(database.db, randomBytes(32));

  await expect(start).rejects.toThrow(EncryptionKeyError);
  await expect(start).rejects.toThrow(/encryption key `default` is another one.*Set ENCRYPTION_KEY/);
});

test('of two that start at once with two keys, one is refused', async () => {
  const starts = await Promise.allSettled([key, randomBytes(32)].map((each) => loadSecretSeal(database.db, each)));

  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a database of before there were checks takes the key that opens its secrets, and no other', async () => {
  await addCredential(key);

  await expect(loadSecretSeal(database.db, randomBytes(32))).rejects.toThrow(EncryptionKeyError);
  await expect(loadSecretSeal(database.db, key)).resolves.toBeDefined();
});

test('a check that was tampered with is refused', async () => {
  await loadSecretSeal(database.db, key);
  await sql`update key_check set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)`.execute(database.db);

  await expect(loadSecretSeal(database.db, key)).rejects.toThrow(EncryptionKeyError);
});
