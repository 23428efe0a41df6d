/** Activations from their backfill over pause to replay: through the API, with an engine and a stream. */

import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { fromGlobalId, toGlobalId } from '../../src/domain/global-id.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { type Books, openBooks } from '../support/books.js';
import { type ExportBooks, readBooks, readCounter, startEngine, untilFinished } from '../support/delivery.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const STREAM = 'orders';

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
  // What changes is to be delivered by the activations of the tests alone.
  await database.db.deleteFrom('activation').execute();
});

test('a backfill delivers the members of its segments, each once, with progress as an export', async () => {
  await using stage = await openStage();
  await addMembers('s0', 30);
  await addMembers('s1', 30, 20);
  await addMembers('s2', 5, 100);

  const { backfill } = await activate(['s0', 's1']);

  expect(await stage.finish(backfill)).toMatchObject({ state: 'SUCCEEDED', received: 50, delivered: 50 });
  expect(stage.countRecords().size).toBe(50);
});

test('adding a segment delivers its members alone', async () => {
  await using stage = await openStage();
  await addMembers('s0', 10);
  await addMembers('s1', 7, 50);
  const { activation } = await activate(['s0'], { mode: 'NONE' });

  const input = { id: activation.id, expectedVersion: 1, segmentIds: ['s0', 's1'] };
  const { backfill } = await run('updateActivation', input, 'backfill { id }');

  expect(await stage.finish(backfill)).toMatchObject({ delivered: 7 });
  expect([...stage.countRecords().keys()].sort()).toEqual(['p50', 'p51', 'p52', 'p53', 'p54', 'p55', 'p56']);
});

test('a backfill since a time delivers who changed then or later', async () => {
  await using stage = await openStage();
  await addMembers('s0', 10);
  await sql`update membership set updated_at = '2026-01-01' where segment_id = ${books.segmentIds[0]}`.execute(
    database.db,
  );
  await addMembers('s0', 3, 200);

  const { backfill } = await activate(['s0'], { mode: 'SINCE', since: '2026-01-01T00:00:01Z' });

  expect(await stage.finish(backfill)).toMatchObject({ received: 3, delivered: 3 });
});

test('a membership that is being written when its segment is activated is in the backfill', async () => {
  await using stage = await openStage();
  await addMembers('s0', 2);
  const { write, activated } = await database.db.transaction().execute(async (tx) => {
    // Keeps the writer where it holds the workspace's lock already.
    await sql`select from profile where workspace_id = ${books.workspaceId} for update`.execute(tx);
    const writing = addMembers('s1', 2);
    await untilWaiting(1);
    const activating = activate(['s1']);
    await untilWaiting(2);
    return { write: writing, activated: activating };
  });
  await write;
  const { backfill } = await activated;

  expect(await stage.finish(backfill)).toMatchObject({ received: 2, delivered: 2 });
});

test('what is paused sends nothing while the rest of its destination does, over a restart, and goes on when resumed', async () => {
  await using stage = await openStage();
  await addMembers('s0', 300);
  await addMembers('s1', 5, 500);
  const { activation, backfill } = await activate(['s0'], { mode: 'ALL', maxRecordsPerSecond: 100 });
  const other = await activate(['s1'], { mode: 'NONE' });
  await until(async () => expect((await stage.read(backfill)).delivered).toBeGreaterThan(30));

  await run('pauseActivation', { id: activation.id }, 'activation { state }');
  await stage.finish(await trigger(other.activation.id));
  const held = await stage.read(backfill);
  await stage.restart();
  await stage.finish(await trigger(other.activation.id));

  expect(await stage.read(backfill)).toEqual(held);
  expect(held).toMatchObject({ state: 'RUNNING', received: 300 });
  expect(held.delivered).toBeLessThan(300);
  await run('resumeActivation', { id: activation.id }, 'activation { state }');
  expect(await stage.finish(backfill)).toMatchObject({ state: 'SUCCEEDED', delivered: 300 });
  expect(stage.countRecords()).toHaveProperty('size', 305);
});

