/** Rotation of credentials against a sandbox: what is asked, what is used from then on, and the way back. */

import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIdentity } from '../../src/domain/credential.js';
import { fromGlobalId, toGlobalId } from '../../src/domain/global-id.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { bindServices } from '../../src/services.js';
import { loadSecret } from '../../src/storage/credentials.js';
import { ACCESS_KEY_ID, createCredential, createDestination, keyOf, SECRET } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { createTestSeal } from '../support/seal.js';
import { useTestDatabase } from '../support/test-database.js';

const NEXT = { accessKeyId: 'AKIANEXTNEXTNEXT0002', secretAccessKey: 'n'.repeat(40) };

const database = useTestDatabase();
let sandbox: Sandbox;
let edge: TestEdge;

beforeEach(async () => {
  sandbox = await startSandbox({ accessKeyIds: [NEXT.accessKeyId] });
  sandbox.createStream('orders', 1);
  edge = await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint });
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const VERSION = '{ accessKeyIdLast4 createdAt expiresAt lastUsedAt }';

async function run(name: string, input: Record<string, unknown>, on = edge) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const { data, errors } = await on.execute(
    `mutation ($input: ${type}Input!) {
      ${name}(input: $input) {
        __typename
        ... on ${type}Success { credential { id version current ${VERSION} previous ${VERSION} } }
        ... on UserError {
          code message path
          ... on InvalidInputError { issues { code path } }
          ... on ConflictError { current { id } }
          ... on InvalidStateError { current { id } }
          ... on AwsError { reason { code } }
        }
      }
    }`,
    { input },
  );
  expect(errors).toEqual([]);
  return data[name];
}

const readHealth = async (id: string) => {
  const { data } = await edge.execute('query ($id: ID!) { destination(id: $id) { health { status code } } }', { id });
  return data.destination.health;
};

test('a new secret is in use, the old one is kept, and a destination that the old one had halted resumes', async () => {
  const id = await createCredential(edge, { expiresAt: '2030-01-31T00:00:00Z' });
  const destination = await createDestination(edge, id);
  expect(await readHealth(destination)).toEqual({ status: 'HALTED', code: 'CREDENTIAL_REFUSED' });

  const { credential } = await run('rotateCredential', { id, expectedVersion: 1, ...NEXT });

  expect(credential).toMatchObject({
    version: 2,
    current: { accessKeyIdLast4: '0002', expiresAt: null, lastUsedAt: expect.any(String) },
    previous: { accessKeyIdLast4: 'MPLE', expiresAt: '2030-01-31T00:00:00.000Z' },
  });
  expect(await readHealth(destination)).toEqual({ status: 'HEALTHY', code: null });
});

test('a secret that AWS does not take changes nothing', async () => {
  const id = await createCredential(edge, NEXT);
  const destination = await createDestination(edge, id);
  const before = await loadSecret(database.db, keyOf(id));

  const refused = await run('rotateCredential', {
    id,
    expectedVersion: 1,
    accessKeyId: ACCESS_KEY_ID,
    secretAccessKey: SECRET,
  });

  expect(refused).toMatchObject({
    code: 'AWS_REFUSED',
    path: ['input', 'secretAccessKey'],
    reason: { code: 'CREDENTIAL_REFUSED' },
  });
  expect(JSON.stringify(refused)).not.toContain(SECRET);
  expect(await loadSecret(database.db, keyOf(id))).toEqual(before);
  expect(await readHealth(destination)).toEqual({ status: 'HEALTHY', code: null });
});

test('where AWS cannot be reached nothing changes', async () => {
  const id = await createCredential(edge);
  await createDestination(edge, id);
  await sandbox[Symbol.asyncDispose]();

  const refused = await run('rotateCredential', { id, expectedVersion: 1, ...NEXT });

  expect(refused.code).toBe('AWS_UNREACHABLE');
  expect((await loadSecret(database.db, keyOf(id)))?.secretVersion).toBe(1);
});

