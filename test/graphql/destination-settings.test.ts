/** Settings of destinations that decide their records: consent, envelope, size policy and partition key. */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { lockWorkspace } from '../../src/storage/workspace-lock.js';
import { createCredential, mutateDestination, readDestination } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let edge: TestEdge;
let credentialId: string;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
  credentialId = await createCredential(edge);
});

const DEFAULTS = {
  orderGuaranteed: true,
  partitionKey: { strategy: 'PROFILE_ID', argument: null },
  tooLargePolicy: 'FAIL',
  envelope: 'NONE',
  maxRecordsPerSecond: null,
  consent: null,
};
const OTHERS = {
  partitionKey: { strategy: 'IDENTITY', argument: 'ECID' },
  tooLargePolicy: 'TRIM_MEMBERSHIPS',
  envelope: 'V1',
  maxRecordsPerSecond: 250,
  consent: { path: 'consents.share.val', permittedValues: ['y', '1'], whenRefused: 'SEND_EXIT' },
};

const create = (input: Record<string, unknown> = {}) =>
  mutateDestination(edge, 'createKinesisDestination', {
    name: 'd',
    region: 'us-east-2',
    stream: 'orders',
    credentialId,
    ...input,
  });
const update = (input: Record<string, unknown>) => mutateDestination(edge, 'updateKinesisDestination', input);
const read = async (id: string) => (await readDestination(edge, id)).destination;

test('a new destination has the defaults, also where null is given', async () => {
  const nulls = { partitionKey: null, tooLargePolicy: null, envelope: null, consent: null };

  expect((await create()).destination).toMatchObject(DEFAULTS);
  expect((await create(nulls)).destination).toMatchObject(DEFAULTS);
});

test('what is given is kept and read back', async () => {
  const { destination } = await create(OTHERS);

  expect(destination).toMatchObject({ ...OTHERS, orderGuaranteed: true });
  expect(await read(destination.id)).toEqual(destination);
});

test.each([
  [{ strategy: 'PROFILE_ID' }, true],
  [{ strategy: 'ATTRIBUTE', argument: 'person.country' }, true],
  [{ strategy: 'CONSTANT', argument: 'all' }, true],
  [{ strategy: 'RANDOM', argument: null }, false],
])('the partition key %j: order is guaranteed is %s', async (partitionKey, orderGuaranteed) => {
  const { destination } = await create({ partitionKey });

  expect(destination).toMatchObject({ orderGuaranteed, partitionKey: { argument: null, ...partitionKey } });
});

test('who is refused consent is skipped if nothing else is said', async () => {
  const { destination } = await create({ consent: { path: 'ok', permittedValues: ['y'] } });

  expect(destination.consent).toEqual({ path: 'ok', permittedValues: ['y'], whenRefused: 'SKIP' });
});

test('an update leaves what it does not name, changes what it names, and null sets the default', async () => {
  const { id } = (await create(OTHERS)).destination;

  const renamed = await update({ id, expectedVersion: 1, name: 'new' });
  const changed = await update({
    id,
    expectedVersion: 2,
    partitionKey: { strategy: 'RANDOM' },
    consent: { path: 'other', permittedValues: ['1'] },
  });
  const cleared = await update({
    id,
    expectedVersion: 3,
    partitionKey: null,
    tooLargePolicy: null,
    maxRecordsPerSecond: null,
    envelope: null,
    consent: null,
  });

  expect(renamed.destination).toMatchObject({ ...OTHERS, name: 'new' });
  expect(changed.destination).toMatchObject({
    ...OTHERS,
    partitionKey: { strategy: 'RANDOM', argument: null },
    consent: { path: 'other', permittedValues: ['1'], whenRefused: 'SKIP' },
  });
  expect(cleared.destination).toMatchObject({ ...DEFAULTS, version: 4 });
});

test.each<[string, Record<string, unknown>, string]>([
  ['partitionKey.argument', { partitionKey: { strategy: 'IDENTITY' } }, 'REQUIRED'],
  ['partitionKey.argument', { partitionKey: { strategy: 'ATTRIBUTE', argument: 'a..b' } }, 'MALFORMED'],
  ['partitionKey.argument', { partitionKey: { strategy: 'CONSTANT', argument: 'x'.repeat(257) } }, 'OUT_OF_RANGE'],
  ['partitionKey.argument', { partitionKey: { strategy: 'RANDOM', argument: 'x' } }, 'NOT_ALLOWED'],
  ['maxRecordsPerSecond', { maxRecordsPerSecond: 0 }, 'OUT_OF_RANGE'],
  ['maxRecordsPerSecond', { maxRecordsPerSecond: 1_000_001 }, 'OUT_OF_RANGE'],
  ['consent.path', { consent: { path: '.', permittedValues: ['y'] } }, 'MALFORMED'],
  ['consent.path', { consent: { path: '', permittedValues: ['y'] } }, 'REQUIRED'],
  ['consent.permittedValues', { consent: { path: 'ok', permittedValues: [] } }, 'OUT_OF_RANGE'],
  [
    'consent.permittedValues',
    { consent: { path: 'ok', permittedValues: Array.from({ length: 101 }, (_none, index) => `${index}`) } },
    'OUT_OF_RANGE',
  ],
  ['consent.permittedValues.1', { consent: { path: 'ok', permittedValues: ['y', 'y'] } }, 'DUPLICATE'],
])('a wrong %s (case %#) is refused by name, in a new destination and in an update', async (field, input, code) => {
  const { id } = (await create(OTHERS)).destination;
  const count = async () => (await edge.execute('{ destinations { totalCount } }')).data.destinations.totalCount;
  const before = await count();

  const answers = [await create(input), await update({ id, expectedVersion: 1, ...input })];

  for (const answer of answers) expect(answer.issues).toMatchObject([{ code, path: ['input', ...field.split('.')] }]);
  expect(await count()).toBe(before);
  expect(await read(id)).toMatchObject({ ...OTHERS, version: 1 });
});

test('calls with one idempotency key and other settings are told apart', async () => {
  const idempotencyKey = randomUUID();
  const given = { idempotencyKey, ...OTHERS };

  const first = await create(given);
  const again = await create(given);
  const other = await create({ ...given, consent: { ...OTHERS.consent, permittedValues: ['y'] } });

  expect(again.destination.id).toBe(first.destination.id);
  expect(other).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', current: { id: first.destination.id } });
});

test('a consent rule changes only between two writes of profiles, other settings at any time', async () => {
  const { id } = (await create()).destination;
  let changes: Promise<unknown>[] = [];

  await database.db.transaction().execute(async (writer) => {
    await lockWorkspace(writer, edge.workspaceId, 'shared');
    expect((await update({ id, expectedVersion: 1, envelope: 'V1' })).destination.version).toBe(2);
    changes = [update({ id, expectedVersion: 2, consent: OTHERS.consent })];
    await until(async () => expect(await countWaiting()).toBe(1));
    expect(await read(id)).toMatchObject({ version: 2, consent: null });
  });
  await Promise.all(changes);

  expect(await read(id)).toMatchObject({ version: 3, consent: OTHERS.consent });
});

/** Sessions of this database that wait for an advisory lock. */
async function countWaiting(): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`select count(*)::int as waiting from pg_locks
    where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`.execute(database.db);
  return rows[0]?.waiting ?? 0;
}
