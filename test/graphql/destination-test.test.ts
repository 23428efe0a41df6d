/** Tests of destinations against a sandbox: what is found, what it says about health, and that nothing is written. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FaultRule } from '../../src/sandbox/faults.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import {
  ACCESS_KEY_ID,
  createCredential,
  createDestination,
  listToldHealth,
  SECRET,
} from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let sandbox: Sandbox;
let edge: TestEdge;
let credentialId: string;

beforeEach(async () => {
  sandbox = await startSandbox({ accessKeyIds: [ACCESS_KEY_ID] });
  sandbox.createStream('orders', 4);
  edge = await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint });
  credentialId = await createCredential(edge);
});

afterEach(() => sandbox[Symbol.asyncDispose]());

const TEST = `passed awsIdentity stream { name arn state mode openShardCount maxRecordBytes kmsKeyId }
  checks { subject permission status code message awsRequestId policyStatement reason { remedy } }`;
const DESTINATION = `health { status code message awsRequestId nextProbeAt }
  ... on KinesisDestination { lastTest { testedAt ${TEST} } streamDetails { name } orderGuaranteed }`;

test('a destination that is well is healthy from its creation on, and no record was written', async () => {
  const { health, lastTest, streamDetails } = await runTest(await createDestination(edge, credentialId));

  expect(lastTest).toMatchObject({
    passed: true,
    awsIdentity: expect.stringMatching(/^arn:aws:iam::\d{12}:user\//),
    stream: { name: 'orders', state: 'ACTIVE', openShardCount: 4, maxRecordBytes: 1_048_576, kmsKeyId: null },
  });
  expect(lastTest.checks.map(summarize)).toEqual([
    'IDENTITY PASSED',
    'STREAM PASSED',
    'ENCRYPTION PASSED',
    'PERMISSION kinesis:PutRecords PASSED',
    'PERMISSION kinesis:DescribeStreamSummary PASSED',
    'PERMISSION kinesis:ListShards PASSED',
  ]);
  expect(health).toMatchObject({ status: 'HEALTHY', code: null, message: null });
  expect(streamDetails).toEqual({ name: 'orders' });
  expect(sandbox.stats.records).toBe(0);
});

test.each<[string, { stream?: string; accessKeyId?: string; faults?: FaultRule[] }, string, string]>([
  ['an unknown key', { accessKeyId: 'AKIAUNKNOWNUNKNOWN00' }, 'CREDENTIAL_REFUSED', 'IDENTITY FAILED'],
  ['a missing stream', { stream: 'missing' }, 'STREAM_NOT_FOUND', 'STREAM FAILED'],
  [
    'no permission to write',
    { faults: [refuse('AccessDeniedException', 'PutRecords')] },
    'ACCESS_DENIED',
    'PERMISSION kinesis:PutRecords FAILED',
  ],
  [
    'a disabled key',
    { faults: [refuse('KMSDisabledException', 'PutRecords')] },
    'KMS_KEY_DISABLED',
    'ENCRYPTION FAILED',
  ],
  [
    'no permission for the key',
    { faults: [refuse('KMSAccessDeniedException', 'PutRecords')] },
    'KMS_ACCESS_DENIED',
    'ENCRYPTION kms:GenerateDataKey FAILED',
  ],
])('%s is told at creation: halted, with the remedy', async (_name, { stream, accessKeyId, faults }, code, check) => {
  sandbox.setFaults(faults ?? []);
  const credential = accessKeyId === undefined ? credentialId : await createCredential(edge, { accessKeyId });

  const id = await createDestination(edge, credential, stream === undefined ? {} : { stream });
  const { health, lastTest } = await read(id);

  expect(health).toMatchObject({
    status: 'HALTED',
    code,
    message: expect.any(String),
    nextProbeAt: expect.any(String),
  });
  expect(health.awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(lastTest.passed).toBe(false);
  expect(lastTest.checks.map(summarize)).toContain(check);
  const failed = lastTest.checks.find((each: { status: string }) => each.status === 'FAILED');
  expect(failed).toMatchObject({ code, reason: { remedy: expect.any(String) } });
});

test('a missing permission comes with the statement that gives it; an optional one is a warning', async () => {
  sandbox.setFaults([refuse('AccessDeniedException', 'ListShards'), refuse('AccessDeniedException', 'PutRecords')]);

  const { lastTest } = await read(await createDestination(edge, credentialId));

  const arn = expect.stringMatching(/^arn:aws:kinesis:us-east-2:\d{12}:stream\/orders$/);
  expect(lastTest.checks.filter((check: { code: string }) => check.code !== null)).toMatchObject([
    {
      permission: 'kinesis:PutRecords',
      status: 'FAILED',
      policyStatement: { Effect: 'Allow', Action: ['kinesis:PutRecords'], Resource: [arn] },
    },
    {
      permission: 'kinesis:ListShards',
      status: 'WARNING',
      policyStatement: { Effect: 'Allow', Action: ['kinesis:ListShards'], Resource: [arn] },
    },
  ]);
});

test('a missing permission for the key comes by name, with the statement that gives it', async () => {
  sandbox.setFaults([refuse('KMSAccessDeniedException', 'PutRecords')]);

  const { lastTest } = await read(await createDestination(edge, credentialId));

  const arn = expect.stringMatching(/^arn:aws:kms:us-east-2:\d{12}:key\/\*$/);
  expect(lastTest.checks.filter((check: { status: string }) => check.status === 'FAILED')).toMatchObject([
    {
      permission: 'kms:GenerateDataKey',
      code: 'KMS_ACCESS_DENIED',
      policyStatement: { Effect: 'Allow', Action: ['kms:GenerateDataKey'], Resource: [arn] },
    },
  ]);
});

test('who may neither describe the stream nor list its shards, but write, passes, and a record shows the rest', async () => {
  const denied = ['DescribeStreamSummary', 'ListShards', 'GetCallerIdentity'];
  sandbox.setFaults(denied.map((operation) => refuse('AccessDeniedException', operation)));

  const { health, lastTest, streamDetails } = await read(await createDestination(edge, credentialId));

  // Whether there is a key that may not be used, nobody could see.
  expect(health).toMatchObject({ status: 'UNTESTED', code: null });
  expect(lastTest).toMatchObject({ passed: true, awsIdentity: null, stream: null });
  expect(streamDetails).toBe(null);
});

test('an encrypted stream: the key is named, and that only a record shows whether it may be used', async () => {
  sandbox.createStream('sealed', 1, { keyId: 'alias/orders' });

  const { lastTest, health } = await read(await createDestination(edge, credentialId, { stream: 'sealed' }));

  expect(lastTest).toMatchObject({ passed: true, stream: { kmsKeyId: 'alias/orders' } });
  expect(health).toMatchObject({ status: 'UNTESTED', code: null });
  expect(lastTest.checks[2]).toMatchObject({
    subject: 'ENCRYPTION',
    permission: 'kms:GenerateDataKey',
    status: 'UNKNOWN',
    policyStatement: { Action: ['kms:GenerateDataKey'] },
  });
});

test('a stream that spreads records as it likes keeps no order', async () => {
  sandbox.createStream('auto', 1, { recordDistribution: 'AUTO' });

  const { orderGuaranteed } = await read(await createDestination(edge, credentialId, { stream: 'auto' }));

  expect(orderGuaranteed).toBe(false);
});

test('a halted destination that is mended resumes by its test, and its subscribers hear so', async () => {
  sandbox.setFaults([refuse('AccessDeniedException', 'PutRecords')]);
  const id = await createDestination(edge, credentialId);
  sandbox.setFaults([]);

  const { health, lastTest } = await runTest(id);

  expect(lastTest.passed).toBe(true);
  expect(health).toMatchObject({ status: 'HEALTHY', code: null, nextProbeAt: null });
  const events = await listToldHealth(database.db, id);
  expect(events).toMatchObject(['HALTED', 'HEALTHY'].map((status) => ({ health: { status } })));
});

test('a repeated creation with the same key tests nothing', async () => {
  const input = { idempotencyKey: 'once' };
  await createDestination(edge, credentialId, input);
  const before = { ...sandbox.stats.requests };

  await createDestination(edge, credentialId, input);

  expect(sandbox.stats.requests).toEqual(before);
});

test('settings are tested before they are saved: nothing is written, and faults name their fields', async () => {
  const good = await testSettings({ credentialId, region: 'us-east-2', stream: 'orders' });
  const missing = await testSettings({ credentialId, region: 'us-east-2', stream: 'missing' });
  const bad = await testSettings({ credentialId: 'nonsense', region: 'Nowhere', stream: 'two words' });

  expect(good).toMatchObject({ __typename: 'TestKinesisSettingsSuccess', test: { passed: true } });
  expect(missing).toMatchObject({ test: { passed: false } });
  expect(bad.issues.map(({ path }: { path: string[] }) => path.join('.'))).toEqual([
    'input.region',
    'input.stream',
    'input.credentialId',
  ]);
  const { count } = await database.db
    .selectFrom('destination')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('workspace_id', '=', edge.workspaceId)
    .executeTakeFirstOrThrow();
  expect(Number(count)).toBe(0);
});

test('streams are listed for a picker; what AWS refuses is named', async () => {
  sandbox.createStream('billing', 1);

  expect(await listStreams('us-east-2')).toMatchObject({
    __typename: 'ListStreamsSuccess',
    truncated: false,
    streams: [
      { name: 'billing', state: 'ACTIVE', arn: expect.stringContaining(':us-east-2:') },
      { name: 'orders', state: 'ACTIVE' },
    ],
  });
  expect(await listStreams('nowhere')).toMatchObject({ issues: [{ path: ['region'] }] });
  sandbox.setFaults([refuse('AccessDeniedException', 'ListStreams')]);
  expect(await listStreams('us-east-2')).toMatchObject({
    __typename: 'AwsError',
    code: 'AWS_REFUSED',
    permission: 'kinesis:ListStreams',
    policyStatement: { Effect: 'Allow', Action: ['kinesis:ListStreams'], Resource: ['*'] },
  });
});

test('roles: a test needs OPERATOR; settings and lists of streams need ADMIN; no secret is in any answer', async () => {
  const id = await createDestination(edge, credentialId);
  const as = (role: 'VIEWER' | 'OPERATOR') => ({ ...edge.viewer, role });

  const answers = [
    await edge.execute(MUTATION, { input: { id } }, as('VIEWER')),
    await edge.execute(SETTINGS, { input: { credentialId, region: 'us-east-2', stream: 'orders' } }, as('OPERATOR')),
    await edge.execute(STREAMS, { credentialId, region: 'us-east-2' }, as('OPERATOR')),
  ];

  for (const { errors } of answers) expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  expect(JSON.stringify(await runTest(id))).not.toContain(SECRET);
});

const MUTATION = `mutation ($input: TestDestinationInput!) {
  testDestination(input: $input) {
    __typename
    ... on TestDestinationSuccess { destination { ${DESTINATION} } }
    ... on UserError { code path }
  }
}`;
const SETTINGS = `mutation ($input: TestKinesisSettingsInput!) {
  testKinesisSettings(input: $input) {
    __typename
    ... on TestKinesisSettingsSuccess { test { ${TEST} } }
    ... on InvalidInputError { issues { path } }
  }
}`;
const STREAMS = `query ($credentialId: ID!, $region: String!) {
  listStreams(credentialId: $credentialId, region: $region) {
    __typename
    ... on ListStreamsSuccess { truncated streams { name arn state mode } }
    ... on UserError { code }
    ... on InvalidInputError { issues { path } }
    ... on AwsError { permission policyStatement }
  }
}`;

async function runTest(id: string) {
  const { data, errors } = await edge.execute(MUTATION, { input: { id } });
  expect(errors).toEqual([]);
  return data.testDestination.destination;
}

async function read(id: string) {
  const { data, errors } = await edge.execute(`query ($id: ID!) { destination(id: $id) { ${DESTINATION} } }`, { id });
  expect(errors).toEqual([]);
  return data.destination;
}

async function testSettings(input: Record<string, unknown>) {
  const { data, errors } = await edge.execute(SETTINGS, { input });
  expect(errors).toEqual([]);
  return data.testKinesisSettings;
}

async function listStreams(region: string) {
  const { data, errors } = await edge.execute(STREAMS, { credentialId, region });
  expect(errors).toEqual([]);
  return data.listStreams;
}

/** A fault that refuses every request of an operation. */
function refuse(code: string, operation: string): FaultRule {
  return { kind: 'request-error', code, status: 400, message: 'refused', match: { operation } };
}

function summarize(check: { subject: string; permission: string | null; status: string }): string {
  return [check.subject, check.permission, check.status].filter((part) => part !== null).join(' ');
}
