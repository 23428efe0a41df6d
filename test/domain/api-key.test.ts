import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { authenticateApiKey, createApiKeyText, toStoredKey } from '../../src/domain/api-key.js';
import { bootstrapWorkspace } from '../../src/domain/workspace-admin.js';
import { insertApiKey } from '../../src/storage/api-keys.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('of nodes that start at once, one makes the workspace and its ADMIN key, and later ones none', async () => {
  const texts = await Promise.all(Array.from({ length: 8 }, () => bootstrapWorkspace(database.db)));

  const made = texts.filter((text) => text !== null);
  expect(made).toHaveLength(1);
  expect(await bootstrapWorkspace(database.db)).toBeNull();
  const workspaces = await database.db.selectFrom('workspace').select('external_id').execute();
  expect(workspaces).toHaveLength(1);
  expect(workspaces[0]?.external_id).toMatch(/^[\w+=,.@:/-]{32,1224}$/);
  expect(await authenticateApiKey(database.db, made[0] ?? '')).toMatchObject({
    actor: { kind: 'API_KEY', name: 'first key' },
    role: 'ADMIN',
    expiresAt: null,
  });
});

test('a key holds 256 random bits, and neither it nor half of it is stored', async () => {
  const text = await addKey({});
  expect(text).toMatch(/^trb_[A-Za-z0-9_-]{43}$/);
  expect(createApiKeyText()).not.toBe(createApiKeyText());

  const { rows } = await sql<{ all: string }>`select api_key::text as all from api_key`.execute(database.db);

  expect(rows.some(({ all }) => all.includes(text.slice(0, 12)))).toBe(true);
  expect(rows.every(({ all }) => !all.includes(text.slice(0, 13)))).toBe(true);
});

test.each([
  ['unknown', async () => createApiKeyText()],
  ['malformed', async () => `${await addKey({})} `],
  ['empty', async () => ''],
  ['expired', () => addKey({ expiresAt: new Date(Date.now() - 1000) })],
  ['revoked', revokedKey],
])('a key that is %s proves nothing', async (_name, makeText) => {
  expect(await authenticateApiKey(database.db, await makeText())).toBeNull();
});

test('a key that will expire says when', async () => {
  const expiresAt = new Date(Date.now() + 60_000);

  const viewer = await authenticateApiKey(database.db, await addKey({ expiresAt }));

  expect(viewer).toMatchObject({ role: 'VIEWER', expiresAt });
});

test('the last use is noted to the minute, once a minute', async () => {
  const text = await addKey({});
  const { keyHash } = toStoredKey(text);
  const read = () =>
    database.db
      .selectFrom('api_key')
      .select(['last_used_at', sql<string>`xmin::text`.as('writer')])
      .where('key_hash', '=', keyHash)
      .executeTakeFirstOrThrow();
  expect((await read()).last_used_at).toBeNull();

  await authenticateApiKey(database.db, text);
  const first = await read();
  await authenticateApiKey(database.db, text);
  const second = await read();

  expect(first.last_used_at?.getUTCSeconds()).toBe(0);
  // The same unless a minute began between the two.
  expect(second.writer === first.writer || second.last_used_at?.getTime() !== first.last_used_at?.getTime()).toBe(true);
});

async function addKey({ expiresAt = null }: { expiresAt?: Date | null }): Promise<string> {
  const workspace = { name: 'test', external_id: createApiKeyText() };
  const { id } = await database.db.insertInto('workspace').values(workspace).returning('id').executeTakeFirstOrThrow();
  const text = createApiKeyText();
  const createdBy = { kind: 'SYSTEM', name: 'test' } as const;
  const apiKey = { workspaceId: id, name: 'test', role: 'VIEWER', expiresAt, createdBy } as const;
  await insertApiKey(database.db, { ...apiKey, ...toStoredKey(text) });
  return text;
}

async function revokedKey(): Promise<string> {
  const text = await addKey({});
  const revoked = { revoked_at: new Date() };
  await database.db.updateTable('api_key').set(revoked).where('key_hash', '=', toStoredKey(text).keyHash).execute();
  return text;
}
