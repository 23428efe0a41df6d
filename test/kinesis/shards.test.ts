import { createHash } from 'node:crypto';
import { MergeShardsCommand, PutRecordCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCallFault } from '../../src/kinesis/call-fault.js';
import { createKinesisClient } from '../../src/kinesis/client.js';
import { fixedKeys } from '../../src/kinesis/keys.js';
import { type OpenShard, shardOf } from '../../src/kinesis/shards.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createClient } from '../sandbox/sandbox-client.js';
import { type Reply, reset, send, sendError, sendHalf, startWireServer } from './wire-server.js';

const keys = fixedKeys({
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
});
const LAST = 'f'.repeat(32);
const never = new AbortController().signal;

async function list(endpoint: string, stream = 'orders', signal = never): Promise<OpenShard[]> {
  using client = createKinesisClient({ region: 'us-east-1', keys, endpoint });
  return await client.listShards(stream, signal);
}

describe('the open shards of a stream', () => {
  let sandbox: Sandbox;
  let aws: ReturnType<typeof createClient>;

  beforeEach(async () => {
    sandbox = await startSandbox();
    aws = createClient(sandbox.endpoint);
  });

  afterEach(async () => {
    aws.destroy();
    await sandbox[Symbol.asyncDispose]();
  });

  const split = (shard: string, at: bigint) =>
    aws.send(new SplitShardCommand({ StreamName: 'orders', ShardToSplit: shard, NewStartingHashKey: String(at) }));

  test('cover the key space in the order of their ranges', async () => {
    sandbox.createStream('orders', 2);

    expect(await list(sandbox.endpoint)).toEqual([
      { shardId: 'shardId-000000000000', firstHashKey: '0'.repeat(32), lastHashKey: `7${'f'.repeat(31)}` },
      { shardId: 'shardId-000000000001', firstHashKey: `8${'0'.repeat(31)}`, lastHashKey: LAST },
    ]);
  });

  test('are the same by ARN as by name', async () => {
    sandbox.createStream('orders', 3);

    const byArn = await list(sandbox.endpoint, 'arn:aws:kinesis:us-east-1:000000000000:stream/orders');

    expect(byArn).toEqual(await list(sandbox.endpoint));
    expect(byArn.length).toBe(3);
  });

  test('after splits and merges are those that take records, and no closed one', async () => {
    sandbox.createStream('orders', 2);
    await split('shardId-000000000000', 1n << 126n);
    const merge = { ShardToMerge: 'shardId-000000000003', AdjacentShardToMerge: 'shardId-000000000001' };
    await aws.send(new MergeShardsCommand({ StreamName: 'orders', ...merge }));

    const shards = await list(sandbox.endpoint);

    expect(shards).toEqual([
      { shardId: 'shardId-000000000002', firstHashKey: '0'.repeat(32), lastHashKey: `3${'f'.repeat(31)}` },
      { shardId: 'shardId-000000000004', firstHashKey: `4${'0'.repeat(31)}`, lastHashKey: LAST },
    ]);
  });

  test('are read page by page to the end, without the closed ones of later pages', async () => {
    sandbox.createStream('orders', 1_100);
    const width = (1n << 128n) / 1_100n;
    await split('shardId-000000001050', 1_050n * width + width / 2n);

    const shards = await list(sandbox.endpoint);

    expect(sandbox.stats.requests['ListShards']).toBe(2);
    expect(shards.length).toBe(1_101);
    expect(shards.map(({ shardId }) => shardId)).not.toContain('shardId-000000001050');
    expect(shards.slice(1_050, 1_052).map(({ shardId }) => shardId)).toEqual([
      'shardId-000000001100',
      'shardId-000000001101',
    ]);
  });

  test('take the keys that the stream itself gives them', async () => {
    sandbox.createStream('orders', 3);
    await split('shardId-000000000001', (3n << 126n) >> 1n);
    const shards = await list(sandbox.endpoint);

    for (const key of ['a', 'profile-7', 'é', '😀', '\u0000', 'k'.repeat(256)]) {
      const record = { StreamName: 'orders', PartitionKey: key, Data: Buffer.from('x') };
      const { ShardId } = await aws.send(new PutRecordCommand(record));
      expect([key, shardOf(key, shards)?.shardId]).toEqual([key, ShardId]);
    }
  });
});

