/** Credentials that are roles, or this server itself: what is taken, what a test of their destinations shows, rotation. */

import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OwnIdentityUse } from '../../src/aws-access.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createCredential, createDestination } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const ROLE = 'arn:aws:iam::123456789012:role/team/writer';
const NEXT_ROLE = 'arn:aws:iam::123456789012:role/next';
const OPEN_ROLE = 'arn:aws:iam::123456789012:role/open';

const database = useTestDatabase();
let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.createStream('orders', 1);
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const startEdge = (ownIdentity: OwnIdentityUse) =>
  createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint, ownIdentity });
const asRole = (edge: TestEdge, roleArn = ROLE) =>
  createCredential(edge, { kind: 'ASSUME_ROLE', accessKeyId: null, secretAccessKey: null, roleArn });

async function run(edge: TestEdge, name: string, input: Record<string, unknown>) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const { data, errors } = await edge.execute(
    `mutation ($input: ${type}Input!) {
      ${name}(input: $input) {
        __typename
        ... on ${type}Success {
          credential { id kind version current { accessKeyIdLast4 roleArn } previous { accessKeyIdLast4 roleArn } }
        }
        ... on UserError {
          code message path
          ... on InvalidInputError { issues { code path message } }
          ... on AwsError { reason { code } }
        }
      }
    }`,
    { input },
  );
  expect(errors).toEqual([]);
  return data[name];
}

async function readDestination(edge: TestEdge, id: string) {
  const { data, errors } = await edge.execute(
    `query ($id: ID!) { destination(id: $id) {
      health { status code }
      ... on KinesisDestination {
        lastTest { passed awsIdentity checks { subject status code message policyStatement reason { remedy } } }
      }
    } }`,
    { id },
  );
  expect(errors).toEqual([]);
  return data.destination;
}

test('a role is stored and shown with its ARN, and a destination with it passes the test as the role', async () => {
  const edge = await startEdge('roles');

  const { credential } = await run(edge, 'createCredential', { kind: 'ASSUME_ROLE', name: 'c', roleArn: ROLE });
  const { health, lastTest } = await readDestination(edge, await createDestination(edge, credential.id));

  expect(credential).toMatchObject({
    kind: 'ASSUME_ROLE',
    version: 1,
    current: { accessKeyIdLast4: null, roleArn: ROLE },
    previous: null,
  });
  expect(health).toEqual({ status: 'HEALTHY', code: null });
  expect(lastTest).toMatchObject({
    passed: true,
    awsIdentity: 'arn:aws:sts::123456789012:assumed-role/writer/tributary',
  });
  expect(lastTest.checks[0].message).toContain("refuses whoever does not know this workspace's external id");
});

test('a role that does not require the external id is refused by the test, with the condition to add', async () => {
  await sandbox[Symbol.asyncDispose]();
  sandbox = await startSandbox({ roles: [{ arn: OPEN_ROLE, externalId: null }] });
  sandbox.createStream('orders', 1);
  const edge = await startEdge('roles');

  const { health, lastTest } = await readDestination(
    edge,
    await createDestination(edge, await asRole(edge, OPEN_ROLE)),
  );

  expect(health).toEqual({ status: 'HALTED', code: 'EXTERNAL_ID_NOT_REQUIRED' });
  expect(lastTest.passed).toBe(false);
  expect(lastTest.checks[0]).toMatchObject({
    subject: 'IDENTITY',
    status: 'FAILED',
    code: 'EXTERNAL_ID_NOT_REQUIRED',
    policyStatement: {
      Action: 'sts:AssumeRole',
      Principal: { AWS: '000000000000' },
      Condition: { StringEquals: { 'sts:ExternalId': await readExternalId(edge) } },
    },
    reason: { remedy: expect.stringContaining('Workspace.trustPolicy') },
  });
  expect(sandbox.stats.requests['PutRecords']).toBeUndefined();
});

test('a role that trusts one workspace does not let in another one of the same server that names it', async () => {
  const owner = await startEdge('roles');
  await createDestination(owner, await asRole(owner));
  const other = await startEdge('roles');

  const { health, lastTest } = await readDestination(other, await createDestination(other, await asRole(other)));

  expect(health).toEqual({ status: 'HALTED', code: 'ROLE_NOT_ASSUMABLE' });
  expect(lastTest.checks[0]).toMatchObject({
    subject: 'IDENTITY',
    status: 'FAILED',
    code: 'ROLE_NOT_ASSUMABLE',
    policyStatement: { Condition: { StringEquals: { 'sts:ExternalId': await readExternalId(other) } } },
  });
});

