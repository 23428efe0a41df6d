import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { loadSecretSeal } from '../../src/domain/key-check.js';
import { type KeyRing, ringOfOne } from '../../src/domain/key-ring.js';
import { createSealer } from '../../src/domain/secret-seal.js';
import { EncryptionKeyError } from '../../src/storage/encryption-key.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const key = randomBytes(32);
const [old, next] = [{ default: key }, { next: randomBytes(32) }];
beforeEach(() => sql`truncate key_check, workspace cascade`.execute(database.db));

/** The first key is current. */
function ringOf(keys: Record<string, Buffer>): KeyRing {
  return { currentId: Object.keys(keys)[0] ?? '', keys: new Map(Object.entries(keys)) };
}

const start = (keys: Record<string, Buffer>) => loadSecretSeal(database.db, ringOf(keys));

async function addCredential(keys: Record<string, Buffer>): Promise<void> {
  const { rows } = await sql<{ workspace_id: number; id: number }>`
    with made as (insert into workspace (name, external_id) values ('w', gen_random_uuid()) returning id)
    insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
    select id, 'c', 'ACCESS_KEY', 'AKIA', '' from made
    returning workspace_id, id`.execute(database.db);
  for (const { workspace_id: workspaceId, id: credentialId } of rows) {
    const binding = { workspaceId, credentialId, field: 'secretAccessKey', version: 1 };
    const sealed = createSealer(ringOf(keys)).seal('secret', binding);
    await sql`update credential set secret_sealed = ${sealed} where id = ${credentialId}`.execute(database.db);
  }
}

test('the key of the first start is taken by every later one, with the same fingerprints', async () => {
  const first = await start(old);
  const second = await start(old);

  expect(second.fingerprint('secret')).toBe(first.fingerprint('secret'));
});

test('fingerprints stay from key to key, also once the old key is gone', async () => {
  const first = await start(old);
  await start({ ...next, ...old });
  const last = await start(next);

  expect(last.fingerprint('secret')).toBe(first.fingerprint('secret'));
});

test('another key than that of the first start is refused by name, also while there is no credential', async () => {
  await start(old);

  const other = start({ default: randomBytes(32) });

  await expect(other).rejects.toThrow(EncryptionKeyError);
  await expect(other).rejects.toThrow(/encryption key `default` is another one.*an id of its own/);
});

test('a wrong key among right ones is refused by name', async () => {
  await start({ ...next, ...old });

  await expect(start({ ...old, next: randomBytes(32) })).rejects.toThrow('encryption key `next` is another one');
});

test('a key that secrets are sealed with cannot be left out', async () => {
  await start(old);
  await addCredential(old);
  await addCredential(old);

  const without = start(next);

  await expect(without).rejects.toThrow(/`default` is missing, and 2 stored secret\(s\).*run `tributary rewrap`/);
  await expect(start({ ...next, ...old })).resolves.toBeDefined();
});

test('a key that nothing is sealed with may be replaced by one of another name', async () => {
  await start(old);

  await expect(start(next)).resolves.toBeDefined();
  await expect(start({ next: randomBytes(32) })).rejects.toThrow(EncryptionKeyError);
});

test('of two that start at once with two keys, one is refused', async () => {
  const starts = await Promise.allSettled([start(old), start({ default: randomBytes(32) })]);

  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a database of before there were checks takes the key that opens its secrets, and no other', async () => {
  await addCredential(old);

  await expect(start({ default: randomBytes(32) })).rejects.toThrow(EncryptionKeyError);
  await expect(loadSecretSeal(database.db, ringOfOne(key))).resolves.toBeDefined();
});

test.each(['set_byte(sealed, 40, get_byte(sealed, 40) # 1)', "''"])(
  'a check that was changed to %s is refused',
  async (change) => {
    await start(old);
    await sql`update key_check set sealed = ${sql.raw(change)}`.execute(database.db);

    await expect(start(old)).rejects.toThrow(EncryptionKeyError);
  },
);

test('the check of another key does not pass for that of this one', async () => {
  await start({ ...next, ...old });
  await sql`update key_check
    set sealed = (select sealed from key_check where key_id = 'default')
    where key_id = 'next'`.execute(database.db);

  await expect(start({ ...next, ...old })).rejects.toThrow('encryption key `next` is another one');
});

test('more secrets than are read at once are looked at to the last', async () => {
  await start(old);
  for (let count = 0; count < 101; count += 1) await addCredential(old);
  await addCredential(next);

  await expect(start(old)).rejects.toThrow('encryption key `next` is missing, and 1 stored');
});
