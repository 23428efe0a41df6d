import { describe, expect, test } from 'vitest';
import { createKinesisClient } from '../../src/kinesis/client.js';
import { fixedKeys } from '../../src/kinesis/keys.js';
import { createProducer } from '../../src/kinesis/producer.js';
import type { KinesisRecord, RecordResult } from '../../src/kinesis/record.js';
import {
  type Reply,
  reset,
  send,
  sendError,
  sendHalf,
  sendStored,
  stall,
  startWireServer,
  type WireServer,
} from './wire-server.js';

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const keys = fixedKeys(credentials);
const never = new AbortController().signal;
const records = [
  { data: Buffer.from('{"a":1}'), partitionKey: 'k-1' },
  { data: Buffer.from([0, 255, 128]), partitionKey: '"é\n\\😀' },
];
const silent: Reply = () => undefined;

function connect(endpoint: string) {
  return createKinesisClient({ region: 'us-east-1', keys, endpoint });
}

/** One produce call against a server that gives these replies. */
async function produce(replies: readonly Reply[], options: { maxAttempts?: number } = {}) {
  await using server = await startWireServer(...replies);
  using client = connect(server.endpoint);
  const producer = createProducer({
    putRecords: client.putRecords,
    stream: 'orders',
    maxAttempts: 1,
    attemptTimeoutMs: 200,
    random: () => 0,
    ...options,
  });
  const results = await producer.produce(records, never);
  return { results, requests: server.requests };
}

function readBody(server: WireServer): unknown {
  return JSON.parse(server.requests[0]?.body ?? '');
}

describe('the request', () => {
  test('is what AWS expects, byte for byte, and signed', async () => {
    await using server = await startWireServer(sendStored());
    using client = connect(server.endpoint);

    await client.putRecords({ stream: 'orders', records, signal: never });

    const [request] = server.requests;
    expect(readBody(server)).toEqual({
      StreamName: 'orders',
      Records: records.map((record) => ({ Data: record.data.toString('base64'), PartitionKey: record.partitionKey })),
    });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Kinesis_20131202.PutRecords',
      'content-length': String(Buffer.byteLength(request?.body ?? '')),
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/us-east-1\/kinesis\/aws4_request/,
      ),
    });
  });

  test('names a stream given by ARN as one', async () => {
    const stream = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders';
    await using server = await startWireServer(sendStored());
    using client = connect(server.endpoint);

    const answer = await client.putRecords({ stream, records, signal: never });

    expect(answer).toMatchObject({ kind: 'results' });
    expect(readBody(server)).toMatchObject({ StreamARN: stream });
  });

  test('keeps keys of control characters whole, which take six bytes each', async () => {
    const awkward: KinesisRecord[] = [
      { data: Buffer.alloc(1), partitionKey: '\u0000'.repeat(256) },
      { data: Buffer.alloc(2), partitionKey: '€'.repeat(256) },
    ];
    await using server = await startWireServer(sendStored());
    using client = connect(server.endpoint);

    await client.putRecords({ stream: 'orders', records: awkward, signal: never });

    expect(readBody(server)).toMatchObject({
      Records: awkward.map(({ partitionKey }) => ({ PartitionKey: partitionKey })),
    });
  });

  test('goes over one kept connection', async () => {
    await using server = await startWireServer(sendStored());
    using client = connect(server.endpoint);

    for (let call = 0; call < 3; call += 1) await client.putRecords({ stream: 'orders', records, signal: never });

    expect(server.connectionCount()).toBe(1);
  });

  test('carries the date of AWS after a refusal for a wrong clock', async () => {
    const aheadMs = 3_600_000;
    const date = new Date(Date.now() + aheadMs).toUTCString();
    const skewed = send(400, JSON.stringify({ __type: 'InvalidSignatureException', message: 'Signature expired: x' }), {
      date,
    });
    const { results, requests } = await produce([skewed, sendStored()], { maxAttempts: 2 });

    expect(results[0]).toMatchObject({ status: 'delivered', attempts: 2, possibleDuplicate: false });
    expect(readDate(requests[1]?.headers['x-amz-date'])).toBeGreaterThan(Date.now() + aheadMs - 60_000);
  });
});

describe('answers that tell nothing: the outcome is unknown', () => {
  test.each<[string, Reply]>([
    ['an empty 200', send(200, '')],
    ['a page of HTML', send(200, '<html><body>Welcome</body></html>')],
    ['JSON without results', send(200, '{}')],
    ['results that are no list', send(200, '{"Records":{"length":2}}')],
    ['one result too few', sendStored(1)],
    ['one result too many', sendStored(3)],
    ['results that are null', send(200, '{"Records":[null,null]}')],
    [
      'results without sequence number',
      send(200, '{"FailedRecordCount":0,"Records":[{"ShardId":"s"},{"ShardId":"s"}]}'),
    ],
    ['half a body', sendHalf],
    ['half a body, then silence', stall],
    ['a reset after sending', reset],
    ['silence', silent],
    ['a page of HTML with status 403', send(403, '<html>Forbidden</html>')],
  ])('%s', async (_, reply) => {
    const { results } = await produce([reply]);

    for (const result of results) {
      expect(result).toMatchObject({ status: 'deferred', cause: 'OUTCOME_UNKNOWN', outcomeUnknown: true, attempts: 1 });
    }
  });

  test('a later good answer delivers, as a possible duplicate', async () => {
    const { results } = await produce([send(200, ''), sendHalf, sendStored()], { maxAttempts: 3 });

    expect(results[1]).toEqual<RecordResult>({
      status: 'delivered',
      shardId: 'shardId-000000000000',
      sequenceNumber: '1',
      attempts: 3,
      possibleDuplicate: true,
    });
  });
});

