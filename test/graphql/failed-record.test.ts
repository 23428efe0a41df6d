import { beforeEach, describe, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { laneOf } from '../../src/domain/lane.js';
import { afterStatement } from '../support/after-statement.js';
import { addActivation, addExport, addFailedRecord, addProfile, type Books, openBooks } from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const RETRY = `mutation ($input: RetryFailedRecordsInput!) {
  retryFailedRecords(input: $input) {
    __typename
    ... on RetryFailedRecordsSuccess { retried exports { id trigger state maxRecordsPerSecond activation { id } } }
    ... on UserError { code }
    ... on InvalidInputError { issues { code path } }
    ... on InvalidStateError { current { id } }
    ... on ConflictError { current { id } }
  }
}`;

const DISCARD = `mutation ($filter: FailedRecordFilter!) {
  discardFailedRecords(input: { filter: $filter }) {
    __typename
    ... on DiscardFailedRecordsSuccess { discarded }
    ... on UserError { code }
    ... on InvalidInputError { issues { code path } }
  }
}`;

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;
let activation: string;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
  activation = toGlobalId('Activation', books.activationId);
});

async function retry(filter: object, idempotencyKey?: string, maxRecordsPerSecond?: number) {
  const answer = await edge.execute(RETRY, { input: { filter, idempotencyKey, maxRecordsPerSecond } });
  expect(answer.errors).toEqual([]);
  return answer.data.retryFailedRecords;
}

async function discard(filter: object) {
  const answer = await edge.execute(DISCARD, { filter });
  expect(answer.errors).toEqual([]);
  return answer.data.discardFailedRecords;
}

/** Adds a profile and its failed record; the id is the global one. */
async function fail(
  profileId: string,
  record: { exports?: Record<number, string>; code?: string; state?: string } = {},
  of = books,
) {
  const profileKey = await addProfile(books, profileId);
  return toGlobalId('FailedRecord', await addFailedRecord(of, { profileId, profileKey, ...record }));
}

function faultsOf(answer: { issues?: { code: string; path: string[] }[] }): string[] | undefined {
  return answer.issues?.map(({ code, path }) => `${code} ${path.join('.')}`);
}

async function statesOf(): Promise<string[]> {
  const { data } = await edge.execute('{ failedRecords(orderBy: FAILED_AT_ASC) { nodes { state } } }');
  return data.failedRecords.nodes.map(({ state }: { state: string }) => state);
}

