import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { decodeEventCursor } from '../../src/events/event-cursor.js';
import {
  createCredential,
  createDestination,
  DESTINATION_FIELDS,
  keyOf,
  listToldHealth,
  mutateDestination,
  readDestination,
} from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;
let credentialId: string;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
  credentialId = await createCredential(edge);
});

const create = (input: Record<string, unknown> = {}) =>
  mutateDestination(edge, 'createKinesisDestination', {
    name: 'd',
    region: 'us-east-2',
    stream: 'orders',
    credentialId,
    ...input,
  });
const update = (input: Record<string, unknown>) => mutateDestination(edge, 'updateKinesisDestination', input);
const remove = (id: string) => mutateDestination(edge, 'deleteDestination', { id });
const read = (id: string, on = edge) => readDestination(on, id);

test('a new destination is enabled, has its defaults and 16 lanes, and is not healthy where nobody answers', async () => {
  const { destination } = await create({ name: 'orders' });

  expect(destination).toMatchObject({
    name: 'orders',
    description: null,
    enabled: true,
    version: 1,
    credential: { id: credentialId },
    type: { name: 'Amazon Kinesis', kind: 'AMAZON_KINESIS' },
    pending: 0,
    oldestPendingAt: null,
    health: { status: 'DEGRADED', code: 'AWS_UNAVAILABLE', nextProbeAt: expect.any(String) },
    region: 'us-east-2',
    stream: 'orders',
    includeSegmentNames: false,
    includeSegmentTimestamps: false,
    membershipScope: 'MAPPED_ONLY',
    membershipStatuses: 'THREE_STATE',
  });
  expect(await read(destination.id)).toEqual({
    destination,
    node: { __typename: 'KinesisDestination', id: destination.id },
  });
  const lanes = database.db.selectFrom('lane').select(['lane', 'workspace_id']).orderBy('lane');
  expect(await lanes.where('destination_id', '=', keyOf(destination.id)).execute()).toEqual(
    Array.from({ length: 16 }, (_, lane) => ({ lane, workspace_id: edge.workspaceId })),
  );
});

test('the event cursor holds the newest position of each lane and of the destination', async () => {
  const id = await createDestination(edge, credentialId);
  const key = keyOf(id);
  await sql`update lane set position = lane * 10 where destination_id = ${key}`.execute(database.db);
  await sql`update destination set position = 7 where id = ${key}`.execute(database.db);

  const { destination } = await read(id);

  const positions = [...Array.from({ length: 16 }, (_, lane) => lane * 10), 7];
  expect(decodeEventCursor(destination.eventCursor)).toEqual({ destinationId: key, positions });
});

test.each([
  ['region', { region: 'localhost' }, 'MALFORMED'],
  ['region', { region: 'US-EAST-1' }, 'MALFORMED'],
  ['region', { region: 'nowhere-9' }, 'MALFORMED'],
  ['region', { region: 'evil.com/#' }, 'MALFORMED'],
  ['stream', { stream: '' }, 'REQUIRED'],
  ['stream', { stream: 's'.repeat(129) }, 'OUT_OF_RANGE'],
  ['stream', { stream: '../' }, 'MALFORMED'],
  ['stream', { stream: 'with spaces' }, 'MALFORMED'],
  ['stream', { stream: 'arn:aws:kinesis:eu-west-1:901341027596:stream/orders' }, 'NOT_ALLOWED'],
  ['credentialId', { credentialId: 'nonsense' }, 'NOT_FOUND'],
  ['credentialId', { credentialId: toGlobalId('Segment', 1) }, 'NOT_FOUND'],
  ['name', { name: 'x\0' }, 'MALFORMED'],
  ['idempotencyKey', { idempotencyKey: 'x\0' }, 'MALFORMED'],
])('a wrong %s (%j) is refused by name and stores nothing', async (field, input, code) => {
  const count = async () => (await edge.execute('{ destinations { totalCount } }')).data.destinations.totalCount;
  const before = await count();

  expect(await create(input)).toMatchObject({ issues: [{ code, path: ['input', field] }] });
  expect(await count()).toBe(before);
});

test('faults of the fields and of the credential are reported together', async () => {
  const foreign = await createCredential(await createTestEdge(database.db));

  const refused = await create({ credentialId: foreign, region: 'localhost', name: '' });

  expect(refused.issues.map(({ path }: { path: string[] }) => path[1])).toEqual(['name', 'region', 'credentialId']);
});

