import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { openIdentity } from '../../src/domain/credential.js';
import { fromGlobalId, toGlobalId } from '../../src/domain/global-id.js';
import { createServices } from '../../src/services.js';
import { loadSecret } from '../../src/storage/credentials.js';
import { ACCESS_KEY_ID, createCredential, createDestination, SECRET } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { createTestSeal } from '../support/seal.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
});

const CARD = 'id name kind version createdAt updatedAt current { accessKeyIdLast4 createdAt expiresAt lastUsedAt }';
const PROBLEM = `... on UserError {
  code message path
  ... on InvalidInputError { issues { code message path } }
  ... on ConflictError { current { id } }
  ... on InvalidStateError { current { id ... on Credential { destinations { totalCount nodes { id } } } } }
}`;

async function create(input: Record<string, unknown>, on = edge) {
  const { data, errors } = await on.execute(
    `mutation ($input: CreateCredentialInput!) {
      createCredential(input: $input) { __typename ... on CreateCredentialSuccess { credential { ${CARD} } } ${PROBLEM} }
    }`,
    { input: { kind: 'ACCESS_KEY', name: 'c', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET, ...input } },
  );
  expect(errors).toEqual([]);
  return data.createCredential;
}

async function update(input: Record<string, unknown>, on = edge) {
  const { data, errors } = await on.execute(
    `mutation ($input: UpdateCredentialInput!) {
      updateCredential(input: $input) { __typename ... on UpdateCredentialSuccess { credential { ${CARD} } } ${PROBLEM} }
    }`,
    { input },
  );
  expect(errors).toEqual([]);
  return data.updateCredential;
}

async function remove(id: string, on = edge) {
  const { data, errors } = await on.execute(
    `mutation ($id: ID!) {
      deleteCredential(input: { id: $id }) { __typename ... on DeleteCredentialSuccess { deletedId } ${PROBLEM} }
    }`,
    { id },
  );
  expect(errors).toEqual([]);
  return data.deleteCredential;
}

async function read(id: string, on = edge) {
  const { data, errors } = await on.execute(
    `query ($id: ID!) { credential(id: $id) { ${CARD} } node(id: $id) { id } }`,
    {
      id,
    },
  );
  expect(errors).toEqual([]);
  return data;
}

test('a stored credential shows the last 4 characters of its access key id and no more', async () => {
  const { credential } = await create({ name: 'production', expiresAt: '2030-01-31T00:00:00Z' });

  expect(credential).toMatchObject({
    name: 'production',
    kind: 'ACCESS_KEY',
    version: 1,
    current: { accessKeyIdLast4: 'MPLE', expiresAt: '2030-01-31T00:00:00.000Z', lastUsedAt: null },
  });
  expect(await read(credential.id)).toEqual({ credential, node: { id: credential.id } });
});

test('the secret is in no column of any table, but opens with the key', async () => {
  const seal = createTestSeal();
  const services = createServices({ db: database.db, seal });
  const input = { kind: 'ACCESS_KEY' as const, name: 'canary', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET };

  const made = await services.credentials.create(edge.workspaceId, { ...input, idempotencyKey: randomUUID() });

  const stored = await loadSecret(database.db, made.id);
  if (!stored) throw new Error('The credential is not there.');
  expect(openIdentity(seal, stored)).toEqual({
    kind: 'ACCESS_KEY',
    accessKeyId: ACCESS_KEY_ID,
    secretAccessKey: SECRET,
  });
  expect(stored).toMatchObject({ workspaceId: edge.workspaceId, version: 1, secretVersion: 1 });
  const { rows } = await sql<{ all: string }>`
    select credential::text as all from credential
    union all select idempotency_key::text || encode(input_hash, 'escape') from idempotency_key`.execute(database.db);
  const hexOfSecret = Buffer.from(SECRET).toString('hex');
  expect(rows.length).toBeGreaterThan(1);
  expect(rows.filter(({ all }) => all.includes(SECRET) || all.includes(hexOfSecret))).toEqual([]);
});

test('a sealed secret that was moved to another credential does not open', async () => {
  const seal = createTestSeal();
  const services = createServices({ db: database.db, seal });
  const input = { kind: 'ACCESS_KEY' as const, name: 'swap', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET };
  const first = await services.credentials.create(edge.workspaceId, input);
  const second = await services.credentials.create(edge.workspaceId, input);

  await sql`update credential set secret_sealed = (select secret_sealed from credential where id = ${first.id})
    where id = ${second.id}`.execute(database.db);

  const stored = await loadSecret(database.db, second.id);
  if (!stored) throw new Error('The credential is not there.');
  const reason = expect.stringContaining('cannot be opened');
  expect(openIdentity(seal, stored)).toEqual({ kind: 'UNREADABLE', reason });
});

test('faults of the input name their fields, hold no value, and store nothing', async () => {
  const before = await edge.execute('{ credentials { totalCount } }');

  const refused = await create({ name: '', accessKeyId: SECRET, secretAccessKey: ACCESS_KEY_ID });

  expect(refused.__typename).toBe('InvalidInputError');
  expect(refused.issues.map(({ path }: { path: string[] }) => path)).toEqual([
    ['input', 'accessKeyId'],
    ['input', 'secretAccessKey'],
    ['input', 'name'],
  ]);
  expect(JSON.stringify(refused)).not.toContain(SECRET);
  expect(await edge.execute('{ credentials { totalCount } }')).toEqual(before);
});