test('a destination that is disabled lists, but sends nothing until it is enabled; a cancel works meanwhile', async () => {
  await using stage = await openStage();
  await addMembers('s0', 60);
  const id = toGlobalId('KinesisDestination', books.destinationId);
  await run('disableDestination', { id }, 'destination { enabled }');
  const [first, second] = [await activate(['s0']), await activate(['s0'])];
  for (const { backfill } of [first, second])
    await until(async () => expect((await stage.read(backfill)).state).toBe('RUNNING'));

  await run('cancelExport', { id: first.backfill.id }, 'export { state }');

  expect(await stage.finish(first.backfill)).toMatchObject({ state: 'CANCELED', skipped: 60 });
  expect(stage.countRecords().size).toBe(0);
  await run('enableDestination', { id }, 'destination { enabled }');
  expect(await stage.finish(second.backfill)).toMatchObject({ state: 'SUCCEEDED', delivered: 60 });
});

test('a replay sends who was delivered in the window, as they are now; who left or was erased is skipped', async () => {
  await using stage = await openStage();
  await addMembers('s0', 20);
  const { activation, backfill } = await activate(['s0']);
  await stage.finish(backfill);
  const boundary = await readClock();
  await addMembers('s0', 4, 300);
  await stage.finish(await trigger(activation.id, { profileIds: ['p300', 'p301', 'p302', 'p303'] }));
  await upsert([{ profileId: 'p7', attributes: { name: 'changed' } }]);
  await upsert([{ profileId: 'p8', memberships: [{ segmentId: 's0', status: 'EXITED' }] }]);
  await run('deleteProfile', { profileId: 'p9' }, '__typename');

  const destinationId = toGlobalId('KinesisDestination', books.destinationId);
  const input = { destinationId, from: '2026-01-01T00:00:00Z', to: boundary };
  const { exports } = await run('replayDeliveries', input, 'exports { id }');

  expect(exports).toHaveLength(1);
  expect(await stage.finish(exports[0])).toMatchObject({ state: 'SUCCEEDED', received: 20, delivered: 18, skipped: 2 });
  const exportId = fromGlobalId(exports[0].id)?.id ?? 0;
  expect(await readCounter(database.db, exportId, 'code.NOT_A_MEMBER')).toBe(1);
  expect(await readCounter(database.db, exportId, 'code.PROFILE_DELETED')).toBe(1);
  const sent = await listDelivered(exports[0]);
  expect(sent).toHaveLength(18);
  for (const profileId of ['p8', 'p9', 'p300']) expect(sent).not.toContain(profileId);
  expect(stage.lastRecord('p7')).toMatchObject({ name: 'changed' });
});

test('segments that are taken out with their exits: each member once more, also whose own exit waited', async () => {
  await using stage = await openStage();
  await addMembers('s0', 5);
  await addMembers('s1', 2);
  const { activation } = await activate(['s0', 's1'], { mode: 'NONE' });
  await run('pauseActivation', { id: activation.id }, 'activation { state }');
  await upsert([{ profileId: 'p4', memberships: [{ segmentId: 's0', status: 'EXITED' }] }]);

  const input = { id: activation.id, expectedVersion: 1, segmentIds: ['s1'], sendExits: true };
  const { exits } = await run('updateActivation', input, 'exits { id }');
  await run('resumeActivation', { id: activation.id }, 'activation { state }');

  expect(await stage.finish(exits)).toMatchObject({ state: 'SUCCEEDED', received: 5, delivered: 5 });
  for (const profileId of ['p0', 'p3', 'p4'])
    expect(stage.lastRecord(profileId)).toMatchObject({ segmentMembership: { ups: { s0: { status: 'exited' } } } });
  expect(stage.lastRecord('p0')).toMatchObject({ segmentMembership: { ups: { s1: { status: 'realized' } } } });
  expect(await listDelivered(exits)).toHaveLength(5);
});

test('exits of a segment that is mapped again before they are sent are not sent', async () => {
  await using stage = await openStage();
  await addMembers('s0', 3);
  const { activation } = await activate(['s0', 's1'], { mode: 'NONE' });
  const { id } = activation;
  await run('pauseActivation', { id }, 'activation { state }');
  const away = { id, expectedVersion: 1, segmentIds: ['s1'], sendExits: true };
  const { exits } = await run('updateActivation', away, 'exits { id }');
  const back = { id, expectedVersion: 2, segmentIds: ['s1', 's0'], backfill: { mode: 'NONE' } };
  await run('updateActivation', back, 'backfill { id }');

  await run('resumeActivation', { id }, 'activation { state }');

  expect(await stage.finish(exits)).toMatchObject({ state: 'SUCCEEDED', received: 3, delivered: 0, skipped: 3 });
  expect(stage.countRecords().size).toBe(0);
});