test('50 calls with one idempotency key make one destination; another input is refused', async () => {
  const idempotencyKey = randomUUID();

  const answers = await Promise.all(Array.from({ length: 50 }, () => create({ idempotencyKey, name: 'once' })));
  const other = await create({ idempotencyKey, name: 'twice' });

  const [first] = answers;
  expect(new Set(answers.map(({ destination }) => destination.id)).size).toBe(1);
  const { data } = await edge.execute('{ destinations(filter: { search: "once" }) { totalCount } }');
  expect(data.destinations.totalCount).toBe(1);
  expect(other).toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
    path: ['input', 'idempotencyKey'],
    current: { id: first.destination.id },
  });
});

test('an update changes what it names, null sets the default, and the version grows', async () => {
  const id = await createDestination(edge, credentialId, { description: 'for orders', membershipScope: 'ALL' });

  const { destination } = await update({
    id,
    expectedVersion: 1,
    name: 'new',
    membershipScope: null,
    region: 'eu-west-1',
  });
  const cleared = await update({ id, expectedVersion: 2, description: null, includeSegmentNames: true });

  expect(destination).toMatchObject({
    name: 'new',
    description: 'for orders',
    membershipScope: 'MAPPED_ONLY',
    region: 'eu-west-1',
    stream: 'orders',
    version: 2,
  });
  expect(cleared.destination).toMatchObject({ name: 'new', description: null, includeSegmentNames: true, version: 3 });
});

test('an update is judged by what it makes of the destination, and refused whole', async () => {
  const stream = 'arn:aws:kinesis:us-east-2:901341027596:stream/orders';
  const id = await createDestination(edge, credentialId, { stream });

  const moved = await update({ id, expectedVersion: 1, region: 'us-east-1', name: null });

  expect(moved.issues).toMatchObject([
    { code: 'REQUIRED', path: ['input', 'name'] },
    { code: 'NOT_ALLOWED', path: ['input', 'stream'] },
  ]);
  expect((await read(id)).destination).toMatchObject({ version: 1, region: 'us-east-2' });
  const both = await update({
    id,
    expectedVersion: 1,
    region: 'us-east-1',
    stream: stream.replace('us-east-2', 'us-east-1'),
  });
  expect(both.destination).toMatchObject({ version: 2, region: 'us-east-1' });
});

test('of 20 updates of one version at once one passes, and the others are refused with the destination as it is now', async () => {
  const id = await createDestination(edge, credentialId);

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, number) => update({ id, expectedVersion: 1, name: `n${number}` })),
  );

  const refused = answers.filter(({ __typename }) => __typename === 'ConflictError');
  expect(refused).toHaveLength(19);
  expect(refused[0]).toMatchObject({ code: 'VERSION_CONFLICT', path: ['input', 'expectedVersion'], current: { id } });
  expect((await read(id)).destination.version).toBe(2);
});

test('a credential that is deleted while a destination is made with it: one of the two is refused', async () => {
  for (let round = 0; round < 10; round += 1) {
    const credential = await createCredential(edge);

    const [deleted, made] = await Promise.all([
      mutateDestination(edge, 'deleteCredential', { id: credential }),
      create({ credentialId: credential }),
    ]);

    expect([
      'DeleteCredentialSuccess InvalidInputError',
      'InvalidStateError CreateKinesisDestinationSuccess',
    ]).toContain(`${deleted.__typename} ${made.__typename}`);
  }
});

test('a halted destination tells why, and is tried again at once when its records are changed', async () => {
  const id = await createDestination(edge, credentialId);
  await sql`update destination set health_status = 'HALTED', health_code = 'STREAM_NOT_FOUND', health_message = 'no stream',
    health_aws_request_id = 'r1', next_probe_at = now() + interval '1 hour' where id = ${keyOf(id)}`.execute(
    database.db,
  );
  const { health } = (await read(id)).destination;
  expect(health).toMatchObject({
    status: 'HALTED',
    code: 'STREAM_NOT_FOUND',
    message: 'no stream',
    awsRequestId: 'r1',
  });
  expect(health.reason.remedy).toContain('Create the stream');

  const { destination } = await update({ id, expectedVersion: 1, includeSegmentNames: true });

  expect(destination.health.status).toBe('HALTED');
  expect(Date.parse(health.nextProbeAt)).toBeGreaterThan(Date.now() + 1_800_000);
  expect(Date.parse(destination.health.nextProbeAt)).toBeLessThan(Date.now() + 60_000);
});