test('back and forth: the two versions change places, and each opens with its own seal', async () => {
  const seal = createTestSeal();
  const services = bindServices({ seal })(database.db);
  const { workspaceId } = edge;
  const old = { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET };
  const { id } = await services.credentials.create(workspaceId, { kind: 'ACCESS_KEY', name: 'c', ...old });
  const opened = async () => {
    const stored = await loadSecret(database.db, id);
    return stored && openIdentity(seal, stored);
  };

  await services.credentialRotations.rotate(workspaceId, { id, expectedVersion: 1, ...NEXT });
  expect(await opened()).toEqual({ kind: 'ACCESS_KEY', ...NEXT });
  await services.credentialRotations.revert(workspaceId, { id, expectedVersion: 2 });
  expect(await opened()).toEqual({ kind: 'ACCESS_KEY', ...old });
  await services.credentialRotations.revert(workspaceId, { id, expectedVersion: 3 });
  expect(await opened()).toEqual({ kind: 'ACCESS_KEY', ...NEXT });
});

test('an erased version is gone, cannot be brought back, and its number is given to no other secret', async () => {
  const id = await createCredential(edge);
  await run('rotateCredential', { id, expectedVersion: 1, ...NEXT });
  await run('revertCredentialRotation', { id, expectedVersion: 2 });

  const completed = await run('completeCredentialRotation', { id, expectedVersion: 3 });

  expect(completed.credential).toMatchObject({ version: 4, current: { accessKeyIdLast4: 'MPLE' }, previous: null });
  const { rows } = await sql<{ text: string }>`select credential::text as text from credential
    where id = ${keyOf(id)}`.execute(database.db);
  expect(rows[0]?.text).toContain(ACCESS_KEY_ID);
  expect(rows[0]?.text).not.toContain(NEXT.accessKeyId);
  const refused = await run('revertCredentialRotation', { id, expectedVersion: 4 });
  expect(refused).toMatchObject({ code: 'NO_PREVIOUS_VERSION', path: ['input', 'id'], current: { id } });
  expect(await run('completeCredentialRotation', { id, expectedVersion: 4 })).toMatchObject({
    code: 'NO_PREVIOUS_VERSION',
  });
  await run('rotateCredential', { id, expectedVersion: 4, ...NEXT });
  expect((await loadSecret(database.db, keyOf(id)))?.secretVersion).toBe(3);
});

test('a malformed secret, an old version and ids of nobody are refused', async () => {
  const id = await createCredential(edge);
  const foreign = await createCredential(await createTestEdge(database.db));

  const malformed = await run('rotateCredential', { id, expectedVersion: 1, accessKeyId: SECRET });
  expect(malformed).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'accessKeyId'] }, {}] });
  expect(JSON.stringify(malformed)).not.toContain(SECRET);
  for (const name of ['rotateCredential', 'revertCredentialRotation', 'completeCredentialRotation']) {
    const secret = name === 'rotateCredential' ? NEXT : {};
    expect(await run(name, { id, expectedVersion: 7, ...secret })).toMatchObject({
      code: 'VERSION_CONFLICT',
      current: { id },
    });
    const answers = await Promise.all(
      [foreign, toGlobalId('Credential', 999_999), 'nonsense'].map((nobody) =>
        run(name, { id: nobody, expectedVersion: 1, ...secret }),
      ),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0].code).toBe('NOT_FOUND');
  }
});

test('of two rotations of one version at once, one is refused', async () => {
  const id = await createCredential(edge);

  const answers = await Promise.all([1, 2].map(() => run('rotateCredential', { id, expectedVersion: 1, ...NEXT })));

  expect(answers.map(({ code }) => code ?? 'done').sort()).toEqual(['VERSION_CONFLICT', 'done']);
  expect((await loadSecret(database.db, fromGlobalId(id)?.id ?? 0))?.secretVersion).toBe(2);
});
