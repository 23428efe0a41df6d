/** How records would spread over shards: shares, fallbacks, and what AWS may answer instead. */

import { PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { laneOf } from '../../src/domain/lane.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { drawMembers } from '../../src/storage/member-sample.js';
import { createClient } from '../sandbox/sandbox-client.js';
import { createCredential, createDestination, keyOf, readDestination, SECRET } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { HELD_BACK_MS, untilSessionsAreIdle } from '../support/idle-sessions.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let sandbox: Sandbox;
let edge: TestEdge;
let destinationId: string;

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.createStream('orders', 4);
  edge = await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint });
  destinationId = await createDestination(edge, await createCredential(edge));
});

afterEach(() => sandbox[Symbol.asyncDispose]());

const PREVIEW = `query ($destinationId: ID!, $partitionKey: PartitionKeyInput, $sampleSize: Int) {
  previewPartitioning(destinationId: $destinationId, partitionKey: $partitionKey, sampleSize: $sampleSize) {
    __typename
    ... on PreviewPartitioningSuccess { sampled fallbacks orderGuaranteed shards { shardId records share } }
    ... on UserError { code message path }
    ... on InvalidInputError { issues { code path } }
    ... on AwsError { awsRequestId permission policyStatement reason { code kind remedy } }
  }
}`;

async function preview(variables: Record<string, unknown> = {}) {
  const { data, errors } = await edge.execute(PREVIEW, { destinationId, ...variables });
  expect(errors).toEqual([]);
  return data.previewPartitioning;
}

const recordsOf = (answer: { shards: { records: number }[] }) => answer.shards.map(({ records }) => records);

/** Adds members of a segment of its own, activated to the destination; `profile-0`, … */
async function addMembers(count: number, status = 'REALIZED', attributes: object = {}): Promise<number> {
  const { workspaceId } = edge;
  const profileIds = Array.from({ length: count }, (_, number) => `profile-${number}`);
  const { rows } = await sql<{ id: number }>`
    with segment as (
      insert into segment (workspace_id, segment_id, name)
      values (${workspaceId}, gen_random_uuid()::text, 'Segment') returning id
    ),
    activation as (
      insert into activation (workspace_id, destination_id, attributes)
      values (${workspaceId}, ${keyOf(destinationId)}, '{}') returning id
    ),
    mapped as (
      insert into activation_segment (activation_id, segment_id, ordinal)
      select activation.id, segment.id, 0 from activation, segment
    ),
    added as (
      insert into profile (lane, workspace_id, profile_id, attributes, identities, revision, size_bytes)
      select lane, ${workspaceId}, profile_id, ${JSON.stringify(attributes)}, '{"ecid":["one","two"]}', 1, 100
      from unnest(${profileIds.map((id) => laneOf(workspaceId, id))}::smallint[], ${profileIds}::text[])
        as given(lane, profile_id)
      on conflict (lane, workspace_id, profile_id) do update set revision = profile.revision + 1
      returning lane, id
    ),
    members as (
      insert into membership (lane, segment_id, profile_id, status, qualified_at)
      select added.lane, segment.id, added.id, ${status}, '2026-01-01T00:00:00Z' from added, segment
    )
    select id from segment`.execute(database.db);
  return rows[0]?.id ?? 0;
}

test('the profile ids of real members fall to the shards as the stream itself takes them', async () => {
  await addMembers(400);

  const answer = await preview();

  expect(answer).toMatchObject({ sampled: 400, fallbacks: 0, orderGuaranteed: true });
  expect(answer.shards.map(({ shardId }: { shardId: string }) => shardId)).toEqual(
    [0, 1, 2, 3].map((number) => `shardId-00000000000${number}`),
  );
  expect(recordsOf(answer)).toEqual(await countByStream(400));
  for (const { records, share } of answer.shards) expect(share).toBe(records / 400);
});

/** Where the stream puts records with the keys `profile-0`, … */
async function countByStream(count: number): Promise<number[]> {
  const client = createClient(sandbox.endpoint);
  const records = Array.from({ length: count }, (_, number) => ({
    PartitionKey: `profile-${number}`,
    Data: Buffer.from('x'),
  }));
  const { Records = [] } = await client.send(new PutRecordsCommand({ StreamName: 'orders', Records: records }));
  client.destroy();
  return [0, 1, 2, 3].map(
    (number) => Records.filter(({ ShardId }) => ShardId === `shardId-00000000000${number}`).length,
  );
}

test.each([
  ['CONSTANT', { strategy: 'CONSTANT', argument: 'all' }, { fallbacks: 0, orderGuaranteed: true }],
  ['ATTRIBUTE', { strategy: 'ATTRIBUTE', argument: 'person.country' }, { fallbacks: 0, orderGuaranteed: true }],
  ['IDENTITY', { strategy: 'IDENTITY', argument: 'ecid' }, { fallbacks: 0, orderGuaranteed: true }],
])('one %s for all members means one shard', async (_name, partitionKey, expected) => {
  await addMembers(50, 'EXISTING', { person: { country: 'PT' } });

  const answer = await preview({ partitionKey });

  expect(answer).toMatchObject({ sampled: 50, ...expected });
  expect(recordsOf(answer).sort()).toEqual([0, 0, 0, 50]);
});

