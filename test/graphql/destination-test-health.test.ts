/** What tests of destinations make of health when AWS says no, or nothing that a test can go by. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FaultRule } from '../../src/sandbox/faults.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createCredential, createDestination, listToldHealth, SECRET } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let sandbox: Sandbox;
let edge: TestEdge;
let credentialId: string;

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.createStream('orders', 1);
  edge = await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint });
  credentialId = await createCredential(edge);
});

afterEach(() => sandbox[Symbol.asyncDispose]());

test.each(['ProvisionedThroughputExceededException', 'LimitExceededException', 'KMSThrottlingException'])(
  'a dry run answered by %s says so, and changes no health',
  async (code) => {
    const id = await createDestination(edge, credentialId);
    sandbox.setFaults([refuse(code, 'PutRecords')]);

    const { health, lastTest } = await runTest(id);

    expect(lastTest.passed).toBe(false);
    expect(writeCheck(lastTest)).toMatchObject({
      status: 'UNKNOWN',
      code: code.startsWith('KMS') ? 'KMS_THROTTLED' : 'THROTTLED',
      message: expect.stringContaining(code),
      awsRequestId: expect.any(String),
    });
    expect(health).toMatchObject({ status: 'HEALTHY', code: null, nextProbeAt: null });
    expect(await listToldHealth(database.db, id)).toHaveLength(1);
  },
);

test('a new destination whose dry run is throttled stays untested', async () => {
  sandbox.setFaults([refuse('LimitExceededException', 'PutRecords')]);

  const { health } = await read(await createDestination(edge, credentialId));

  expect(health).toMatchObject({ status: 'UNTESTED', code: null });
});

test('a dry run refused with a code that nobody knows is told by that code, and not as silence of AWS', async () => {
  const id = await createDestination(edge, credentialId);
  sandbox.setFaults([refuse('AccountSuspendedException', 'PutRecords')]);

  const { health, lastTest } = await runTest(id);

  const told = { code: 'REQUEST_REFUSED', message: expect.stringContaining('AccountSuspendedException') };
  expect(writeCheck(lastTest)).toMatchObject({ status: 'UNKNOWN', ...told });
  expect(health).toMatchObject({ status: 'DEGRADED', ...told, awsRequestId: expect.any(String) });
});

test('a failure of AWS itself is told as that', async () => {
  const id = await createDestination(edge, credentialId);
  sandbox.setFaults([refuse('InternalFailure', 'PutRecords', { status: 500 })]);

  expect((await runTest(id)).health).toMatchObject({ status: 'DEGRADED', code: 'AWS_UNAVAILABLE' });
});

test('a wrong secret is never healthy: halted from the creation on, with what to do, until it is mended', async () => {
  const message = 'The request signature we calculated does not match. The Canonical String should have been …';
  const wrongSecret = refuse('InvalidSignatureException', undefined, { message });
  sandbox.setFaults([wrongSecret]);

  const id = await createDestination(edge, credentialId);
  const created = await read(id);
  const tested = await runTest(id);
  const settings = await testSettings();

  for (const { health, lastTest } of [created, tested]) {
    expect(health).toMatchObject({
      status: 'HALTED',
      code: 'CREDENTIAL_REFUSED',
      awsRequestId: expect.any(String),
      reason: { remedy: expect.stringContaining('give the credential a valid one') },
    });
    expect(lastTest).toMatchObject({ passed: false, awsIdentity: null, stream: null });
    expect(lastTest.checks[0]).toMatchObject({ subject: 'IDENTITY', status: 'FAILED', code: 'CREDENTIAL_REFUSED' });
    expect(writeCheck(lastTest)).toMatchObject({ status: 'UNKNOWN', code: null });
  }
  expect(settings).toMatchObject({ passed: false });
  expect(await listToldHealth(database.db, id)).toMatchObject([{ health: { status: 'HALTED' } }]);
  expect(JSON.stringify([created, tested, settings])).not.toMatch(/Canonical/);
  expect(JSON.stringify([created, tested, settings])).not.toContain(SECRET);

  sandbox.setFaults([]);
  expect((await runTest(id)).health).toMatchObject({ status: 'HEALTHY', code: null });
});

test('a secret that is wrong for deliveries alone is none for a test either', async () => {
  sandbox.setFaults([refuse('InvalidSignatureException', 'PutRecords')]);

  const { health, lastTest } = await read(await createDestination(edge, credentialId));

  expect(health).toMatchObject({ status: 'HALTED', code: 'CREDENTIAL_REFUSED' });
  expect(lastTest.passed).toBe(false);
});

const TEST = 'passed awsIdentity stream { name } checks { subject permission status code message awsRequestId }';
const DESTINATION = `health { status code message awsRequestId nextProbeAt reason { remedy } }
  ... on KinesisDestination { lastTest { ${TEST} } }`;

async function runTest(id: string) {
  const { data, errors } = await edge.execute(
    `mutation ($input: TestDestinationInput!) {
      testDestination(input: $input) { ... on TestDestinationSuccess { destination { ${DESTINATION} } } }
    }`,
    { input: { id } },
  );
  expect(errors).toEqual([]);
  return data.testDestination.destination;
}

async function read(id: string) {
  const { data, errors } = await edge.execute(`query ($id: ID!) { destination(id: $id) { ${DESTINATION} } }`, { id });
  expect(errors).toEqual([]);
  return data.destination;
}

async function testSettings() {
  const { data, errors } = await edge.execute(
    `mutation ($input: TestKinesisSettingsInput!) {
      testKinesisSettings(input: $input) { ... on TestKinesisSettingsSuccess { test { ${TEST} } } }
    }`,
    { input: { credentialId, region: 'us-east-2', stream: 'orders' } },
  );
  expect(errors).toEqual([]);
  return data.testKinesisSettings.test;
}

/** A fault that refuses every request of an operation, or of all. */
function refuse(code: string, operation?: string, { message = 'refused', status = 400 } = {}): FaultRule {
  return { kind: 'request-error', code, status, message, ...(operation !== undefined && { match: { operation } }) };
}

function writeCheck({ checks }: { checks: { permission: string | null }[] }) {
  return checks.find(({ permission }) => permission === 'kinesis:PutRecords');
}