test('the trust policy to paste has the workspace id that never changes, and this server as its principal', async () => {
  const edge = await startEdge('roles');
  const { data } = await edge.execute('{ viewer { workspace { externalId trustPolicy } } }');
  const { externalId, trustPolicy } = data.viewer.workspace;

  expect(trustPolicy).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: '000000000000' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': externalId } },
      },
    ],
  });
  const change = sql`update workspace set external_id = 'mine' where id = ${edge.workspaceId}`.execute(database.db);
  await expect(change).rejects.toThrow(/never changes/);
});

test('where this server has no identity to give, the trust policy has a placeholder for it', async () => {
  const edge = await startEdge('off');

  const { data } = await edge.execute('{ viewer { workspace { trustPolicy } } }');

  expect(data.viewer.workspace.trustPolicy.Statement[0].Principal).toEqual({ AWS: '<account of this server>' });
});

test.each<[OwnIdentityUse, string, object]>([
  ['off', 'ASSUME_ROLE', { roleArn: ROLE }],
  ['off', 'PROCESS_IDENTITY', {}],
  ['roles', 'PROCESS_IDENTITY', {}],
])(
  'with OWN_IDENTITY=%s a credential of kind %s is refused, and the error says who can change that',
  async (use, kind, fields) => {
    const edge = await startEdge(use);

    const refused = await run(edge, 'createCredential', { kind, name: 'c', ...fields });

    expect(refused).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ code: 'NOT_ALLOWED', path: ['input', 'kind'], message: expect.stringContaining('OWN_IDENTITY=') }],
    });
  },
);

test.each([
  ['nothing', null, 'REQUIRED'],
  ['a user', 'arn:aws:iam::123456789012:user/writer', 'MALFORMED'],
  ['a name', 'writer', 'MALFORMED'],
  ['another service', 'arn:aws:sts::123456789012:role/writer', 'MALFORMED'],
  ['a short account', 'arn:aws:iam::12345:role/writer', 'MALFORMED'],
  ['a region', 'arn:aws:iam:us-east-1:123456789012:role/writer', 'MALFORMED'],
  ['no name', 'arn:aws:iam::123456789012:role/', 'MALFORMED'],
  ['a partition that is a host', 'arn:aws.evil.com:iam::123456789012:role/writer', 'MALFORMED'],
  ['a newline', `${ROLE}\n`, 'MALFORMED'],
  ['a name of 65 characters', `arn:aws:iam::123456789012:role/${'w'.repeat(65)}`, 'MALFORMED'],
  ['a path without end', `arn:aws:iam::123456789012:role/${'p/'.repeat(400)}w`, 'MALFORMED'],
])('an ARN that is %s is refused by name, and nobody is asked', async (_name, roleArn, code) => {
  const edge = await startEdge('roles');

  const refused = await run(edge, 'createCredential', { kind: 'ASSUME_ROLE', name: 'c', roleArn });

  expect(refused).toMatchObject({ code: 'INVALID_INPUT', issues: [{ code, path: ['input', 'roleArn'] }] });
  expect(sandbox.stats.requests).toEqual({});
});

test.each(['aws', 'aws-cn', 'aws-us-gov', 'aws-iso-b'])('a role of the partition %s is taken', async (partition) => {
  const edge = await startEdge('roles');
  const roleArn = `arn:${partition}:iam::123456789012:role/a+b=c,d.e@f-g_h`;

  expect(await run(edge, 'createCredential', { kind: 'ASSUME_ROLE', name: 'c', roleArn })).toMatchObject({
    credential: { current: { roleArn } },
  });
});

test('fields of another kind are refused by name', async () => {
  const edge = await startEdge('direct');
  const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x'.repeat(40) };
  const pathsOf = async (input: object) => {
    const { issues } = await run(edge, 'createCredential', { name: 'c', ...input });
    return issues.map(({ code, path }: { code: string; path: string[] }) => `${code} ${path.at(-1)}`);
  };

  expect(await pathsOf({ kind: 'ACCESS_KEY', ...key, roleArn: ROLE })).toEqual(['NOT_ALLOWED roleArn']);
  expect(await pathsOf({ kind: 'ASSUME_ROLE', ...key, roleArn: ROLE })).toEqual([
    'NOT_ALLOWED accessKeyId',
    'NOT_ALLOWED secretAccessKey',
  ]);
  expect(await pathsOf({ kind: 'PROCESS_IDENTITY', roleArn: ROLE })).toEqual(['NOT_ALLOWED roleArn']);
});