test('keys that members lack fall back to the profile id, and are counted', async () => {
  await addMembers(100);

  const byAttribute = await preview({ partitionKey: { strategy: 'ATTRIBUTE', argument: 'person.country' } });

  expect(byAttribute).toMatchObject({ sampled: 100, fallbacks: 100 });
  expect(recordsOf(byAttribute)).toEqual(recordsOf(await preview()));
});

test('random keys keep no order and spread over all shards', async () => {
  await addMembers(400);

  const answer = await preview({ partitionKey: { strategy: 'RANDOM' } });

  expect(answer).toMatchObject({ sampled: 400, fallbacks: 0, orderGuaranteed: false });
  for (const records of recordsOf(answer)) expect(records).toBeGreaterThan(40);
});

test('a stream that spreads records as it likes keeps no order, whatever the key, and its destination says the same', async () => {
  sandbox.createStream('auto', 2, { recordDistribution: 'AUTO' });
  destinationId = await createDestination(edge, await createCredential(edge), { stream: 'auto' });

  for (const partitionKey of [null, { strategy: 'PROFILE_ID' }, { strategy: 'CONSTANT', argument: 'all' }])
    expect(await preview({ partitionKey })).toMatchObject({ orderGuaranteed: false });
  expect((await readDestination(edge, destinationId)).destination).toMatchObject({ orderGuaranteed: false });
});

test("without a key to try, the destination's own is taken", async () => {
  await addMembers(50);
  await sql`update destination set partition_key_strategy = 'CONSTANT', partition_key_argument = 'all'
    where id = ${keyOf(destinationId)}`.execute(database.db);

  expect(recordsOf(await preview()).sort()).toEqual([0, 0, 0, 50]);
  expect(recordsOf(await preview({ partitionKey: { strategy: 'PROFILE_ID' } })).sort()).not.toContain(50);
});

test('shares follow the ranges of shards that were split: the halves share what the whole had', async () => {
  await addMembers(400);
  const before = recordsOf(await preview());
  const client = createClient(sandbox.endpoint);
  const split = { ShardToSplit: 'shardId-000000000001', NewStartingHashKey: String(3n << 125n) };
  await client.send(new SplitShardCommand({ StreamName: 'orders', ...split }));
  client.destroy();

  const after = await preview();

  const [first = 0, low = 0, high = 0, ...rest] = recordsOf(after);
  expect(after.shards.length).toBe(5);
  expect([first, low + high, ...rest]).toEqual(before);
  expect(Math.min(low, high)).toBeGreaterThan(0);
});

test('without members there are shards, with nothing on them', async () => {
  expect(await preview()).toMatchObject({ sampled: 0, fallbacks: 0 });
  expect((await preview()).shards).toHaveLength(4);
  expect((await preview()).shards[0]).toEqual({ shardId: 'shardId-000000000000', records: 0, share: 0 });
});

test('only present members of activated segments are sampled, each once', async () => {
  await addMembers(40);
  await addMembers(60);
  await addMembers(70, 'EXITED');
  const expired = await addMembers(80);
  await sql`update membership set expires_at = now() - interval '1 day' where segment_id = ${expired}`.execute(
    database.db,
  );

  expect(await preview()).toMatchObject({ sampled: 60 });
});

test.each([1, 16, 100, 399, 400, 401])(
  'a sample of %i has so many members, as far as there are',
  async (sampleSize) => {
    await addMembers(400);

    expect(await preview({ sampleSize })).toMatchObject({ sampled: Math.min(sampleSize, 400) });
  },
);

test('a sample of one can be of any lane, and the draw decides', async () => {
  await addMembers(400);

  const lanes = new Set<number | undefined>();
  for (let turn = 0; turn < 16; turn += 1) {
    const [member] = await drawMembers(database.db, keyOf(destinationId), { size: 1, random: turn / 16 });
    lanes.add(member?.lane);
  }

  expect([...lanes].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 16 }, (_, lane) => lane));
});

test('the number of statements does not grow with the sample, but for its chunks of one lane', async () => {
  await addMembers(16);
  const few = await edge.countQueries(() => preview());
  await addMembers(400);

  expect(await edge.countQueries(() => preview())).toBeLessThanOrEqual(few + 16);
});

