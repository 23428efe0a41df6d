import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { authenticateApiKey } from '../../src/domain/api-key.js';
import { toGlobalId } from '../../src/domain/global-id.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
});

const CARD = 'id name prefix role createdAt createdBy { kind name } expiresAt lastUsedAt revokedAt';
const PROBLEM = `... on UserError {
  code message path
  ... on InvalidInputError { issues { code path } }
  ... on InvalidStateError { current { id } }
}`;

async function create(input: Record<string, unknown> = {}, on = edge) {
  const { data, errors } = await on.execute(
    `mutation ($input: CreateApiKeyInput!) {
      createApiKey(input: $input) { __typename ... on CreateApiKeySuccess { key apiKey { ${CARD} } } ${PROBLEM} }
    }`,
    { input: { name: 'key', role: 'VIEWER', ...input } },
  );
  expect(errors).toEqual([]);
  return data.createApiKey;
}

async function revoke(id: string, on = edge) {
  const { data, errors } = await on.execute(
    `mutation ($id: ID!) {
      revokeApiKey(input: { id: $id }) { __typename ... on RevokeApiKeySuccess { apiKey { ${CARD} } } ${PROBLEM} }
    }`,
    { id },
  );
  expect(errors).toEqual([]);
  return data.revokeApiKey;
}

test('a new key opens its workspace with its role, and its text is in no column', async () => {
  const { key, apiKey } = await create({ name: 'reader', role: 'OPERATOR', expiresAt: '2090-01-31T00:00:00Z' });

  expect(apiKey).toMatchObject({
    name: 'reader',
    role: 'OPERATOR',
    prefix: key.slice(0, 12),
    createdBy: { kind: 'API_KEY', name: 'test' },
    expiresAt: '2090-01-31T00:00:00.000Z',
    lastUsedAt: null,
    revokedAt: null,
  });
  expect(await authenticateApiKey(database.db, key)).toMatchObject({
    workspaceId: edge.workspaceId,
    role: 'OPERATOR',
    actor: { kind: 'API_KEY', name: 'reader' },
  });
  const { rows } = await sql<{ row: string }>`select api_key::text as row from api_key`.execute(database.db);
  expect(rows.filter(({ row }) => row.includes(key.slice(12)))).toEqual([]);
});

test('an empty name and a time that has passed are refused, each by name', async () => {
  const refused = await create({ name: '', expiresAt: '2020-01-01T00:00:00Z' });

  expect(refused).toMatchObject({
    code: 'INVALID_INPUT',
    issues: [
      { code: 'REQUIRED', path: ['input', 'name'] },
      { code: 'OUT_OF_RANGE', path: ['input', 'expiresAt'] },
    ],
  });
});

test('a revoked key proves nothing any more, and keeps the time it was revoked first', async () => {
  const { key, apiKey } = await create();

  const revoked = await revoke(apiKey.id);

  expect(revoked).toMatchObject({ __typename: 'RevokeApiKeySuccess', apiKey: { id: apiKey.id } });
  expect(revoked.apiKey.revokedAt).not.toBeNull();
  expect(await authenticateApiKey(database.db, key)).toBeNull();
  expect(await revoke(apiKey.id)).toEqual(revoked);
});

test('of the last two ADMIN keys revoked at once, one stays', async () => {
  const own = await createTestEdge(database.db);
  const admins = [await create({ role: 'ADMIN' }, own), await create({ role: 'ADMIN' }, own)];
  await create({ role: 'ADMIN', expiresAt: '2090-01-01T00:00:00Z' }, own);
  await sql`update api_key set expires_at = now() where expires_at is not null`.execute(database.db);

  const answers = await Promise.all(admins.map(({ apiKey }) => revoke(apiKey.id, own)));

  const refused = answers.filter(({ code }) => code === 'LAST_ADMIN_KEY');
  expect(refused).toHaveLength(1);
  expect(admins.map(({ apiKey }) => apiKey.id)).toContain(refused[0].current.id);
  expect(await revoke(refused[0].current.id, own)).toMatchObject({ code: 'LAST_ADMIN_KEY', path: ['input', 'id'] });
});

test('foreign, missing and malformed ids give the same answer', async () => {
  const { apiKey } = await create({}, await createTestEdge(database.db));

  const answers = await Promise.all(
    [apiKey.id, toGlobalId('ApiKey', 999_999), toGlobalId('Segment', 1), 'nonsense', ''].map((id) => revoke(id)),
  );

  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({ code: 'NOT_FOUND', path: ['input', 'id'] });
});

