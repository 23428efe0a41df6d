import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createClient, makeRecords, readShard } from './sandbox-client.js';

const LAST_HASH_KEY = 2n ** 128n - 1n;
let sandbox: Sandbox;
let client: KinesisClient;

beforeEach(async () => {
  sandbox = await startSandbox();
  client = createClient(sandbox.endpoint);
});

afterEach(async () => {
  client.destroy();
  await sandbox[Symbol.asyncDispose]();
});

const listShards = async (stream: string) =>
  (await client.send(new ListShardsCommand({ StreamName: stream }))).Shards ?? [];

test('a created stream is active at once and describes itself', async () => {
  await client.send(new CreateStreamCommand({ StreamName: 'orders', ShardCount: 3, MaxRecordSizeInKiB: 2048 }));

  const { StreamDescriptionSummary: summary } = await client.send(
    new DescribeStreamSummaryCommand({ StreamName: 'orders' }),
  );

  expect(summary).toMatchObject({
    StreamName: 'orders',
    StreamARN: 'arn:aws:kinesis:eu-west-1:000000000000:stream/orders',
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    OpenShardCount: 3,
    MaxRecordSizeInKiB: 2048,
    EncryptionType: 'NONE',
    RecordDistributionStrategy: 'USER_PARTITION_KEY',
  });
  expect(Math.abs(Date.now() - Number(summary?.StreamCreationTimestamp))).toBeLessThan(60_000);
});

test('an ARN has the partition of the region that the call was signed for', async () => {
  sandbox.createStream('orders', 1, { keyId: 'alias/orders' });
  const chinese = createClient(sandbox.endpoint, { region: 'cn-north-1' });

  const { StreamDescriptionSummary: summary } = await chinese.send(
    new DescribeStreamSummaryCommand({ StreamName: 'orders' }),
  );
  chinese.destroy();

  expect(summary).toMatchObject({
    StreamARN: 'arn:aws-cn:kinesis:cn-north-1:000000000000:stream/orders',
    EncryptionType: 'KMS',
    KeyId: 'alias/orders',
  });
});

test('the shards of a stream cover the key space without gaps', async () => {
  sandbox.createStream('orders', 3);

  const shards = await listShards('orders');

  let next = 0n;
  for (const { HashKeyRange: range } of shards) {
    expect(BigInt(range?.StartingHashKey ?? -1)).toBe(next);
    next = BigInt(range?.EndingHashKey ?? -1) + 1n;
  }
  expect(next).toBe(LAST_HASH_KEY + 1n);
});

test('a taken name, a malformed name and a deleted stream are refused', async () => {
  sandbox.createStream('orders', 1);
  const create = (name: string) => client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));

  await expect(create('orders')).rejects.toMatchObject({ name: 'ResourceInUseException' });
  await expect(create('with spaces')).rejects.toMatchObject({ name: 'ValidationException' });
  await client.send(new DeleteStreamCommand({ StreamName: 'orders' }));
  await expect(listShards('orders')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('streams are listed by name, page by page', async () => {
  for (const name of ['b', 'a', 'c']) {
    sandbox.createStream(name, 1);
  }

  const first = await client.send(new ListStreamsCommand({ Limit: 2 }));
  const second = await client.send(new ListStreamsCommand({ Limit: 2, NextToken: first.NextToken }));

  expect(first).toMatchObject({ StreamNames: ['a', 'b'], HasMoreStreams: true });
  expect(second).toMatchObject({ StreamNames: ['c'], HasMoreStreams: false });
});

test('shards are listed page by page and by filter', async () => {
  sandbox.createStream('orders', 3);
  await client.send(
    new MergeShardsCommand({
      StreamName: 'orders',
      ShardToMerge: 'shardId-000000000000',
      AdjacentShardToMerge: 'shardId-000000000001',
    }),
  );

  const first = await client.send(new ListShardsCommand({ StreamName: 'orders', MaxResults: 3 }));
  const second = await client.send(new ListShardsCommand({ NextToken: first.NextToken }));
  const open = await client.send(new ListShardsCommand({ StreamName: 'orders', ShardFilter: { Type: 'AT_LATEST' } }));

  expect(first.Shards).toHaveLength(3);
  expect(second.Shards?.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000003']);
  expect(open.Shards?.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000002', 'shardId-000000000003']);
});

test('a split closes the parent and divides its range between two children', async () => {
  sandbox.createStream('orders', 1);
  const middle = 2n ** 127n;

  await client.send(
    new SplitShardCommand({
      StreamName: 'orders',
      ShardToSplit: 'shardId-000000000000',
      NewStartingHashKey: String(middle),
    }),
  );

  const [parent, low, high] = await listShards('orders');
  expect(parent?.SequenceNumberRange?.EndingSequenceNumber).toBeDefined();
  expect(low).toMatchObject({
    ParentShardId: 'shardId-000000000000',
    HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(middle - 1n) },
  });
  expect(high).toMatchObject({
    ParentShardId: 'shardId-000000000000',
    HashKeyRange: { StartingHashKey: String(middle), EndingHashKey: String(LAST_HASH_KEY) },
  });
  expect(high?.SequenceNumberRange?.EndingSequenceNumber).toBeUndefined();
});

test('records put before and after a split and a merge are read from the shards that took them', async () => {
  sandbox.createStream('orders', 2);
  const put = () => client.send(new PutRecordsCommand({ StreamName: 'orders', Records: makeRecords(40) }));

  await put();
  await client.send(
    new MergeShardsCommand({
      StreamName: 'orders',
      ShardToMerge: 'shardId-000000000001',
      AdjacentShardToMerge: 'shardId-000000000000',
    }),
  );
  await put();

  const shards = await listShards('orders');
  const [first = [], second = [], merged = []] = await Promise.all(
    shards.map(({ ShardId = '' }) => readShard(client, 'orders', ShardId)),
  );
  expect(first.length + second.length).toBe(40);
  expect(merged).toHaveLength(40);
  expect(shards[2]).toMatchObject({
    ParentShardId: 'shardId-000000000001',
    AdjacentParentShardId: 'shardId-000000000000',
    HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(LAST_HASH_KEY) },
  });
});

test('closed, unknown and distant shards cannot be split or merged', async () => {
  sandbox.createStream('orders', 3);
  const merge = (left: number, right: number) =>
    client.send(
      new MergeShardsCommand({
        StreamName: 'orders',
        ShardToMerge: `shardId-00000000000${left}`,
        AdjacentShardToMerge: `shardId-00000000000${right}`,
      }),
    );

  await expect(merge(0, 2)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
  await expect(merge(0, 9)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await merge(0, 1);
  await expect(merge(0, 1)).rejects.toMatchObject({ name: 'ResourceInUseException' });
  await expect(
    client.send(
      new SplitShardCommand({
        StreamName: 'orders',
        ShardToSplit: 'shardId-000000000002',
        NewStartingHashKey: '5',
      }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidArgumentException' });
});

test('DescribeStream lists the shards it has room for', async () => {
  sandbox.createStream('orders', 3);

  const { StreamDescription: description } = await client.send(
    new DescribeStreamCommand({ StreamName: 'orders', Limit: 2 }),
  );

  expect(description).toMatchObject({ StreamStatus: 'ACTIVE', HasMoreShards: true });
  expect(description?.Shards).toHaveLength(2);
});
