import { beforeEach, describe, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { addEvent, addExport, addProfile, type Books, delivered, openBooks } from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const TRIGGER = `mutation ($input: TriggerExportInput!) {
  triggerExport(input: $input) {
    __typename
    ... on TriggerExportSuccess { export { id state trigger received pending createdBy { kind name } segments { segmentId } } }
    ... on UserError { code }
    ... on InvalidInputError { issues { code path } }
    ... on InvalidStateError { current { id } }
    ... on ConflictError { current { id } }
  }
}`;

const CANCEL = `mutation ($id: ID!) {
  cancelExport(input: { id: $id }) {
    __typename
    ... on CancelExportSuccess { export { state } }
    ... on UserError { code message }
  }
}`;

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;
let activationId: string;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
  activationId = toGlobalId('Activation', books.activationId);
});

async function trigger(input: Record<string, unknown> = {}) {
  const answer = await edge.execute(TRIGGER, { input: { activationId, ...input } });
  expect(answer.errors).toEqual([]);
  return answer.data.triggerExport;
}

async function cancel(id: string) {
  const answer = await edge.execute(CANCEL, { id });
  expect(answer.errors).toEqual([]);
  return answer.data.cancelExport;
}

function faultsOf(answer: { issues?: { code: string; path: string[] }[] }): string[] | undefined {
  return answer.issues?.map(({ code, path }) => `${code} ${path.join('.')}`);
}

async function setDestination(change: { enabled: boolean }) {
  await database.db.updateTable('destination').set(change).where('id', '=', books.destinationId).execute();
}

async function setActivation(change: { state: string }) {
  await database.db.updateTable('activation').set(change).where('id', '=', books.activationId).execute();
}

describe('triggerExport', () => {
  test('puts an export with its 16 lanes on the books, to be prepared by their owners', async () => {
    const answer = await trigger();

    expect(answer.export).toMatchObject({
      state: 'PREPARING',
      trigger: 'MANUAL',
      received: 0,
      pending: 0,
      createdBy: { kind: 'API_KEY', name: 'test' },
      segments: [{ segmentId: 's0' }, { segmentId: 's1' }, { segmentId: 's2' }],
    });
    const lanes = await database.db
      .selectFrom('export_lane')
      .select(['lane', 'state'])
      .where('destination_id', '=', books.destinationId)
      .orderBy('lane')
      .execute();
    expect(lanes).toEqual(Array.from({ length: 16 }, (_value, lane) => ({ lane, state: 'PREPARING' })));
  });

  test('covers some segments in the order of their mapping', async () => {
    const answer = await trigger({ segmentIds: ['s2', 's0'] });

    expect(answer.export.segments).toEqual([{ segmentId: 's0' }, { segmentId: 's2' }]);
  });

  test('covers named profiles, at a rate', async () => {
    for (const profileId of ['p1', 'p2']) await addProfile(books, profileId);

    await trigger({ profileIds: ['p1', 'p2'], maxRecordsPerSecond: 9 });

    const row = await database.db
      .selectFrom('export')
      .select(['profile_ids', 'max_records_per_second'])
      .where('activation_id', '=', books.activationId)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ profile_ids: ['p1', 'p2'], max_records_per_second: 9 });
  });

  test.each([
    [{ segmentIds: ['s0', 'other'] }, ['NOT_FOUND input.segmentIds.1']],
    [{ segmentIds: [] }, ['OUT_OF_RANGE input.segmentIds']],
    [{ segmentIds: ['s0', 's0'] }, ['DUPLICATE input.segmentIds.1']],
    [{ profileIds: [] }, ['OUT_OF_RANGE input.profileIds']],
    [{ profileIds: Array.from({ length: 501 }, String) }, ['OUT_OF_RANGE input.profileIds']],
    [{ profileIds: ['a', 'b', 'a', ''] }, ['REQUIRED input.profileIds.3', 'DUPLICATE input.profileIds.2']],
    [{ profileIds: ['a\0'] }, ['MALFORMED input.profileIds.0']],
    [{ profileIds: ['a'], segmentIds: ['s0'] }, ['NOT_ALLOWED input.profileIds']],
    [{ idempotencyKey: '' }, ['REQUIRED input.idempotencyKey']],
    [{ activationId: 'nonsense' }, ['NOT_FOUND input.activationId']],
  ])('refuses %j and leaves nothing behind', async (input, faults) => {
    expect(faultsOf(await trigger(input))).toEqual(faults);
    expect(await countExports()).toBe(0);
  });

  test('names each profile that the workspace does not have, in one statement', async () => {
    await addProfile(books, 'p1');
    const others = await openBooks(database.db, (await createTestEdge(database.db)).workspaceId);
    await addProfile(others, 'foreign');
    const profileIds = ['nobody', 'p1', 'foreign'];

    const answer = await trigger({ profileIds, idempotencyKey: 'k' });

    expect(faultsOf(answer)).toEqual(['NOT_FOUND input.profileIds.0', 'NOT_FOUND input.profileIds.2']);
    expect(await countExports()).toBe(0);
    const many = (total: number) => ({ profileIds: Array.from({ length: total }, (_value, index) => `n${index}`) });
    const one = await edge.countQueries(() => trigger(many(1)));
    expect(await edge.countQueries(() => trigger(many(500)))).toBe(one);
  });

  test('is refused for a disabled destination and a paused activation', async () => {
    await setDestination({ enabled: false });
    const disabled = await trigger();
    await setDestination({ enabled: true });
    await setActivation({ state: 'PAUSED' });
    const paused = await trigger();

    const destination = { id: toGlobalId('KinesisDestination', books.destinationId) };
    expect(disabled).toMatchObject({ code: 'DESTINATION_DISABLED', current: destination });
    expect(paused).toMatchObject({ code: 'ACTIVATION_PAUSED', current: { id: activationId } });
    expect(await countExports()).toBe(0);
  });

  test('with one idempotency key, 50 times at once, starts one export', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => trigger({ idempotencyKey: 'k' })));

    expect(new Set(answers.map((answer) => answer.export.id)).size).toBe(1);
    expect(await countExports()).toBe(1);
    expect(await trigger({ idempotencyKey: 'k', segmentIds: ['s0'] })).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      current: { id: answers[0].export.id },
    });
  });

  test('needs role OPERATOR', async () => {
    const viewer = { ...edge.viewer, role: 'VIEWER' as const };

    const answer = await edge.execute(TRIGGER, { input: { activationId } }, viewer);

    expect(answer.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });
});

