import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createClient, makeRecords, readStream } from './sandbox-client.js';

const SHARD = 'shardId-000000000000';
let now = Date.UTC(2026, 0, 1);
let sandbox: Sandbox;
let client: KinesisClient;

beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off', now: () => now });
  client = createClient(sandbox.endpoint);
  sandbox.createStream('orders', 1);
});

afterEach(async () => {
  client.destroy();
  await sandbox[Symbol.asyncDispose]();
});

const put = async (...keys: string[]) => {
  const records = keys.map((key) => ({ Data: Buffer.from(key), PartitionKey: key }));
  const answer = await client.send(new PutRecordsCommand({ StreamName: 'orders', Records: records }));
  return answer.Records?.map(({ SequenceNumber = '' }) => SequenceNumber) ?? [];
};

const iterate = async (
  start: Pick<GetShardIteratorCommandInput, 'ShardIteratorType'> & Partial<GetShardIteratorCommandInput>,
) => (await client.send(new GetShardIteratorCommand({ StreamName: 'orders', ShardId: SHARD, ...start }))).ShardIterator;

const readKeys = async (iterator: string | undefined) => {
  const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
  return page.Records?.map(({ PartitionKey }) => PartitionKey);
};

test('each iterator type starts where it says', async () => {
  const [, second] = await put('a', 'b');
  now += 1000;
  await put('c');

  const latest = await iterate({ ShardIteratorType: 'LATEST' });
  await put('d');

  expect(await readKeys(latest)).toEqual(['d']);
  expect(await readKeys(await iterate({ ShardIteratorType: 'TRIM_HORIZON' }))).toEqual(['a', 'b', 'c', 'd']);
  expect(
    await readKeys(await iterate({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: second })),
  ).toEqual(['b', 'c', 'd']);
  expect(
    await readKeys(await iterate({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: second })),
  ).toEqual(['c', 'd']);
  expect(await readKeys(await iterate({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(now - 999) }))).toEqual([
    'c',
    'd',
  ]);
});

test('pages follow each other and tell how far behind they are', async () => {
  await put('a', 'b', 'c');
  now += 2500;

  const first = await client.send(
    new GetRecordsCommand({ ShardIterator: await iterate({ ShardIteratorType: 'TRIM_HORIZON' }), Limit: 2 }),
  );
  const second = await client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }));

  expect(first.Records?.map(({ PartitionKey }) => PartitionKey)).toEqual(['a', 'b']);
  expect(first.MillisBehindLatest).toBe(2500);
  expect(second.Records?.map(({ PartitionKey }) => PartitionKey)).toEqual(['c']);
  expect(second.MillisBehindLatest).toBe(0);
  expect(second.Records?.[0]?.ApproximateArrivalTimestamp).toEqual(new Date(now - 2500));
});

test('the end of a closed shard has no next iterator but names its children', async () => {
  await put('a');
  const iterator = await iterate({ ShardIteratorType: 'TRIM_HORIZON' });
  await client.send(new SplitShardCommand({ StreamName: 'orders', ShardToSplit: SHARD, NewStartingHashKey: '1000' }));

  const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));

  expect(page.Records).toHaveLength(1);
  expect(page.NextShardIterator).toBeUndefined();
  expect(page.ChildShards?.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000001', 'shardId-000000000002']);
});

test('old and foreign iterators, unknown sequence numbers and shards are refused', async () => {
  const iterator = await iterate({ ShardIteratorType: 'TRIM_HORIZON' });

  await expect(readKeys('AAAA')).rejects.toMatchObject({ name: 'InvalidArgumentException' });
  now += 5 * 60 * 1000 + 1;
  await expect(readKeys(iterator)).rejects.toMatchObject({ name: 'ExpiredIteratorException' });
  await expect(
    iterate({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: '123' }),
  ).rejects.toMatchObject({ name: 'InvalidArgumentException' });
  await expect(iterate({ ShardId: 'shardId-000000000009', ShardIteratorType: 'LATEST' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('a stream keeps its newest records up to its cap, and the ledger still counts all', async () => {
  sandbox.createStream('small', 2, { retainBytes: 20_000 });
  for (let call = 0; call < 10; call += 1) {
    await client.send(new PutRecordsCommand({ StreamName: 'small', Records: makeRecords(100, 100) }));
  }

  const kept = await readStream(client, 'small');
  const listed = [...sandbox.listRecords('small')];

  expect(kept.length).toBeGreaterThan(50);
  expect(kept.length).toBeLessThan(100);
  expect(listed).toHaveLength(kept.length);
  expect(listed.at(-1)?.partitionKey).toBe('key-99');
  expect(sandbox.summarizeLedger().find(({ stream }) => stream === 'small')?.records).toBe(1000);
});
