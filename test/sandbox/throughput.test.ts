import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createClient, makeRecords, readStream } from './sandbox-client.js';

let now = Date.UTC(2026, 0, 1);
let sandbox: Sandbox;
let client: KinesisClient;

beforeEach(async () => {
  sandbox = await startSandbox({ now: () => now });
  client = createClient(sandbox.endpoint);
});

afterEach(async () => {
  client.destroy();
  await sandbox[Symbol.asyncDispose]();
});

const put = (records: ReturnType<typeof makeRecords>) =>
  client.send(new PutRecordsCommand({ StreamName: 'orders', Records: records }));

test('a shard takes 1,000 records in a second and refuses the rest one by one', async () => {
  sandbox.createStream('orders', 1);

  const answers = [await put(makeRecords(500)), await put(makeRecords(500)), await put(makeRecords(2))];

  expect(answers.map(({ FailedRecordCount }) => FailedRecordCount)).toEqual([0, 0, 2]);
  expect(answers[2]?.Records?.[0]).toEqual({
    ErrorCode: 'ProvisionedThroughputExceededException',
    ErrorMessage: 'Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000.',
  });
  expect(sandbox.stats).toMatchObject({ records: 1000, throttledRecords: 2 });
});

test('a shard takes 1 MiB in a second, and a record that fits still passes after one that did not', async () => {
  sandbox.createStream('orders', 1);

  const answer = await put([...makeRecords(1, 900_000), ...makeRecords(1, 200_000), ...makeRecords(1, 100_000)]);

  expect(answer.Records?.map(({ ErrorCode }) => ErrorCode)).toEqual([
    undefined,
    'ProvisionedThroughputExceededException',
    undefined,
  ]);
  expect(await readStream(client, 'orders')).toHaveLength(2);
});

test('the limits refill with time, up to one second', async () => {
  sandbox.createStream('orders', 1, { limits: { recordsPerSecond: 100, bytesPerSecond: 1_000_000 } });
  await put(makeRecords(100));

  now += 500;
  const half = await put(makeRecords(100));
  now += 60_000;
  const full = await put(makeRecords(200));

  expect(half.FailedRecordCount).toBe(50);
  expect(full.FailedRecordCount).toBe(100);
});

test('one hot shard leaves the others at their full rate', async () => {
  sandbox.createStream('orders', 2, { limits: { recordsPerSecond: 100, bytesPerSecond: 1_000_000 } });
  const hot = makeRecords(200).map((record) => ({ ...record, PartitionKey: 'hot', ExplicitHashKey: '0' }));
  await put(hot);

  const answer = await put(makeRecords(100).map((record) => ({ ...record, ExplicitHashKey: String(2n ** 128n - 1n) })));

  expect(answer.FailedRecordCount).toBe(0);
});

test('PutRecord over the limit is refused as a whole', async () => {
  sandbox.createStream('orders', 1, { limits: { recordsPerSecond: 1, bytesPerSecond: 1000 } });
  const putOne = () =>
    client.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'k', Data: Buffer.from('d') }));

  await putOne();

  await expect(putOne()).rejects.toMatchObject({
    name: 'ProvisionedThroughputExceededException',
    $metadata: { httpStatusCode: 400 },
  });
});