describe('a list that cannot be read', () => {
  const faultOf = async (reply: Reply, signal = never) => {
    await using server = await startWireServer(reply);
    const error = await list(server.endpoint, 'orders', signal).then(
      () => expect.fail('The list was read.'),
      (reason: unknown) => reason,
    );
    return readCallFault(error);
  };

  test.each([
    ['AccessDeniedException', 'ACCESS_DENIED'],
    ['ResourceNotFoundException', 'STREAM_NOT_FOUND'],
    ['ExpiredTokenException', 'CREDENTIAL_EXPIRED'],
    ['UnrecognizedClientException', 'CREDENTIAL_REFUSED'],
    ['LimitExceededException', 'THROTTLED'],
    ['InvalidArgumentException', null],
    ['NeverHeardOfException', null],
  ])('is refused with %s, of cause %s', async (code, cause) => {
    expect(await faultOf(sendError(code))).toEqual({
      kind: 'refused',
      cause,
      awsCode: code,
      awsRequestId: 'req-1',
    });
  });

  test.each<[string, Reply]>([
    ['an empty 200', send(200, '')],
    ['JSON without shards', send(200, '{}')],
    ['a shard without a range', send(200, '{"Shards":[{"ShardId":"shardId-000000000000"}]}')],
    [
      'a range of other than numbers',
      send(200, '{"Shards":[{"ShardId":"s","HashKeyRange":{"StartingHashKey":"0x","EndingHashKey":"1"}}]}'),
    ],
    ['a page of HTML', send(502, '<html><body>Bad gateway</body></html>')],
    ['an internal failure', sendError('InternalFailure', 'no', 500)],
    ['half a body', sendHalf],
    ['a reset', reset],
  ])('after %s is out of reach', async (_name, reply) => {
    expect(await faultOf(reply)).toMatchObject({ kind: 'unreachable', reason: expect.any(String) });
  });

  test('for an answer that does not come is given up with its signal', async () => {
    expect(await faultOf(() => undefined, AbortSignal.timeout(50))).toMatchObject({ kind: 'unreachable' });
  });
});

describe('the shard of a key', () => {
  const halves: OpenShard[] = [
    { shardId: 'low', firstHashKey: '0'.repeat(32), lastHashKey: `7${'f'.repeat(31)}` },
    { shardId: 'high', firstHashKey: `8${'0'.repeat(31)}`, lastHashKey: LAST },
  ];

  test.each([
    ['a', 'low', '0cc175b9c0f1b6a831c399e269772661'],
    ['profile-7', 'high', 'c9ab0809c4127ca8db4932278cbb4cd1'],
    ['é', 'low', '66ddcd97cfdeabb2f6fb8a999b4bc76f'],
    ['😀', 'low', '2a02eac39d716a70ecf37579185927b6'],
  ])('%j is the %s one: its MD5 is %s', (key, shardId, md5) => {
    const exactly: OpenShard = { shardId: 'exact', firstHashKey: md5, lastHashKey: md5 };

    expect(shardOf(key, halves)?.shardId).toBe(shardId);
    expect(shardOf(key, [exactly])).toBe(exactly);
  });

  test('is none where no range holds it', () => {
    expect(shardOf('a', [])).toBeNull();
    expect(shardOf('a', halves.slice(1))).toBeNull();
    expect(shardOf('profile-7', halves.slice(0, 1))).toBeNull();
  });

  test('is the one whose range holds its MD5 as a number, wherever the ranges are cut', () => {
    const cut = fc.bigInt({ min: 1n, max: (1n << 128n) - 1n });
    fc.assert(
      fc.property(fc.uniqueArray(cut, { maxLength: 20 }), fc.string({ unit: 'grapheme' }), (cuts, key) => {
        const firsts = [0n, ...cuts].sort((a, b) => (a < b ? -1 : 1));
        const shards = firsts.map((first, index) => ({
          shardId: String(first),
          firstHashKey: hex(first),
          lastHashKey: hex((firsts[index + 1] ?? 1n << 128n) - 1n),
        }));
        const hashKey = BigInt(`0x${createHash('md5').update(key, 'utf8').digest('hex')}`);

        expect(shardOf(key, shards)?.shardId).toBe(String(firsts.findLast((first) => first <= hashKey)));
      }),
    );
  });
});

function hex(value: bigint): string {
  return value.toString(16).padStart(32, '0');
}