test('the same idempotency key gives the first credential, with another secret it is refused', async () => {
  const idempotencyKey = randomUUID();
  const first = await create({ idempotencyKey });

  const again = await create({ idempotencyKey });
  const other = await create({ idempotencyKey, secretAccessKey: 'x'.repeat(40) });

  expect(again).toEqual(first);
  expect(other).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', current: { id: first.credential.id } });
  await remove(first.credential.id);
  expect(await create({ idempotencyKey })).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', current: null });
});

test('an update changes name and expiry, what is left out stays, and the version grows', async () => {
  const id = await createCredential(edge, { expiresAt: '2030-01-31T00:00:00Z' });

  const renamed = await update({ id, expectedVersion: 1, name: 'renamed' });
  const unending = await update({ id, expectedVersion: 2, expiresAt: null });

  expect(renamed.credential).toMatchObject({
    name: 'renamed',
    version: 2,
    current: { expiresAt: '2030-01-31T00:00:00.000Z' },
  });
  expect(unending.credential).toMatchObject({ name: 'renamed', version: 3, current: { expiresAt: null } });
});

test('an update of an old version is refused with the credential as it is now', async () => {
  const id = await createCredential(edge);
  await update({ id, expectedVersion: 1, name: 'newer' });

  const refused = await update({ id, expectedVersion: 1, name: 'older' });

  expect(refused).toMatchObject({ code: 'VERSION_CONFLICT', path: ['input', 'expectedVersion'], current: { id } });
  expect((await read(id)).credential.name).toBe('newer');
});

test('a credential in use is not deleted, and the answer says what uses it', async () => {
  const id = await createCredential(edge);
  const destination = await createDestination(edge, id);

  const refused = await remove(id);

  expect(refused).toMatchObject({
    code: 'IN_USE',
    path: ['input', 'id'],
    current: { id, destinations: { totalCount: 1, nodes: [{ id: destination }] } },
  });
});

test('a deleted credential is gone with its secret', async () => {
  const id = await createCredential(edge);

  expect(await remove(id)).toEqual({ __typename: 'DeleteCredentialSuccess', deletedId: id });
  expect(await read(id)).toEqual({ credential: null, node: null });
  expect(await loadSecret(database.db, fromGlobalId(id)?.id ?? 0)).toBeNull();
  expect(await remove(id)).toMatchObject({ code: 'NOT_FOUND' });
});

test('foreign, missing, malformed ids and ids of another kind give the same answers', async () => {
  const foreign = await createCredential(await createTestEdge(database.db));
  const ids = [foreign, toGlobalId('Credential', 999_999_999), 'nonsense', toGlobalId('Segment', 1), ''];

  const answers = await Promise.all(
    ids.map(async (id) => [
      await edge.execute('query ($id: ID!) { credential(id: $id) { id } }', { id }),
      await update({ id, expectedVersion: 1, name: 'x' }),
      await remove(id),
    ]),
  );

  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]).toMatchObject([{ data: { credential: null } }, { code: 'NOT_FOUND' }, { code: 'NOT_FOUND' }]);
});

test.each(['createCredential', 'updateCredential', 'deleteCredential'])('%s needs role ADMIN', async (name) => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const inputs: Record<string, object> = {
    createCredential: { kind: 'ACCESS_KEY', name: 'c' },
    updateCredential: { id: 'x', expectedVersion: 1 },
    deleteCredential: { id: 'x' },
  };

  const { errors } = await edge.execute(
    `mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`,
    { input: inputs[name] },
    { ...edge.viewer, role: 'OPERATOR' },
  );

  expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
});

test('the list filters, orders and pages, and sees only its workspace', async () => {
  const own = await createTestEdge(database.db);
  await createCredential(await createTestEdge(database.db), { name: 'foreign' });
  for (const [name, expiresAt] of [
    ['b%b', '2027-01-01T00:00:00Z'],
    ['a', null],
    ['c', '2028-01-01T00:00:00Z'],
  ])
    await createCredential(own, { name, expiresAt });
  const names = async (args: string) => {
    const { data, errors } = await own.execute(
      `{ credentials${args} { totalCount pageInfo { endCursor hasNextPage } nodes { name } } }`,
    );
    expect(errors).toEqual([]);
    return data.credentials.nodes.map(({ name }: { name: string }) => name);
  };

  expect(await names('')).toEqual(['a', 'b%b', 'c']);
  expect(await names('(orderBy: NAME_DESC)')).toEqual(['c', 'b%b', 'a']);
  expect(await names('(orderBy: CREATED_AT_DESC)')).toEqual(['c', 'a', 'b%b']);
  expect(await names('(filter: { search: "%" })')).toEqual(['b%b']);
  expect(await names('(filter: { expiresBefore: "2028-01-01T00:00:00Z" })')).toEqual(['b%b']);
  expect(await names('(filter: { kinds: [ACCESS_KEY] }, last: 1)')).toEqual(['c']);
  expect(await names('(filter: { kinds: [] })')).toEqual([]);
  const { data } = await own.execute('{ credentials(first: 2, orderBy: CREATED_AT_ASC) { pageInfo { endCursor } } }');
  expect(await names(`(first: 2, orderBy: CREATED_AT_ASC, after: "${data.credentials.pageInfo.endCursor}")`)).toEqual([
    'c',
  ]);
});

test('50 credentials with their destinations cost as many statements as one', async () => {
  const own = await createTestEdge(database.db);
  for (let number = 0; number < 3; number += 1) await createDestination(own, await createCredential(own));
  const query = `query ($first: Int) {
    credentials(first: $first) { totalCount nodes { id destinations(first: 2) { totalCount nodes { id credential { id } } } } }
  }`;

  const one = await own.countQueries(() => own.execute(query, { first: 1 }));
  const many = await own.countQueries(() => own.execute(query, { first: 50 }));

  expect(one).toBe(5);
  expect(many).toBe(one);
});