test('the list filters, orders and pages, and sees only its workspace', async () => {
  const own = await createTestEdge(database.db);
  const { apiKey: gone } = await create({ name: 'gone' }, own);
  await revoke(gone.id, own);
  await create({ name: 'b%b', role: 'OPERATOR' }, own);
  await create({ name: 'a' }, own);
  const names = async (args: string) => {
    const { data, errors } = await own.execute(`{ apiKeys${args} { totalCount nodes { name } } }`);
    expect(errors).toEqual([]);
    expect(data.apiKeys.totalCount).toBeGreaterThanOrEqual(data.apiKeys.nodes.length);
    return data.apiKeys.nodes.map(({ name }: { name: string }) => name);
  };

  expect(await names('')).toEqual(['a', 'b%b', 'gone']);
  expect(await names('(orderBy: CREATED_AT_ASC, first: 1)')).toEqual(['gone']);
  expect(await names('(orderBy: NAME_DESC)')).toEqual(['gone', 'b%b', 'a']);
  expect(await names('(filter: { active: true }, orderBy: NAME_ASC)')).toEqual(['a', 'b%b']);
  expect(await names('(filter: { active: false })')).toEqual(['gone']);
  expect(await names('(filter: { roles: [OPERATOR] })')).toEqual(['b%b']);
  expect(await names('(filter: { search: "%" })')).toEqual(['b%b']);
});

test('50 keys cost as many statements as one', async () => {
  const own = await createTestEdge(database.db);
  for (const name of ['a', 'b', 'c']) await create({ name }, own);
  const query = 'query ($first: Int) { apiKeys(first: $first) { totalCount nodes { id createdBy { name } } } }';

  const one = await own.countQueries(() => own.execute(query, { first: 1 }));
  const many = await own.countQueries(() => own.execute(query, { first: 50 }));

  expect(many).toBe(one);
});

test('to a role below ADMIN the list is refused, and a key is like one that is not there', async () => {
  const { apiKey } = await create();
  const operator = { ...edge.viewer, role: 'OPERATOR' } as const;

  const list = await edge.execute('{ apiKeys { totalCount } }', {}, operator);
  const node = await edge.execute('query ($id: ID!) { node(id: $id) { id } }', { id: apiKey.id }, operator);

  expect(list.errors).toMatchObject([{ code: 'FORBIDDEN', message: expect.stringContaining('role ADMIN') }]);
  expect(node).toEqual({ data: { node: null }, errors: [] });
  const own = await edge.execute('query ($id: ID!) { node(id: $id) { id } }', { id: apiKey.id });
  expect(own.data.node).toEqual({ id: apiKey.id });
});

test('a change leaves what it does not name; a stale one is refused with what is there', async () => {
  const expiresAt = '2090-01-31T00:00:00.000Z';
  const { apiKey, key } = await create({ name: 'a', expiresAt });

  const renamed = await update({ id: apiKey.id, expectedVersion: 1, name: 'b' });
  const raised = await update({ id: apiKey.id, expectedVersion: 2, role: 'OPERATOR', expiresAt: null });
  const stale = await update({ id: apiKey.id, expectedVersion: 2, name: 'c' });

  expect(renamed.apiKey).toMatchObject({ name: 'b', role: 'VIEWER', expiresAt, version: 2 });
  expect(raised.apiKey).toMatchObject({ name: 'b', role: 'OPERATOR', expiresAt: null, version: 3 });
  expect(stale).toMatchObject({ code: 'VERSION_CONFLICT', current: { id: apiKey.id, version: 3 } });
  expect(await authenticateApiKey(database.db, key)).toMatchObject({ role: 'OPERATOR', actor: { name: 'b' } });
});

test('wrong changes are refused by name, and so are those of a revoked key', async () => {
  const { apiKey } = await create({ name: 'a' });

  const wrong = await update({
    id: apiKey.id,
    expectedVersion: 1,
    name: null,
    role: null,
    expiresAt: '2020-01-01T00:00:00Z',
  });
  expect(wrong.issues.map(({ path }: { path: string[] }) => path[1])).toEqual(['name', 'role', 'expiresAt']);
  await revoke(apiKey.id);
  expect(await update({ id: apiKey.id, expectedVersion: 1, name: 'b' })).toMatchObject({ code: 'NOT_FOUND' });
});

test('the last ADMIN key that works cannot be lowered; of two that are lowered at once, one stays', async () => {
  const own = await createTestEdge(database.db);
  const only = await create({ name: 'only', role: 'ADMIN' }, own);
  const lower = (id: string) => update({ id, expectedVersion: 1, role: 'OPERATOR' }, own);

  expect(await lower(only.apiKey.id)).toMatchObject({ code: 'LAST_ADMIN_KEY' });
  const other = await create({ name: 'other', role: 'ADMIN' }, own);
  const answers = await Promise.all([lower(only.apiKey.id), lower(other.apiKey.id)]);

  expect(answers.filter(({ code }) => code === 'LAST_ADMIN_KEY')).toHaveLength(1);
});

async function update(input: Record<string, unknown>, on = edge) {
  const { data, errors } = await on.execute(
    `mutation ($input: UpdateApiKeyInput!) {
      updateApiKey(input: $input) {
        __typename ... on UpdateApiKeySuccess { apiKey { ${CARD} version } } ${PROBLEM}
        ... on ConflictError { current { ... on ApiKey { id version } } }
      }
    }`,
    { input },
  );
  expect(errors).toEqual([]);
  return data.updateApiKey;
}