describe('retryFailedRecords', () => {
  test('keeps its rate, and compares it when a call is repeated', async () => {
    await fail('p0');
    const filter = { destinationId: toGlobalId('KinesisDestination', books.destinationId) };

    expect(await retry(filter, 'paced', 0)).toMatchObject({
      issues: [{ code: 'OUT_OF_RANGE', path: ['input', 'maxRecordsPerSecond'] }],
    });
    expect(await retry(filter, 'paced', 7)).toMatchObject({ exports: [{ maxRecordsPerSecond: 7 }] });
    expect(await retry(filter, 'paced', 8)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test('starts one export for each activation, and marks its records', async () => {
    const second = { ...books, activationId: await addActivation(books) };
    await fail('p0');
    await fail('p1');
    await fail('p2', {}, second);
    await fail('p3', { state: 'DISCARDED' });

    const answer = await retry({ destinationId: toGlobalId('KinesisDestination', books.destinationId) });

    const [first, other] = answer.exports;
    expect(answer.retried).toBe(3);
    expect(first).toMatchObject({ trigger: 'RETRY', state: 'PREPARING', activation: { id: activation } });
    expect(other.activation).toEqual({ id: toGlobalId('Activation', second.activationId) });
    const { data } = await edge.execute(
      '{ failedRecords(orderBy: FAILED_AT_ASC) { nodes { state retriedBy { id state } } } }',
    );
    expect(data.failedRecords.nodes).toEqual([
      { state: 'RETRYING', retriedBy: { id: first.id, state: 'PREPARING' } },
      { state: 'RETRYING', retriedBy: { id: first.id, state: 'PREPARING' } },
      { state: 'RETRYING', retriedBy: { id: other.id, state: 'PREPARING' } },
      { state: 'DISCARDED', retriedBy: null },
    ]);
    const lanes = await database.db
      .selectFrom('export_lane')
      .select('lane')
      .where('destination_id', '=', books.destinationId)
      .execute();
    expect(lanes).toHaveLength(32);
  });

  test('meets no open record: starts nothing, also with an idempotency key', async () => {
    expect(await retry({ activationId: activation }, 'none')).toMatchObject({ retried: 0, exports: [] });
    await fail('p0');
    expect(await retry({ activationId: activation }, 'none')).toMatchObject({ retried: 0, exports: [] });
  });

  test('answers the same key with the same exports, though nothing is open any more', async () => {
    const id = await fail('p0');

    const first = await retry({ ids: [id] }, 'key');
    const again = await retry({ ids: [id] }, 'key');
    const other = await retry({ activationId: activation }, 'key');

    expect(first.retried).toBe(1);
    expect(again).toEqual(first);
    expect(other).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', current: { id: first.exports[0].id } });
  });

  test('names each id that is discarded, retried already or erased, and changes nothing', async () => {
    const ids = [
      await fail('p0'),
      await fail('p1', { state: 'DISCARDED' }),
      await fail('p2', { state: 'RETRYING' }),
      toGlobalId('FailedRecord', 999_999),
      'nonsense',
    ];

    const answers = [await retry({ ids }), await discard({ ids })];

    const faults = [
      'RECORD_NOT_OPEN input.filter.ids.1',
      'RECORD_NOT_OPEN input.filter.ids.2',
      'NOT_FOUND input.filter.ids.3',
      'NOT_FOUND input.filter.ids.4',
    ];
    expect(answers.map(faultsOf)).toEqual([faults, faults]);
    expect(await statesOf()).toEqual(['OPEN', 'DISCARDED', 'RETRYING']);
  });

  test.each([
    [{}, ['REQUIRED input.filter']],
    [{ codes: ['RECORD_REFUSED'], retryable: true }, ['REQUIRED input.filter']],
    [{ ids: [] }, ['OUT_OF_RANGE input.filter.ids']],
    [{ ids: Array.from({ length: 501 }, () => 'x') }, ['OUT_OF_RANGE input.filter.ids']],
  ])('refuses the filter %j, as a discard does', async (filter, faults) => {
    expect(faultsOf(await retry(filter))).toEqual(faults);
    expect(faultsOf(await discard(filter))).toEqual(faults);
  });

  test('is refused for a disabled destination and a paused activation', async () => {
    await fail('p0');
    await database.db.updateTable('activation').set({ state: 'PAUSED' }).where('id', '=', books.activationId).execute();
    const paused = await retry({ activationId: activation });
    await database.db
      .updateTable('destination')
      .set({ enabled: false })
      .where('id', '=', books.destinationId)
      .execute();
    const disabled = await retry({ activationId: activation });

    expect(paused).toMatchObject({ code: 'ACTIVATION_PAUSED', current: { id: activation } });
    expect(disabled).toMatchObject({ code: 'DESTINATION_DISABLED' });
    expect(await statesOf()).toEqual(['OPEN']);
  });

  test('of two decisions about the same ids at once, one is told that they are not open any more', async () => {
    const ids = [await fail('p0'), await fail('p1')];

    const retries = await Promise.all([retry({ ids }), retry({ ids })]);
    await database.db.updateTable('failed_record').set({ state: 'OPEN' }).execute();
    const discards = await Promise.all([discard({ ids }), discard({ ids })]);

    expect(retries.flatMap((answer) => answer.retried ?? faultsOf(answer)).sort()).toEqual([
      2,
      'RECORD_NOT_OPEN input.filter.ids.0',
      'RECORD_NOT_OPEN input.filter.ids.1',
    ]);
    expect(discards.flatMap((answer) => answer.discarded ?? faultsOf(answer)).sort()).toEqual([
      2,
      'RECORD_NOT_OPEN input.filter.ids.0',
      'RECORD_NOT_OPEN input.filter.ids.1',
    ]);
  });

  test('twice at once retries each record once', async () => {
    for (let number = 0; number < 20; number += 1) await fail(`p${number}`);

    const answers = await Promise.all([retry({ activationId: activation }), retry({ activationId: activation })]);

    expect(answers.reduce((sum, answer) => sum + answer.retried, 0)).toBe(20);
    expect(answers.flatMap((answer) => answer.exports)).toHaveLength(1);
  });
});

describe('discardFailedRecords', () => {
  test('takes from each export the code with which the record failed there', async () => {
    const lane = laneOf(edge.workspaceId, 'p0');
    const of = (code: string) => ({ lanes: { [lane]: { received: 1, counts: { failed: 1, [`code.${code}`]: 1 } } } });
    const first = await addExport(books, of('RECORD_TOO_LARGE'));
    const second = await addExport(books, { trigger: 'RETRY', ...of('RECORD_REFUSED') });
    const exports = { [first]: '0;RECORD_TOO_LARGE', [second]: ';RECORD_REFUSED' };
    const id = await fail('p0', { code: 'RECORD_REFUSED', exports });

    await discard({ ids: [id] });

    const { data } = await edge.execute('{ exports { nodes { failed skipped codes { code count } } } }');
    const expected = { failed: 0, skipped: 1, codes: [{ code: 'FAILED_RECORD_DISCARDED', count: 1 }] };
    expect(data.exports.nodes).toEqual([expected, expected]);
  });

  test('turns failed into skipped in every export in which they failed, by code and segment', async () => {
    const lane = laneOf(edge.workspaceId, 'p0');
    const counts = {
      failed: 3,
      skipped: 1,
      'code.RECORD_TOO_LARGE': 3,
      'code.NOT_A_MEMBER': 1,
      'segment.0.failed': 3,
      'segment.2.failed': 1,
    };
    const first = await addExport(books, { lanes: { [lane]: { received: 4, counts } } });
    const second = await addExport(books, {
      trigger: 'RETRY',
      lanes: { [lane]: { received: 1, counts: { failed: 1, 'code.RECORD_TOO_LARGE': 1 } } },
    });
    const id = await fail('p0', { exports: { [first]: '0,2', [second]: '' } });
    await fail('other', { exports: { [first]: '0' } });

    const answer = await discard({ ids: [id] });

    expect(answer).toEqual({ __typename: 'DiscardFailedRecordsSuccess', discarded: 1 });
    const { data } = await edge.execute(`{
      exports(orderBy: CREATED_AT_ASC) {
        nodes { received failed skipped pending codes { code count } segments { failed skipped } }
      }
    }`);
    expect(data.exports.nodes).toEqual([
      {
        received: 4,
        failed: 2,
        skipped: 2,
        pending: 0,
        codes: [
          { code: 'RECORD_TOO_LARGE', count: 2 },
          { code: 'FAILED_RECORD_DISCARDED', count: 1 },
          { code: 'NOT_A_MEMBER', count: 1 },
        ],
        segments: [
          { failed: 2, skipped: 1 },
          { failed: 0, skipped: 0 },
          { failed: 0, skipped: 1 },
        ],
      },
      {
        received: 1,
        failed: 0,
        skipped: 1,
        pending: 0,
        codes: [{ code: 'FAILED_RECORD_DISCARDED', count: 1 }],
        segments: Array.from({ length: 3 }, () => ({ failed: 0, skipped: 0 })),
      },
    ]);
    expect(await statesOf()).toEqual(['DISCARDED', 'OPEN']);
  });

  test('takes open ones only, whatever states the filter names, and none of another workspace', async () => {
    const otherEdge = await createTestEdge(database.db);
    const others = await openBooks(database.db, otherEdge.workspaceId);
    const foreign = await addFailedRecord(others, { profileId: 'x', profileKey: await addProfile(others, 'x') });
    await fail('p0', { state: 'RECOVERED' });
    await fail('p1');

    expect(await discard({ activationId: activation, states: ['RECOVERED'] })).toMatchObject({ discarded: 1 });
    expect(await discard({ activationId: toGlobalId('Activation', others.activationId) })).toMatchObject({
      discarded: 0,
    });
    expect(faultsOf(await discard({ ids: [toGlobalId('FailedRecord', foreign)] }))).toEqual([
      'NOT_FOUND input.filter.ids.0',
    ]);
    expect(await statesOf()).toEqual(['RECOVERED', 'DISCARDED']);
  });
});

describe('reading failed records', () => {
  test('shows what happened, never a payload', async () => {
    const exportId = await addExport(books);
    const id = await fail('p0', { exports: { [exportId]: '0' } });

    const { data } = await edge.execute(
      `query ($id: ID!) {
        failedRecord(id: $id) {
          profileId code message reason { remedy retryable } awsCode awsRequestId attempts sizeBytes limitBytes state
          profile { profileId } destination { name } exports { id } retriedBy { id } activation { id }
        }
        node(id: $id) { __typename id }
      }`,
      { id },
    );

    expect(data).toEqual({
      failedRecord: {
        profileId: 'p0',
        code: 'RECORD_TOO_LARGE',
        message: 'The record has 1,100,000 bytes; the stream takes 1,048,576.',
        reason: { remedy: expect.any(String), retryable: false },
        awsCode: null,
        awsRequestId: null,
        attempts: 1,
        sizeBytes: 1_100_000,
        limitBytes: 1_048_576,
        state: 'OPEN',
        profile: { profileId: 'p0' },
        destination: { name: 'Orders' },
        exports: [{ id: toGlobalId('Export', exportId) }],
        retriedBy: null,
        activation: { id: activation },
      },
      node: { __typename: 'FailedRecord', id },
    });
  });

  test('lists them under filters', async () => {
    const exportId = await addExport(books);
    const [first, second] = [
      await fail('p0', { exports: { [exportId]: '0' } }),
      await fail('p1', { code: 'RETRIES_EXHAUSTED', state: 'DISCARDED' }),
    ];
    const list = async (filter: object) => {
      const query =
        'query ($filter: FailedRecordFilter) { failedRecords(filter: $filter) { totalCount nodes { id } } }';
      const { data, errors } = await edge.execute(query, { filter });
      expect(errors).toEqual([]);
      expect(data.failedRecords.totalCount).toBe(data.failedRecords.nodes.length);
      return data.failedRecords.nodes.map(({ id }: { id: string }) => id);
    };

    expect(await list({})).toEqual([second, first]);
    expect(await list({ exportId: toGlobalId('Export', exportId) })).toEqual([first]);
    expect(await list({ retryable: true })).toEqual([second]);
    expect(await list({ retryable: true, codes: ['RECORD_TOO_LARGE'] })).toEqual([]);
    expect(await list({ codes: ['RECORD_TOO_LARGE'] })).toEqual([first]);
    expect(await list({ states: ['DISCARDED'] })).toEqual([second]);
    expect(await list({ profileId: 'p1' })).toEqual([second]);
    expect(await list({ profileId: 'a\0b' })).toEqual([]);
    expect(await list({ ids: [first, 'nonsense'] })).toEqual([first]);
    expect(await list({ to: '2020-01-01T00:00:00Z' })).toEqual([]);
    expect(await list({ activationId: activation, from: '2020-01-01T00:00:00Z' })).toEqual([second, first]);
  });

  test('has no profile once that was erased, also between the list and the profile', async () => {
    const id = await fail('p0');
    const erase = () => database.db.deleteFrom('profile').where('workspace_id', '=', edge.workspaceId).execute();
    const late = await createTestEdge(database.db, {
      inWorkspace: (id) => afterStatement(database.inWorkspace(id), 'failed_records.by_ids', erase),
    });

    const query = 'query ($id: ID!) { failedRecord(id: $id) { code profile { id } } }';
    const { data, errors } = await late.execute(query, { id }, edge.viewer);

    expect(errors).toEqual([]);
    expect(data.failedRecord).toEqual({ code: 'RECORD_TOO_LARGE', profile: null });
  });

  test('costs as many statements for 50 as for one', async () => {
    const exportId = await addExport(books);
    for (let number = 0; number < 50; number += 1) await fail(`p${number}`, { exports: { [exportId]: '0' } });
    const read = (first: number) =>
      edge.countQueries(() =>
        edge.execute(
          `query ($first: Int!) {
            failedRecords(first: $first) {
              totalCount
              nodes { profile { id } profileId exports { id delivered } destination { id } activation { id } }
            }
          }`,
          { first },
        ),
      );

    const [one, fifty] = [await read(1), await read(50)];

    expect(fifty).toBe(one);
    expect(one).toBeLessThanOrEqual(8);
  });
});