test.each(['stream', 'region', 'credentialId'])(
  'what was seen of a destination is forgotten, and its subscribers hear so, when its %s changes',
  async (field) => {
    const id = await createDestination(edge, credentialId);
    await sql`update destination set health_status = 'HEALTHY', health_since = '2020-01-01' where id = ${keyOf(id)}`.execute(
      database.db,
    );
    const others = { stream: 'other', region: 'eu-west-1', credentialId: await createCredential(edge) };
    const value = Object.entries(others).find(([name]) => name === field)?.[1];

    const { destination } = await update({ id, expectedVersion: 1, [field]: value });
    await update({ id, expectedVersion: 2, description: 'the same target' });

    // Tested anew, where nobody answers.
    expect(destination.health).toMatchObject({ status: 'DEGRADED', code: 'AWS_UNAVAILABLE' });
    expect(Date.parse(destination.health.since)).toBeGreaterThan(Date.now() - 60_000);
    const events = await listToldHealth(database.db, id);
    expect(events).toMatchObject(['DEGRADED', 'UNTESTED', 'DEGRADED'].map((status) => ({ health: { status } })));
  },
);

test('foreign, missing, malformed ids and ids of another kind give the same answers', async () => {
  const other = await createTestEdge(database.db);
  const foreign = await createDestination(other, await createCredential(other));
  const ids = [foreign, toGlobalId('KinesisDestination', 999_999_999), 'nonsense', credentialId, ''];

  const answers = await Promise.all(
    ids.map(async (id) => [
      await edge.execute('query ($id: ID!) { destination(id: $id) { id } }', { id }),
      await update({ id, expectedVersion: 1, name: 'x' }),
      await remove(id),
    ]),
  );

  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]).toMatchObject([{ data: { destination: null } }, { code: 'NOT_FOUND' }, { code: 'NOT_FOUND' }]);
  expect((await read(foreign, other)).destination.version).toBe(1);
});

test.each(['createKinesisDestination', 'updateKinesisDestination', 'deleteDestination'])(
  '%s needs role ADMIN',
  async (name) => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const inputs: Record<string, object> = {
      createKinesisDestination: { name: 'd', region: 'us-east-2', stream: 's', credentialId: 'x' },
      updateKinesisDestination: { id: 'x', expectedVersion: 1 },
      deleteDestination: { id: 'x' },
    };

    const { errors } = await edge.execute(
      `mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`,
      { input: inputs[name] },
      { ...edge.viewer, role: 'OPERATOR' },
    );

    expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  },
);

test('the list filters, orders and pages, and sees only its workspace', async () => {
  const own = await createTestEdge(database.db);
  const [first, second] = [await createCredential(own), await createCredential(own)];
  const states = ['HEALTHY', 'HALTED', 'UNTESTED', 'DEGRADED', 'THROTTLED'];
  for (const [place, state] of states.entries()) {
    const id = await createDestination(own, place === 0 ? second : first, { name: `${place} ${state}` });
    await sql`update destination set health_status = ${state}, enabled = ${place < 4} where id = ${keyOf(id)}`.execute(
      database.db,
    );
  }
  const places = async (args: string) => {
    const { data, errors } = await own.execute(`{ destinations(${args}) { nodes { name } } }`);
    expect(errors).toEqual([]);
    return data.destinations.nodes.map(({ name }: { name: string }) => name[0]).join('');
  };

  expect(await places('orderBy: NAME_DESC')).toBe('43210');
  expect(await places('orderBy: CREATED_AT_ASC')).toBe('01234');
  expect(await places('orderBy: HEALTH_WORST_FIRST')).toBe('14320');
  expect(await places(`filter: { credentialId: "${second}" }`)).toBe('0');
  expect(await places('filter: { credentialId: "nonsense" }')).toBe('');
  expect(await places('filter: { enabled: false }')).toBe('4');
  expect(await places('filter: { health: [HALTED, DEGRADED], kinds: [AMAZON_KINESIS] }')).toBe('13');
  expect(await places('filter: { search: "ED" }')).toBe('1234');
  const { data } = await own.execute(
    '{ destinations(first: 2, orderBy: HEALTH_WORST_FIRST) { pageInfo { endCursor } } }',
  );
  expect(await places(`first: 2, orderBy: HEALTH_WORST_FIRST, after: "${data.destinations.pageInfo.endCursor}"`)).toBe(
    '32',
  );
});

test('50 destinations with credential, backlog and cursor cost as many statements as one', async () => {
  const own = await createTestEdge(database.db);
  for (let number = 0; number < 3; number += 1) await createDestination(own, await createCredential(own));
  const query = `query ($first: Int) { destinations(first: $first, orderBy: HEALTH_WORST_FIRST) { totalCount nodes { ${DESTINATION_FIELDS} } } }`;

  const one = await own.countQueries(() => own.execute(query, { first: 1 }));
  const many = await own.countQueries(() => own.execute(query, { first: 50 }));

  expect(one).toBe(4);
  expect(many).toBe(one);
});