describe('cancelExport', () => {
  test('marks it for the owners of its lanes, tells subscribers once, and has no further effect', async () => {
    const { export: started } = await trigger();

    const answers = [await cancel(started.id), await cancel(started.id)];

    expect(answers.map((answer) => answer.export)).toEqual([{ state: 'CANCELING' }, { state: 'CANCELING' }]);
    const events = await database.db
      .selectFrom('state_event')
      .select(['export_state', 'position'])
      .where('destination_id', '=', books.destinationId)
      .execute();
    expect(events).toEqual([{ export_state: 'CANCELING', position: 1 }]);
  });

  test('is refused once the export has finished, and for ids of nobody', async () => {
    const finished = await addExport(books, { state: 'SUCCEEDED', finishedAt: new Date() });
    const foreign = await openBooks(database.db, (await createTestEdge(database.db)).workspaceId);
    const foreignExport = await addExport(foreign);

    expect(await cancel(toGlobalId('Export', finished))).toMatchObject({ code: 'EXPORT_FINISHED' });
    expect(await cancel(toGlobalId('Export', foreignExport))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await cancel('nonsense')).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('reading exports', () => {
  test('sums what lanes counted', async () => {
    const exportId = await addExport(books, {
      state: 'PARTIALLY_FAILED',
      startedAt: new Date('2026-01-01T00:00:00Z'),
      finishedAt: new Date('2026-01-01T00:00:02Z'),
      lanes: {
        0: {
          received: 6,
          counts: {
            delivered: 5,
            failed: 1,
            attempts: 7,
            bytes: 5_000,
            recovered: 1,
            'code.RECORD_REFUSED': 1,
            'latency.100': 5,
          },
        },
        9: {
          received: 4,
          deferred: 1,
          counts: {
            delivered: 1,
            skipped: 2,
            attempts: 1,
            bytes: 9,
            possibleDuplicates: 1,
            'code.NOT_A_MEMBER': 2,
            'latency.120': 1,
          },
        },
      },
    });

    const { data } = await edge.execute(
      `query ($id: ID!) { export(id: $id) {
        received delivered failed skipped pending recovered attempts bytes possibleDuplicates recordsPerSecond
        codes { code count reason { retryable } } latency { p50Ms p99Ms } paused startedAt
      } }`,
      { id: toGlobalId('Export', exportId) },
    );

    expect(data.export).toEqual({
      received: 10,
      delivered: 6,
      failed: 1,
      skipped: 2,
      pending: 1,
      recovered: 1,
      attempts: 8,
      bytes: 5_009,
      possibleDuplicates: 1,
      recordsPerSecond: 3,
      codes: [
        { code: 'NOT_A_MEMBER', count: 2, reason: { retryable: false } },
        { code: 'RECORD_REFUSED', count: 1, reason: { retryable: false } },
      ],
      latency: { p50Ms: expect.closeTo(0.1 * 1.05 ** 100), p99Ms: expect.closeTo(0.1 * 1.05 ** 120) },
      paused: false,
      startedAt: '2026-01-01T00:00:00.000Z',
    });
  });

  test('gives the rate of the last 10 s while it runs', async () => {
    const profileKey = await addProfile(books, 'p0');
    const exportId = await addExport(books, { startedAt: new Date(Date.now() - 60_000) });
    const records = Array.from({ length: 30 }, () => delivered(profileKey));
    await addEvent(books, records, { exportIds: [exportId] });
    await addEvent(books, records, { exportIds: [exportId + 1_000] });

    const { data } = await edge.execute('query ($id: ID!) { export(id: $id) { recordsPerSecond latency { p50Ms } } }', {
      id: toGlobalId('Export', exportId),
    });

    expect(data.export).toEqual({ recordsPerSecond: 3, latency: null });
  });

  test('shows that it waits while its activation is paused or its destination disabled', async () => {
    const id = toGlobalId('Export', await addExport(books));
    const isPaused = async () => (await edge.execute(`{ export(id: "${id}") { paused } }`)).data.export.paused;

    expect(await isPaused()).toBe(false);
    await setActivation({ state: 'PAUSED' });
    expect(await isPaused()).toBe(true);
    await setActivation({ state: 'ACTIVE' });
    await setDestination({ enabled: false });
    expect(await isPaused()).toBe(true);
  });

  test('lists them under filters', async () => {
    const running = await addExport(books);
    const retry = await addExport(books, { trigger: 'RETRY', state: 'FAILED', finishedAt: new Date() });
    const list = async (filter: string) => {
      const { data, errors } = await edge.execute(`{ exports(filter: ${filter}) { totalCount nodes { id } } }`);
      expect(errors).toEqual([]);
      return data.exports;
    };
    const [runningId, retryId] = [toGlobalId('Export', running), toGlobalId('Export', retry)];

    expect(await list('{}')).toEqual({ totalCount: 2, nodes: [{ id: retryId }, { id: runningId }] });
    expect(await list('{ states: [RUNNING] }')).toEqual({ totalCount: 1, nodes: [{ id: runningId }] });
    expect(await list('{ triggers: [RETRY] }')).toEqual({ totalCount: 1, nodes: [{ id: retryId }] });
    expect(await list('{ from: "2100-01-01T00:00:00Z" }')).toEqual({ totalCount: 0, nodes: [] });
    expect(await list(`{ activationId: "${activationId}", to: "2100-01-01T00:00:00Z" }`)).toMatchObject({
      totalCount: 2,
    });
    expect(await list('{ activationId: "x" }')).toEqual({ totalCount: 0, nodes: [] });
  });

  test('costs as many statements for 50 as for one', async () => {
    const profileKey = await addProfile(books, 'p0');
    for (let count = 0; count < 50; count += 1) {
      const exportId = await addExport(books, { startedAt: new Date() });
      await addEvent(books, [delivered(profileKey)], { exportIds: [exportId] });
    }
    const read = (first: number) =>
      edge.countQueries(() =>
        edge.execute(
          `query ($first: Int!) {
            exports(first: $first) {
              totalCount
              nodes {
                delivered failed latency { p50Ms } recordsPerSecond paused codes { code } segments { segment { id } }
                activation { id } destination { id } failedRecords { nodes { id } }
                deliveries(first: 2) { nodes { id exports { id } activation { id } profile { id } } }
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

async function countExports(): Promise<number> {
  const rows = await database.db
    .selectFrom('export')
    .select('id')
    .where('workspace_id', '=', edge.workspaceId)
    .execute();
  return rows.length;
}
