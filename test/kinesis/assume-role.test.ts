/** Assumed roles from the source of their keys to PutRecords, against a sandbox: who gets in, how often is asked, what is renewed. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAwsAccess, type OwnIdentityUse } from '../../src/aws-access.js';
import { createKinesisClient } from '../../src/kinesis/client.js';
import { createStreamInspector } from '../../src/kinesis/inspection.js';
import type { AwsIdentity } from '../../src/kinesis/keys.js';
import { createProducer } from '../../src/kinesis/producer.js';
import type { FaultRule } from '../../src/sandbox/faults.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';

const ROLE = 'arn:aws:iam::123456789012:role/team/writer';
const OPEN_ROLE = 'arn:aws:iam::123456789012:role/open';
const WRITER: AwsIdentity = { kind: 'ASSUME_ROLE', roleArn: ROLE, externalId: 'ours' };
const never = new AbortController().signal;
let sandbox: Sandbox;

beforeEach(async () => {
  const roles = [
    { arn: ROLE, externalId: 'ours' },
    { arn: OPEN_ROLE, externalId: null },
  ];
  sandbox = await startSandbox({ limits: 'off', roles });
  sandbox.createStream('orders', 1);
});
afterEach(() => sandbox[Symbol.asyncDispose]());

test('records are put as the role; clients of one role share a session, asked for once with three calls', async () => {
  const sinks = ['a', 'b', 'c'].map(startSink(access()));

  const results = await Promise.all(sinks.map((sink) => sink.produce()));

  expect(results.map(([result]) => result?.status)).toEqual(['delivered', 'delivered', 'delivered']);
  expect(sandbox.stats.requests).toMatchObject({ AssumeRole: 3, PutRecords: 3 });
  for (const sink of sinks) sink.close();
});

test('a session that ends early is renewed once for all, and the records are delivered by the same call', async () => {
  const sinks = ['a', 'b', 'c'].map(startSink(access()));
  await Promise.all(sinks.map((sink) => sink.produce()));
  sandbox.endSessions();

  const results = await Promise.all(sinks.map((sink) => sink.produce()));

  expect(results.map(([result]) => result)).toMatchObject(
    sinks.map(() => ({ status: 'delivered', attempts: 1, possibleDuplicate: false })),
  );
  expect(sandbox.stats.requests).toMatchObject({ AssumeRole: 6, PutRecords: 9 });
  expect(sandbox.stats.records).toBe(6);
  for (const sink of sinks) sink.close();
});

test('keys that are refused again after the renewal halt', async () => {
  const sink = startSink(access())('a');
  await sink.produce();
  sandbox.setFaults([refuse('ExpiredTokenException', 'PutRecords')]);

  expect(await sink.produce()).toMatchObject([{ status: 'deferred', cause: 'CREDENTIAL_EXPIRED', attempts: 1 }]);
  expect(sandbox.stats.requests).toMatchObject({ AssumeRole: 6, PutRecords: 3 });
  sink.close();
});

test.each<[string, AwsIdentity, FaultRule[], object]>([
  ['is there under another id only', { ...WRITER, externalId: 'theirs' }, [], { cause: 'ROLE_NOT_ASSUMABLE' }],
  ['is not there', { ...WRITER, roleArn: `${ROLE}x` }, [], { cause: 'ROLE_NOT_ASSUMABLE' }],
  ['asks for no external id', { ...WRITER, roleArn: OPEN_ROLE }, [], { cause: 'EXTERNAL_ID_NOT_REQUIRED' }],
  ['is throttled', WRITER, [refuse('Throttling', 'AssumeRole')], { cause: 'AWS_UNAVAILABLE' }],
  ['meets an STS that is down', WRITER, [refuse('InternalFailure', 'AssumeRole', 500)], { cause: 'AWS_UNAVAILABLE' }],
  [
    'is asked for with keys that STS refuses',
    WRITER,
    [refuse('InvalidClientTokenId', 'AssumeRole', 403)],
    { cause: 'OWN_IDENTITY_UNAVAILABLE' },
  ],
])('a role that %s is not used, and nothing is sent to the stream', async (_name, identity, faults, expected) => {
  sandbox.setFaults(faults);
  const sink = startSink(access(), identity)('a');

  expect(await sink.produce()).toMatchObject([{ status: 'deferred', outcomeUnknown: false, ...expected }]);

  expect(sandbox.stats.requests['PutRecords']).toBeUndefined();
  sink.close();
});

test('a role whose refusal cannot be seen just now is not used yet', async () => {
  sandbox.setFaults([refuse('Throttling', 'AssumeRole', 400, { from: 2 })]);
  const sink = startSink(access())('a');

  expect(await sink.produce()).toMatchObject([{ status: 'deferred', cause: 'AWS_UNAVAILABLE' }]);

  sink.close();
});

test('a call that ends does not wait for the keys, and others that do get them', async () => {
  sandbox.setFaults([{ kind: 'slow-answer', delayMs: 500, match: { operation: 'AssumeRole', requests: { to: 1 } } }]);
  const way = access();
  const [hasty, patient] = ['a', 'b'].map(startSink(way));
  const ending = new AbortController();

  const first = hasty?.produce(ending.signal);
  const second = patient?.produce();
  ending.abort();

  expect(await first).toMatchObject([{ status: 'deferred', outcomeUnknown: false }]);
  expect(await second).toMatchObject([{ status: 'delivered' }]);
  hasty?.close();
  patient?.close();
});

test.each<[OwnIdentityUse, string, string]>([
  ['off', 'OWN_IDENTITY_UNAVAILABLE', 'OWN_IDENTITY_UNAVAILABLE'],
  ['roles', 'delivered', 'OWN_IDENTITY_UNAVAILABLE'],
  ['direct', 'delivered', 'delivered'],
])('with OWN_IDENTITY=%s a role gives %s, the own identity %s', async (use, ofRole, ofProcess) => {
  const way = access(use);
  const outcomes = [];
  for (const identity of [WRITER, { kind: 'PROCESS_IDENTITY' } as const]) {
    const sink = startSink(way, identity)('a');
    const [result] = await sink.produce();
    outcomes.push(result?.status === 'deferred' ? result.cause : result?.status);
    sink.close();
  }

  expect(outcomes).toEqual([ofRole, ofProcess]);
});

test('an inspection renews an ended session as well, and finds out as whom it looked', async () => {
  const inspector = createStreamInspector(access());
  const look = () => inspector.inspect({ region: 'eu-west-1', identity: WRITER, stream: 'orders' }, never);
  await look();
  sandbox.endSessions();

  const found = await look();

  expect(found).toMatchObject({
    identity: { value: 'arn:aws:sts::123456789012:assumed-role/writer/tributary' },
    summary: { value: { name: 'orders' } },
    write: { value: true },
  });
});

const access = (ownIdentity: OwnIdentityUse = 'roles') =>
  createAwsAccess({ endpoint: sandbox.endpoint, ownIdentity, isSandbox: true });

/** A client of its own with a producer of one attempt. */
function startSink({ keySources }: ReturnType<typeof access>, identity: AwsIdentity = WRITER) {
  return (key: string) => {
    const region = 'eu-west-1';
    const keys = keySources.sourceFor(identity, region);
    const client = createKinesisClient({ region, keys, endpoint: sandbox.endpoint });
    const producer = createProducer({ putRecords: client.putRecords, stream: 'orders', maxAttempts: 1 });
    return {
      produce: (signal: AbortSignal = never) =>
        producer.produce([{ data: Buffer.from('{}'), partitionKey: key }], signal),
      close: () => client.destroy(),
    };
  };
}

function refuse(code: string, operation: string, status = 400, requests: { from?: number } = {}): FaultRule {
  return { kind: 'request-error', code, status, match: { operation, requests } };
}