test("this server's own identity reaches a stream where the operator allows it, and has nothing to rotate", async () => {
  const edge = await startEdge('direct');
  const { credential } = await run(edge, 'createCredential', { kind: 'PROCESS_IDENTITY', name: 'c' });

  const { lastTest } = await readDestination(edge, await createDestination(edge, credential.id));
  const refused = await run(edge, 'rotateCredential', { id: credential.id, expectedVersion: 1 });

  expect(credential.current).toEqual({ accessKeyIdLast4: null, roleArn: null });
  expect(lastTest).toMatchObject({ passed: true, awsIdentity: 'arn:aws:iam::000000000000:user/sandbox' });
  expect(refused).toMatchObject({ code: 'INVALID_INPUT', issues: [{ code: 'NOT_ALLOWED', path: ['input', 'id'] }] });
});

test('a credential of a kind that the operator no longer allows halts its destinations, and says why', async () => {
  const edge = await startEdge('direct');
  const id = await createCredential(edge, { kind: 'PROCESS_IDENTITY', accessKeyId: null, secretAccessKey: null });
  const off = await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint, workspaceId: edge.workspaceId });

  const { health } = await readDestination(off, await createDestination(off, id));

  expect(health).toEqual({ status: 'HALTED', code: 'OWN_IDENTITY_UNAVAILABLE' });
});

test('a role is replaced by another one, brought back, and erased; a key is not taken in its place', async () => {
  const edge = await startEdge('roles');
  const id = await asRole(edge);
  const destination = await createDestination(edge, id);

  const wrong = await run(edge, 'rotateCredential', { id, expectedVersion: 1, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' });
  const rotated = await run(edge, 'rotateCredential', { id, expectedVersion: 1, roleArn: NEXT_ROLE });
  const { lastTest } = await readDestination(edge, destination);
  const reverted = await run(edge, 'revertCredentialRotation', { id, expectedVersion: 2 });
  const completed = await run(edge, 'completeCredentialRotation', { id, expectedVersion: 3 });

  expect(wrong.issues.map(({ path }: { path: string[] }) => path.at(-1))).toEqual(['accessKeyId', 'roleArn']);
  expect(rotated.credential).toMatchObject({ current: { roleArn: NEXT_ROLE }, previous: { roleArn: ROLE } });
  expect(lastTest.awsIdentity).toBe('arn:aws:sts::123456789012:assumed-role/next/tributary');
  expect(reverted.credential).toMatchObject({ current: { roleArn: ROLE }, previous: { roleArn: NEXT_ROLE } });
  expect(completed.credential).toMatchObject({ current: { roleArn: ROLE }, previous: null });
});

test('a new role that cannot be assumed changes nothing', async () => {
  await sandbox[Symbol.asyncDispose]();
  const edge = await startEdge('roles');
  sandbox = await startSandbox({
    port: Number(new URL(sandbox.endpoint).port),
    roles: [
      { arn: ROLE, externalId: await readExternalId(edge) },
      { arn: OPEN_ROLE, externalId: null },
    ],
  });
  sandbox.createStream('orders', 1);
  const id = await asRole(edge);
  await createDestination(edge, id);

  const missing = await run(edge, 'rotateCredential', { id, expectedVersion: 1, roleArn: NEXT_ROLE });
  const open = await run(edge, 'rotateCredential', { id, expectedVersion: 1, roleArn: OPEN_ROLE });

  const path = ['input', 'roleArn'];
  expect(missing).toMatchObject({ code: 'AWS_REFUSED', path, reason: { code: 'ROLE_NOT_ASSUMABLE' } });
  expect(open).toMatchObject({ code: 'AWS_REFUSED', path, reason: { code: 'EXTERNAL_ID_NOT_REQUIRED' } });
  const { data } = await edge.execute('query ($id: ID!) { credential(id: $id) { version current { roleArn } } }', {
    id,
  });
  expect(data.credential).toEqual({ version: 1, current: { roleArn: ROLE } });
});

test.each<[OwnIdentityUse, string[], string[]]>([
  ['off', ['ACCESS_KEY'], ['kind', 'accessKeyId', 'secretAccessKey', 'name', 'expiresAt']],
  [
    'direct',
    ['ACCESS_KEY', 'ASSUME_ROLE', 'PROCESS_IDENTITY'],
    ['kind', 'accessKeyId', 'secretAccessKey', 'roleArn', 'name', 'expiresAt'],
  ],
])('with OWN_IDENTITY=%s the wizard offers %j', async (use, kinds, names) => {
  const edge = await startEdge(use);

  const { data } = await edge.execute('{ destinationTypes { steps { fields { name options { value } } } } }');

  const { fields } = data.destinationTypes[0].steps[0];
  expect(fields.map(({ name }: { name: string }) => name)).toEqual(names);
  expect(fields[0].options.map(({ value }: { value: string }) => value)).toEqual(kinds);
});

async function readExternalId(edge: TestEdge): Promise<string> {
  const { data } = await edge.execute('{ viewer { workspace { externalId } } }');
  return data.viewer.workspace.externalId;
}
