import { beforeEach, describe, expect, test } from 'vitest';
import { fromGlobalId, toGlobalId } from '../../src/domain/global-id.js';
import { laneOf } from '../../src/domain/lane.js';
import {
  addActivation,
  addEvent,
  addExport,
  addFailedRecord,
  addProfile,
  type Books,
  delivered,
  openBooks,
} from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const ACTIVATE = `mutation ($input: ActivateSegmentsInput!) {
  activateSegments(input: $input) {
    __typename
    ... on ActivateSegmentsSuccess { activation { ...Row } }
    ... on UserError { code path }
    ... on InvalidInputError { issues { code path message } }
    ... on ConflictError { current { id } }
  }
}
fragment Row on Activation {
  id version state attributes pending oldestPendingAt
  destination { name }
  segments { mappingCreatedAt mappingUpdatedAt segment { segmentId } }
}`;

const UPDATE = ACTIVATE.replace('ActivateSegmentsInput', 'UpdateActivationInput')
  .replace('activateSegments', 'updateActivation')
  .replace('ActivateSegmentsSuccess', 'UpdateActivationSuccess');

const DELETE = `mutation ($id: ID!) {
  deleteActivation(input: { id: $id }) {
    __typename
    ... on DeleteActivationSuccess { deletedId }
    ... on UserError { code }
    ... on InvalidStateError { current { id } }
  }
}`;

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;
let destinationId: string;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
  destinationId = toGlobalId('KinesisDestination', books.destinationId);
});

async function activate(input: Record<string, unknown>) {
  const answer = await edge.execute(ACTIVATE, {
    input: { destinationId, attributes: [], segmentIds: ['s0'], ...input },
  });
  expect(answer.errors).toEqual([]);
  return answer.data.activateSegments;
}

async function update(input: Record<string, unknown>) {
  const id = toGlobalId('Activation', books.activationId);
  const answer = await edge.execute(UPDATE, { input: { id, expectedVersion: 1, ...input } });
  expect(answer.errors).toEqual([]);
  return answer.data.updateActivation;
}

function faultsOf(answer: { issues?: { code: string; path: string[] }[] }): string[] | undefined {
  return answer.issues?.map(({ code, path }) => `${code} ${path.join('.')}`);
}

describe('activateSegments', () => {
  test('makes an activation that keeps the order of segments and attributes', async () => {
    const { activation } = await activate({ segmentIds: ['s2', 's0'], attributes: ['b', 'a.c'] });

    expect(activation).toMatchObject({ version: 1, state: 'ACTIVE', attributes: ['b', 'a.c'], pending: 0 });
    expect(activation.segments.map((mapping: { segment: object }) => mapping.segment)).toEqual([
      { segmentId: 's2' },
      { segmentId: 's0' },
    ]);
    expect(activation.destination).toEqual({ name: 'Orders' });
  });

  test.each([
    [[], ['OUT_OF_RANGE input.segmentIds']],
    [Array.from({ length: 251 }, (_value, number) => `x${number}`), ['OUT_OF_RANGE input.segmentIds']],
    [
      ['s0', 'nobody', 's1', 'none'],
      ['NOT_FOUND input.segmentIds.1', 'NOT_FOUND input.segmentIds.3'],
    ],
    [['s0', 's1', 's0'], ['DUPLICATE input.segmentIds.2']],
    [
      ['s0', 'a\0b', ''],
      ['MALFORMED input.segmentIds.1', 'REQUIRED input.segmentIds.2'],
    ],
  ])('refuses the segments %j, naming each place', async (segmentIds, faults) => {
    const answer = await activate({ segmentIds });

    expect(faultsOf(answer)).toEqual(faults);
    expect(await countActivations()).toBe(1);
  });

  test('refuses what no attribute can be: an array, a map, nothing, the same twice', async () => {
    await addProfile(books, 'p0', { tags: ['a'], person: { name: 'x', empty: {} }, mixed: 1 });
    await addProfile(books, 'p1', { mixed: ['now an array'] });

    const stored = await activate({ attributes: ['person.name', 'tags', 'mixed', 'person.empty', 'unknown'] });

    expect(stored.issues.map(({ path, message }: { path: string[]; message: string }) => [path[2], message])).toEqual([
      ['1', expect.stringContaining('an array')],
      ['2', expect.stringContaining('an array')],
      ['3', expect.stringContaining('a map')],
    ]);
    expect(await activate({ attributes: [''] })).toMatchObject({ issues: [{ code: 'REQUIRED' }] });
    expect(await activate({ attributes: ['a', 'a'] })).toMatchObject({ issues: [{ code: 'DUPLICATE' }] });
    expect(await countActivations()).toBe(1);
  });

  test('names a destination of another workspace like a missing one', async () => {
    const other = await openBooks(database.db, (await createTestEdge(database.db)).workspaceId);

    for (const id of [toGlobalId('KinesisDestination', other.destinationId), 'nonsense', toGlobalId('Segment', 1)])
      expect(faultsOf(await activate({ destinationId: id }))).toEqual(['NOT_FOUND input.destinationId']);
  });

  test('answers the same idempotency key with the same activation, another input with a conflict', async () => {
    const first = await activate({ idempotencyKey: 'once' });
    const again = await activate({ idempotencyKey: 'once' });
    const other = await activate({ idempotencyKey: 'once', segmentIds: ['s1'] });

    expect(again.activation.id).toBe(first.activation.id);
    expect(other).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', current: { id: first.activation.id } });
    expect(await countActivations()).toBe(2);
  });

  test('with one key, 20 times at once, makes one', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => activate({ idempotencyKey: 'crowd' })));

    expect(new Set(answers.map((answer) => answer.activation.id)).size).toBe(1);
  });
});