test.each([
  ['an unknown destination', { destinationId: toGlobalId('KinesisDestination', 1e9) }, ['destinationId'], 'NOT_FOUND'],
  ['an id of another kind', { destinationId: toGlobalId('Segment', 1) }, ['destinationId'], 'NOT_FOUND'],
  ['a sample of none', { sampleSize: 0 }, ['sampleSize'], 'OUT_OF_RANGE'],
  ['a sample of 10,001', { sampleSize: 10_001 }, ['sampleSize'], 'OUT_OF_RANGE'],
  ['a path left out', { partitionKey: { strategy: 'ATTRIBUTE' } }, ['partitionKey', 'argument'], 'REQUIRED'],
  ['an empty text', { partitionKey: { strategy: 'CONSTANT', argument: '' } }, ['partitionKey', 'argument'], 'REQUIRED'],
  [
    'a text of 257 characters',
    { partitionKey: { strategy: 'CONSTANT', argument: 'x'.repeat(257) } },
    ['partitionKey', 'argument'],
    'OUT_OF_RANGE',
  ],
  [
    'a path with an empty part',
    { partitionKey: { strategy: 'ATTRIBUTE', argument: 'a..b' } },
    ['partitionKey', 'argument'],
    'MALFORMED',
  ],
  [
    'an argument that does not belong',
    { partitionKey: { strategy: 'RANDOM', argument: 'x' } },
    ['partitionKey', 'argument'],
    'NOT_ALLOWED',
  ],
])('%s is refused by name, and AWS is not asked', async (_name, variables, path, code) => {
  const before = { ...sandbox.stats.requests };
  expect(await preview(variables)).toMatchObject({ __typename: 'InvalidInputError', issues: [{ code, path }] });
  expect(sandbox.stats.requests).toEqual(before);
});

test('a destination of another workspace is none', async () => {
  const other = await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint });
  const foreign = await createDestination(other, await createCredential(other));

  expect(await preview({ destinationId: foreign })).toMatchObject({ issues: [{ path: ['destinationId'] }] });
});

test('a permission that is missing is named, with the remedy', async () => {
  const refused = { code: 'AccessDeniedException', status: 400, message: 'User is not authorized' };
  sandbox.setFaults([{ kind: 'request-error', ...refused, match: { operation: 'ListShards' } }]);

  expect(await preview()).toMatchObject({
    __typename: 'AwsError',
    code: 'AWS_REFUSED',
    path: ['destinationId'],
    message: expect.stringContaining('kinesis:ListShards'),
    permission: 'kinesis:ListShards',
    policyStatement: {
      Effect: 'Allow',
      Action: ['kinesis:ListShards'],
      Resource: ['arn:aws:kinesis:us-east-2:*:stream/orders'],
    },
    awsRequestId: expect.any(String),
    reason: { code: 'ACCESS_DENIED', kind: 'HALT' },
  });
});

test.each([
  ['ResourceNotFoundException', 'STREAM_NOT_FOUND', 'HALT'],
  ['ExpiredTokenException', 'CREDENTIAL_EXPIRED', 'HALT'],
  ['LimitExceededException', 'THROTTLED', 'DEFERRAL'],
  ['NeverHeardOfException', 'AWS_REFUSED', 'USER_ERROR'],
])('%s is told as %s', async (code, reason, kind) => {
  sandbox.setFaults([{ kind: 'request-error', code, status: 400, match: { operation: 'ListShards' } }]);

  const answer = await preview();

  expect(answer).toMatchObject({
    code: 'AWS_REFUSED',
    permission: null,
    policyStatement: null,
    reason: { code: reason, kind },
  });
  expect(answer.message).toContain(code);
  expect(JSON.stringify(answer)).not.toContain(SECRET);
});

test('a stream that does not exist is told by the sandbox as by AWS', async () => {
  const gone = await createDestination(edge, await createCredential(edge), { stream: 'gone' });

  expect(await preview({ destinationId: gone })).toMatchObject({
    code: 'AWS_REFUSED',
    message: expect.stringContaining('gone'),
    reason: { code: 'STREAM_NOT_FOUND' },
  });
});

test.each([
  ['resets the connection', { kind: 'reset' }, null],
  ['answers with HTML', { kind: 'html-body' }, null],
  ['answers nothing', { kind: 'empty-answer' }, null],
] as const)('AWS that %s is out of reach', async (_name, fault, awsRequestId) => {
  sandbox.setFaults([{ ...fault, match: { operation: 'ListShards' } }]);

  expect(await preview()).toMatchObject({
    code: 'AWS_UNREACHABLE',
    path: ['destinationId'],
    permission: null,
    awsRequestId,
    reason: { code: 'AWS_UNREACHABLE', kind: 'USER_ERROR' },
  });
});

test('AWS that never answers is given up after 10 s', { timeout: 20_000 }, async () => {
  sandbox.setFaults([{ kind: 'no-answer', match: { operation: 'ListShards' } }]);
  const startedAt = performance.now();

  expect(await preview()).toMatchObject({ code: 'AWS_UNREACHABLE' });
  expect(performance.now() - startedAt).toBeLessThan(12_000);
});

test('no transaction is open while AWS is asked', async () => {
  await addMembers(20);
  sandbox.setFaults([{ kind: 'slow-answer', delayMs: HELD_BACK_MS, match: { operation: 'ListShards' } }]);

  const asking = preview();
  await until(() => sandbox.stats.requests['ListShards'] === 1);
  await untilSessionsAreIdle(database.db);

  expect(await asking).toMatchObject({ sampled: 20 });
});