test('changes kept during a pause: the latest state of each, or none if they are discarded; later ones come again', async () => {
  await using stage = await openStage();
  await addMembers('s0', 2);
  const { activation } = await activate(['s0'], { mode: 'NONE' });
  const { id } = activation;
  for (const onResume of ['LATEST_ONLY', 'DISCARD']) {
    await run('pauseActivation', { id }, 'activation { state }');
    await upsert([{ profileId: 'p0', attributes: { name: `first ${onResume}` } }]);
    await upsert([{ profileId: 'p0', attributes: { name: `last ${onResume}` } }]);
    await run('resumeActivation', { id, onResume }, 'activation { state }');
    await untilNothingWaits();
  }
  expect(stage.countRecords()).toEqual(new Map([['p0', 1]]));
  expect(stage.lastRecord('p0')).toMatchObject({ name: 'last LATEST_ONLY' });

  await upsert([{ profileId: 'p0', attributes: { name: 'later' } }]);
  await untilNothingWaits();
  expect(stage.countRecords()).toEqual(new Map([['p0', 2]]));
});

async function untilNothingWaits(): Promise<void> {
  await until(async () => {
    const waiting = await database.db.selectFrom('pending_record').select('profile_id').execute();
    expect(waiting).toEqual([]);
  });
}

async function openStage() {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(STREAM, 2);
  let engine = startEngine(database.db, sandbox.endpoint);
  const records = () => [...sandbox.listRecords(STREAM)];
  return {
    read: ({ id }: { id: string }): Promise<ExportBooks> => readBooks(database.db, fromGlobalId(id)?.id ?? 0),
    finish: ({ id }: { id: string }): Promise<ExportBooks> => untilFinished(database.db, fromGlobalId(id)?.id ?? 0),
    /** How many records each profile has in the stream. */
    countRecords(): Map<string, number> {
      const counts = new Map<string, number>();
      for (const { partitionKey } of records()) counts.set(partitionKey, (counts.get(partitionKey) ?? 0) + 1);
      return counts;
    },
    lastRecord: (profileId: string): unknown =>
      JSON.parse(String(records().findLast((record) => record.partitionKey === profileId)?.data)),
    async restart(): Promise<void> {
      await engine[Symbol.asyncDispose]();
      engine = startEngine(database.db, sandbox.endpoint);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await engine[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

async function run(mutation: string, input: Record<string, unknown>, selection: string) {
  const name = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
  const source = `mutation ($input: ${name}Input!) {
    ${mutation}(input: $input) { __typename ... on ${name}Success { ${selection} } ... on UserError { message } }
  }`;
  const answer = await edge.execute(source, { input });
  expect(answer.errors).toEqual([]);
  expect(answer.data[mutation]).toMatchObject({ __typename: `${name}Success` });
  return answer.data[mutation];
}

async function activate(segmentIds: string[], backfill?: Record<string, unknown>) {
  const destinationId = toGlobalId('KinesisDestination', books.destinationId);
  const input = { destinationId, segmentIds, attributes: ['name'], backfill };
  return await run('activateSegments', input, 'activation { id } backfill { id }');
}

async function trigger(activationId: string, input: Record<string, unknown> = {}): Promise<{ id: string }> {
  return (await run('triggerExport', { activationId, ...input }, 'export { id }')).export;
}

async function listDelivered({ id }: { id: string }): Promise<string[]> {
  const answer = await edge.execute(
    'query ($id: ID!) { export(id: $id) { deliveries(first: 100, filter: { outcomes: [DELIVERED] }) { nodes { profileId } } } }',
    { id },
  );
  expect(answer.errors).toEqual([]);
  return answer.data.export.deliveries.nodes.map((node: { profileId: string }) => node.profileId);
}

/** Makes profiles p<first>, p<first + 1>, … members of a segment. */
async function addMembers(segmentId: string, count: number, first = 0): Promise<void> {
  const memberships = [{ segmentId, status: 'REALIZED' }];
  await upsert(
    Array.from({ length: count }, (_none, index) => ({
      profileId: `p${first + index}`,
      attributes: { name: 'x' },
      memberships,
    })),
  );
}

async function upsert(profiles: Record<string, unknown>[]): Promise<void> {
  await run('upsertProfiles', { profiles }, '__typename');
}

async function readClock(): Promise<string> {
  const { rows } = await sql<{ now: Date }>`
    select date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond' as now`.execute(database.db);
  return rows[0]?.now.toISOString() ?? '';
}

/** Waits until as many sessions of this database wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  await until(async () => {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
    return rows[0]?.waiting === count;
  });
}