describe('errors on the wire', () => {
  test.each([
    ['com.amazonaws.kinesis.v20131202#AccessDeniedException', 'ACCESS_DENIED', 'AccessDeniedException'],
    ['ExpiredTokenException', 'CREDENTIAL_EXPIRED', 'ExpiredTokenException'],
    ['UnrecognizedClientException', 'CREDENTIAL_REFUSED', 'UnrecognizedClientException'],
    ['ResourceNotFoundException', 'STREAM_NOT_FOUND', 'ResourceNotFoundException'],
    ['KMSNotFoundException', 'KMS_KEY_NOT_FOUND', 'KMSNotFoundException'],
  ])('%s defers as %s', async (code, cause, awsCode) => {
    const { results } = await produce([sendError(code)]);

    expect(results[0]).toMatchObject({
      status: 'deferred',
      cause,
      awsCode,
      awsRequestId: 'req-1',
      outcomeUnknown: false,
    });
  });

  test('the code of the error header counts as well, without its address', async () => {
    const reply = send(400, '', { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/coral/' });

    expect((await produce([reply])).results[0]).toMatchObject({ cause: 'THROTTLED', awsCode: 'ThrottlingException' });
  });

  test.each(['Blocked by the proxy', 'x'.repeat(101)])('what is no code of AWS is taken for none: %s', async (code) => {
    const reply = send(403, JSON.stringify({ code, message: 'm' }));

    expect((await produce([reply])).results[0]).toMatchObject({
      cause: 'OUTCOME_UNKNOWN',
      awsCode: null,
      outcomeUnknown: true,
    });
  });

  test('InternalFailure with status 500 leaves the outcome unknown', async () => {
    const { results } = await produce([sendError('InternalFailure', '', 500)]);

    expect(results[0]).toMatchObject({ cause: 'AWS_UNAVAILABLE', awsCode: 'InternalFailure', outcomeUnknown: true });
  });

  test('one rejected record among delivered ones is told apart, whatever the count says', async () => {
    const body = {
      FailedRecordCount: 0,
      Records: [
        { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded for shard' },
        { ShardId: 'shardId-000000000003', SequenceNumber: '49' },
      ],
    };
    const { results } = await produce([send(200, JSON.stringify(body))]);

    expect(results).toMatchObject([
      { status: 'deferred', cause: 'THROTTLED', outcomeUnknown: false },
      { status: 'delivered', shardId: 'shardId-000000000003', sequenceNumber: '49', possibleDuplicate: false },
    ]);
  });

  test('the text of a refused signature stays out of the result', async () => {
    const { results } = await produce([
      sendError('InvalidSignatureException', `The Canonical String … ${credentials.secretAccessKey}`),
    ]);

    expect(JSON.stringify(results)).not.toContain('Canonical');
  });
});

describe('no connection', () => {
  test('a refused one leaves nothing unknown', async () => {
    const server = await startWireServer(silent);
    await server[Symbol.asyncDispose]();
    using client = connect(server.endpoint);

    const answer = await client.putRecords({ stream: 'orders', records, signal: never });

    expect(answer).toEqual({ kind: 'unsent', reason: 'ECONNREFUSED' });
  });

  test('a name that does not resolve leaves nothing unknown', async () => {
    using client = connect('http://no-such-host.invalid');

    expect(await client.putRecords({ stream: 'orders', records, signal: never })).toMatchObject({ kind: 'unsent' });
  });

  test('a signal that is already aborted sends nothing', async () => {
    await using server = await startWireServer(sendStored());
    using client = connect(server.endpoint);

    const answer = await client.putRecords({ stream: 'orders', records, signal: AbortSignal.abort() });

    expect(answer.kind).not.toBe('results');
    expect(server.requests).toEqual([]);
  });
});

test('a stream is described with its own record limit', async () => {
  const StreamDescriptionSummary = {
    StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/orders',
    StreamStatus: 'ACTIVE',
    StreamName: 'orders',
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    OpenShardCount: 4,
    EncryptionType: 'KMS',
    KeyId: 'alias/orders',
    MaxRecordSizeInKiB: 2_048,
  };
  await using server = await startWireServer(send(200, JSON.stringify({ StreamDescriptionSummary })));
  using client = connect(server.endpoint);

  expect(await client.describeStream('orders', never)).toEqual({
    arn: StreamDescriptionSummary.StreamARN,
    name: 'orders',
    status: 'ACTIVE',
    mode: 'ON_DEMAND',
    openShardCount: 4,
    kmsKeyId: 'alias/orders',
    maxRecordBytes: 2_097_152,
    ignoresPartitionKeys: false,
  });
});

/** `20300101T120000Z` in milliseconds. */
function readDate(stamp: unknown): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(stamp)) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