describe('updateActivation', () => {
  test('keeps the mapping times of segments that stay, in their new order', async () => {
    await database.db
      .updateTable('activation_segment')
      .set({ mapping_created_at: new Date('2026-01-01'), mapping_updated_at: new Date('2026-01-02') })
      .where('activation_id', '=', books.activationId)
      .execute();
    await update({ segmentIds: ['s0'] });

    const { activation } = await update({ expectedVersion: 2, segmentIds: ['s2', 's0'], attributes: ['x'] });

    expect(activation).toMatchObject({ version: 3, attributes: ['x'] });
    expect(activation.segments[0].segment).toEqual({ segmentId: 's2' });
    expect(activation.segments[0].mappingCreatedAt).not.toBe('2026-01-01T00:00:00.000Z');
    expect(activation.segments[1]).toEqual({
      mappingCreatedAt: '2026-01-01T00:00:00.000Z',
      mappingUpdatedAt: '2026-01-02T00:00:00.000Z',
      segment: { segmentId: 's0' },
    });
  });

  test('leaves what is not given, clears attributes that are null, refuses null segments', async () => {
    expect((await update({})).activation).toMatchObject({ version: 2, attributes: ['name'] });
    expect((await update({ expectedVersion: 2, attributes: null })).activation).toMatchObject({ attributes: [] });
    expect(faultsOf(await update({ expectedVersion: 3, segmentIds: null }))).toEqual(['REQUIRED input.segmentIds']);
  });

  test('refuses another version, and changes nothing', async () => {
    const answer = await update({ expectedVersion: 7, attributes: ['y'], segmentIds: ['s1'] });

    expect(answer).toMatchObject({
      code: 'VERSION_CONFLICT',
      current: { id: toGlobalId('Activation', books.activationId) },
    });
    expect((await update({})).activation).toMatchObject({ attributes: ['name'], segments: [{}, {}, {}] });
  });

  test('answers NOT_FOUND for a foreign id as for a missing one', async () => {
    const other = await openBooks(database.db, (await createTestEdge(database.db)).workspaceId);

    for (const id of [toGlobalId('Activation', other.activationId), toGlobalId('Activation', 999_999), 'x'])
      expect(await update({ id })).toMatchObject({ code: 'NOT_FOUND', path: ['input', 'id'] });
  });
});

describe('deleteActivation', () => {
  test('is refused while an export runs, and names it', async () => {
    const exportId = await addExport(books);

    const answer = await edge.execute(DELETE, { id: toGlobalId('Activation', books.activationId) });

    expect(answer.data.deleteActivation).toMatchObject({
      code: 'EXPORT_RUNNING',
      current: { id: toGlobalId('Export', exportId) },
    });
  });

  test('discards open failed records; its exports and deliveries stay, without activation', async () => {
    const profileKey = await addProfile(books, 'p0');
    const exportId = await addExport(books, {
      state: 'PARTIALLY_FAILED',
      finishedAt: new Date(),
      lanes: {
        [laneOf(edge.workspaceId, 'p0')]: {
          received: 1,
          counts: { failed: 1, 'code.RECORD_TOO_LARGE': 1, 'segment.1.failed': 1 },
        },
      },
    });
    await addFailedRecord(books, { profileId: 'p0', profileKey, exports: { [exportId]: '1' } });
    await addEvent(books, [delivered(profileKey)], { exportIds: [exportId] });
    const id = toGlobalId('Activation', books.activationId);

    const answer = await edge.execute(DELETE, { id });
    const after = await edge.execute(
      `query ($id: ID!, $export: ID!) {
        activation(id: $id) { id }
        export(id: $export) {
          activation { id } received failed skipped pending codes { code count }
          segments { failed skipped } deliveries { nodes { activation { id } outcome } }
          failedRecords { nodes { state activation { id } } }
        }
      }`,
      { id, export: toGlobalId('Export', exportId) },
    );

    expect(answer.data.deleteActivation).toEqual({ __typename: 'DeleteActivationSuccess', deletedId: id });
    expect(after.data).toEqual({
      activation: null,
      export: {
        activation: null,
        received: 1,
        failed: 0,
        skipped: 1,
        pending: 0,
        codes: [{ code: 'ACTIVATION_DELETED', count: 1 }],
        segments: [
          { failed: 0, skipped: 0 },
          { failed: 0, skipped: 1 },
          { failed: 0, skipped: 0 },
        ],
        deliveries: { nodes: [{ activation: null, outcome: 'DELIVERED' }] },
        failedRecords: { nodes: [{ state: 'DISCARDED', activation: null }] },
      },
    });
  });
});

