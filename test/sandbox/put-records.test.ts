import { createHash } from 'node:crypto';
import {
  CreateStreamCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createClient, makeRecords, readStream } from './sandbox-client.js';

const MIB = 1024 * 1024;
let sandbox: Sandbox;
let client: KinesisClient;

beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  client = createClient(sandbox.endpoint);
  sandbox.createStream('orders', 4);
});

afterEach(async () => {
  client.destroy();
  await sandbox[Symbol.asyncDispose]();
});

const put = (records: { Data: Buffer; PartitionKey: string; ExplicitHashKey?: string }[], stream = 'orders') =>
  client.send(new PutRecordsCommand({ StreamName: stream, Records: records }));

test('what is put comes back byte for byte, with its key, shard and sequence number', async () => {
  const records = [
    { Data: Buffer.from([0, 255, 10, 13, 34]), PartitionKey: 'bytes' },
    { Data: Buffer.from('naïve ✓'), PartitionKey: 'ключ "quoted" \u2028 🙂' },
    { Data: Buffer.alloc(0), PartitionKey: 'empty' },
  ];

  const answer = await put(records);

  expect(answer.FailedRecordCount).toBe(0);
  const read = await readStream(client, 'orders');
  for (const [index, record] of records.entries()) {
    const found = read.find((candidate) => candidate.PartitionKey === record.PartitionKey);
    expect(Buffer.from(found?.Data ?? [1])).toEqual(record.Data);
    expect(found?.SequenceNumber).toBe(answer.Records?.[index]?.SequenceNumber);
    expect(found?.shardId).toBe(answer.Records?.[index]?.ShardId);
  }
});

test('a record goes to the shard whose hash range holds the MD5 of its key', async () => {
  const records = makeRecords(100);

  const answer = await put(records);

  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: 'orders' }));
  for (const [index, { PartitionKey }] of records.entries()) {
    const hashKey = BigInt(`0x${createHash('md5').update(PartitionKey).digest('hex')}`);
    const owner = shards.find(
      ({ HashKeyRange: range }) =>
        BigInt(range?.StartingHashKey ?? 0) <= hashKey && hashKey <= BigInt(range?.EndingHashKey ?? 0),
    );
    expect(answer.Records?.[index]?.ShardId).toBe(owner?.ShardId);
  }
});

test('sequence numbers have one length and grow strictly within a shard', async () => {
  const first = await put(makeRecords(50));
  const second = await put(makeRecords(50));

  const entries = [...(first.Records ?? []), ...(second.Records ?? [])];
  const lastByShard = new Map<string, string>();
  for (const { ShardId = '', SequenceNumber = '' } of entries) {
    expect(SequenceNumber).toMatch(/^\d{56}$/);
    expect(SequenceNumber > (lastByShard.get(ShardId) ?? '')).toBe(true);
    lastByShard.set(ShardId, SequenceNumber);
  }
});

test('an explicit hash key decides the shard, and one beyond 2^128 - 1 is refused', async () => {
  const [record = { Data: Buffer.alloc(0), PartitionKey: 'x' }] = makeRecords(1);
  const last = 2n ** 128n - 1n;

  const answer = await put([
    { ...record, ExplicitHashKey: '0' },
    { ...record, ExplicitHashKey: String(2n ** 127n - 1n) },
    { ...record, ExplicitHashKey: String(2n ** 127n) },
    { ...record, ExplicitHashKey: String(last) },
  ]);

  expect(answer.Records?.map(({ ShardId }) => ShardId?.at(-1))).toEqual(['0', '1', '2', '3']);
  await expect(put([{ ...record, ExplicitHashKey: String(last + 1n) }])).rejects.toThrow(
    expect.objectContaining({ name: 'InvalidArgumentException' }),
  );
});

test('PutRecord appends one record and answers where', async () => {
  const answer = await client.send(
    new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'one', Data: Buffer.from('1') }),
  );

  const [record] = await readStream(client, 'orders');
  expect(record).toMatchObject({ SequenceNumber: answer.SequenceNumber, shardId: answer.ShardId });
});

test('a stream is found by its ARN, whatever its account and region', async () => {
  const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders';

  const answer = await client.send(new PutRecordsCommand({ StreamARN: arn, Records: makeRecords(1) }));

  expect(answer.Records?.[0]?.SequenceNumber).toBeDefined();
});

test('an unknown stream is refused by name', async () => {
  await expect(put(makeRecords(1), 'nowhere')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Stream nowhere under account 000000000000 not found.',
  });
});

test('a stream that distributes records itself takes them without keys and uses all shards', async () => {
  await client.send(new CreateStreamCommand({ StreamName: 'auto', ShardCount: 2, RecordDistributionStrategy: 'AUTO' }));
  const records = [{ Data: Buffer.from('a') }, { Data: Buffer.from('b') }];

  const answer = await client.send(new PutRecordsCommand({ StreamName: 'auto', Records: records }));

  expect(new Set(answer.Records?.map(({ ShardId }) => ShardId)).size).toBe(2);
});

describe('limits', () => {
  test('500 records pass, 501 and 0 are refused', async () => {
    expect((await put(makeRecords(500))).Records).toHaveLength(500);

    await expect(put(makeRecords(501))).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(put([])).rejects.toMatchObject({ name: 'ValidationException' });
    expect(sandbox.stats.records).toBe(500);
  });

  test.each([
    ['1 character', 'k', true],
    ['256 characters', 'k'.repeat(256), true],
    ['256 characters of two bytes', 'é'.repeat(256), true],
    ['257 characters', 'k'.repeat(257), false],
    ['no character', '', false],
  ])('a partition key of %s', async (_, key, isAccepted) => {
    const answer = put([{ Data: Buffer.from('d'), PartitionKey: key }]);

    if (isAccepted) {
      await expect(answer).resolves.toMatchObject({ FailedRecordCount: 0 });
      return;
    }
    await expect(answer).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("'records.1.member.partitionKey'"),
    });
  });

  test('a record may have exactly 1 MiB with its key, and not one byte more', async () => {
    const key = 'é'.repeat(10);
    const room = MIB - Buffer.byteLength(key);

    await expect(put([{ Data: Buffer.alloc(room), PartitionKey: key }])).resolves.toMatchObject({
      FailedRecordCount: 0,
    });
    await expect(put([{ Data: Buffer.alloc(room + 1), PartitionKey: key }])).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(`${MIB + 1} bytes`),
    });
  });

  test('a stream with a larger MaxRecordSizeInKiB takes larger records', async () => {
    await client.send(new CreateStreamCommand({ StreamName: 'large', ShardCount: 1, MaxRecordSizeInKiB: 2048 }));

    await expect(put([{ Data: Buffer.alloc(2 * MIB - 1), PartitionKey: 'k' }], 'large')).resolves.toBeDefined();
    await expect(put([{ Data: Buffer.alloc(2 * MIB), PartitionKey: 'k' }], 'large')).rejects.toThrow(/2048 KiB/);
  });

  test('a request may have exactly 10 MiB of data and keys, and not one byte more', async () => {
    const records = Array.from({ length: 10 }, () => ({ Data: Buffer.alloc(MIB - 1), PartitionKey: 'k' }));

    await expect(put(records)).resolves.toMatchObject({ FailedRecordCount: 0 });
    await expect(put([...records.slice(1), ...halves(MIB + 1)])).rejects.toMatchObject({
      name: 'InvalidArgumentException',
    });
    expect(sandbox.stats.records).toBe(10);
  });

  test('one bad record refuses the whole request, and nothing is written', async () => {
    const records = [...makeRecords(3), { Data: Buffer.from('d'), PartitionKey: '' }];

    await expect(put(records)).rejects.toMatchObject({ name: 'ValidationException' });

    expect(sandbox.stats.records).toBe(0);
  });
});

describe('a dry run', () => {
  const dryRun = (records: { Data: Buffer; PartitionKey: string; ExplicitHashKey?: string }[], stream = 'orders') =>
    client.send(new PutRecordsCommand({ StreamName: stream, Records: records, DryRun: true }));

  test('that would succeed is answered with DryRunOperationException, and writes nothing', async () => {
    await expect(dryRun(makeRecords(2))).rejects.toMatchObject({
      name: 'DryRunOperationException',
      $metadata: { httpStatusCode: 400 },
    });

    expect(sandbox.stats.records).toBe(0);
  });

  test('that would fail is answered with the error of the real call', async () => {
    await expect(dryRun(makeRecords(2), 'nowhere')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      dryRun([{ Data: Buffer.from('d'), PartitionKey: 'k', ExplicitHashKey: String(2n ** 128n) }]),
    ).rejects.toMatchObject({ name: 'InvalidArgumentException' });
  });
});

/** Two records of `sizeBytes` together, their keys of one byte included. */
function halves(sizeBytes: number): { Data: Buffer; PartitionKey: string }[] {
  const first = Math.floor(sizeBytes / 2);
  return [first, sizeBytes - first].map((size) => ({ Data: Buffer.alloc(size - 1), PartitionKey: 'k' }));
}