describe('reading activations', () => {
  test('counts what waits: pending rows, and members of exports whose turn has not come', async () => {
    const profileKey = await addProfile(books, 'p0');
    const exportId = await addExport(books);
    // Lane 3 has sent 4 of its first page of 5, lane 4 nothing of one of 2.
    await database.db
      .updateTable('export_lane')
      .set({ page_offset: 4 })
      .where('export_id', '=', exportId)
      .where('lane', '=', 3)
      .execute();
    for (const [lane, size] of [
      [3, 5],
      [4, 2],
    ] as const)
      await database.db
        .insertInto('export_page')
        .values({ export_id: exportId, lane, page: 0, size, profile_ids: [], segment_sets: [] })
        .execute();
    await database.db
      .insertInto('pending_record')
      .values({
        lane: 5,
        activation_id: books.activationId,
        profile_id: profileKey,
        destination_id: books.destinationId,
        not_before: new Date(),
        created_at: new Date('2026-01-01'),
      })
      .execute();

    const { data } = await edge.execute('query ($id: ID!) { activation(id: $id) { pending oldestPendingAt } }', {
      id: toGlobalId('Activation', books.activationId),
    });

    expect(data.activation).toEqual({ pending: 4, oldestPendingAt: '2026-01-01T00:00:00.000Z' });
  });

  test('lists them under filters, from each parent, in either order', async () => {
    const paused = await addActivation({ ...books, segmentIds: books.segmentIds.slice(0, 1) });
    await database.db.updateTable('activation').set({ state: 'PAUSED' }).where('id', '=', paused).execute();
    const list = async (args: string) => {
      const { data, errors } = await edge.execute(`{ activations${args} { totalCount nodes { id } } }`);
      expect(errors).toEqual([]);
      return data.activations.nodes.map(({ id }: { id: string }) => fromGlobalId(id)?.id);
    };

    expect(await list('')).toEqual([paused, books.activationId]);
    expect(await list('(orderBy: UPDATED_AT_ASC)')).toEqual([books.activationId, paused]);
    expect(await list('(filter: { states: [PAUSED] })')).toEqual([paused]);
    expect(await list('(filter: { segmentId: "s2" })')).toEqual([books.activationId]);
    expect(await list('(filter: { segmentId: "a\\u0000b" })')).toEqual([]);
    expect(await list(`(filter: { destinationId: "${destinationId}" }, last: 1)`)).toEqual([books.activationId]);
    expect(await list('(filter: { destinationId: "nonsense" })')).toEqual([]);
    const { data } = await edge.execute(
      `{ segment(segmentId: "s1") { activations { totalCount nodes { id } } } destinations { nodes { activations { totalCount } } } }`,
    );
    expect(data).toMatchObject({
      segment: { activations: { totalCount: 1 } },
      destinations: { nodes: [{ activations: { totalCount: 2 } }] },
    });
  });

  test('costs as many statements for 50 as for one', async () => {
    for (let count = 0; count < 50; count += 1) await addActivation(books);
    const read = (first: number) =>
      edge.countQueries(() =>
        edge.execute(
          `query ($first: Int!) {
            activations(first: $first) {
              totalCount
              nodes {
                pending destination { name } segments { segment { name } }
                exports(first: 3) { totalCount nodes { delivered } }
                failedRecords(first: 3) { totalCount nodes { id } } deliveries(first: 3) { nodes { id } }
              }
            }
          }`,
          { first },
        ),
      );

    const [one, fifty] = [await read(1), await read(50)];

    expect(fifty).toBe(one);
    expect(one).toBeLessThanOrEqual(12);
  });
});

async function countActivations(): Promise<number> {
  const rows = await database.db
    .selectFrom('activation')
    .select('id')
    .where('workspace_id', '=', edge.workspaceId)
    .execute();
  return rows.length;
}
