import { beforeEach, describe, expect, test } from 'vitest';
import type { SettledRecord } from '../../src/domain/delivery.js';
import { toGlobalId } from '../../src/domain/global-id.js';
import { laneOf } from '../../src/domain/lane.js';
import { recordId } from '../../src/domain/record-id.js';
import { addActivation, addEvent, addExport, addProfile, type Books, delivered, openBooks } from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
});

const skipped = (profileKey: number): SettledRecord => ({
  outcome: 'SKIPPED',
  causes: [],
  profileKey,
  revision: 7,
  code: 'NOT_A_MEMBER',
});
const failed = (profileKey: number): SettledRecord => ({
  outcome: 'FAILED',
  causes: [],
  profileKey,
  revision: 8,
  code: 'RECORD_TOO_LARGE',
  attempts: 2,
  sizeBytes: 1_100_000,
});

/** The list's ids under arguments such as `(first: 3)`, which may be empty. */
async function list(args: string): Promise<string[]> {
  const { data, errors } = await edge.execute(`{ deliveries${args} { nodes { id } } }`);
  expect(errors).toEqual([]);
  return data.deliveries.nodes.map(({ id }: { id: string }) => id);
}

const idOf = (event: { id: number }, ordinal: number) => toGlobalId('Delivery', event.id, ordinal);

describe('a delivery', () => {
  test('shows what became of the record, with the id that its copies share', async () => {
    const profileKey = await addProfile(books, 'p0');
    const exportId = await addExport(books);
    const event = await addEvent(books, [skipped(profileKey), failed(profileKey), delivered(profileKey, 1_234)], {
      lane: laneOf(edge.workspaceId, 'p0'),
      exportIds: [exportId],
      activationVersion: 3,
      destinationVersion: 5,
    });

    const { data } = await edge.execute(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Delivery {
        outcome code reason { kind } attempts sizeBytes recordId sequence sequenceNumber shardId latencyMs
        possibleDuplicate profileId profile { profileId } exports { id } activation { id } destination { name } origin
        causes { kind subject }
      } } }`,
      { ids: [idOf(event, 0), idOf(event, 1), idOf(event, 2)] },
    );

    const shared = {
      possibleDuplicate: false,
      profileId: 'p0',
      profile: { profileId: 'p0' },
      exports: [{ id: toGlobalId('Export', exportId) }],
      activation: { id: toGlobalId('Activation', books.activationId) },
      destination: { name: 'Orders' },
      origin: 'MANUAL',
    };
    const versions = { activationId: books.activationId, activationVersion: 3, destinationVersion: 5, profileId: 'p0' };
    const nothingSent = { sequenceNumber: null, shardId: null, latencyMs: null };
    expect(data.nodes).toEqual([
      {
        ...shared,
        ...nothingSent,
        outcome: 'SKIPPED',
        causes: [],
        code: 'NOT_A_MEMBER',
        reason: { kind: 'SKIP' },
        attempts: 0,
        sizeBytes: null,
        recordId: null,
        sequence: 7,
      },
      {
        ...shared,
        ...nothingSent,
        outcome: 'FAILED',
        causes: [],
        code: 'RECORD_TOO_LARGE',
        reason: { kind: 'FAILURE' },
        attempts: 2,
        sizeBytes: 1_100_000,
        recordId: recordId({ ...versions, revision: 8 }),
        sequence: 8,
      },
      {
        ...shared,
        outcome: 'DELIVERED',
        causes: [],
        code: null,
        reason: null,
        attempts: 1,
        sizeBytes: 780,
        recordId: recordId({ ...versions, revision: 1_234 }),
        sequence: 1_234,
        sequenceNumber: '49501234',
        shardId: 'shardId-000000000000',
        latencyMs: 12.5,
      },
    ]);
  });

  test('keeps its fate when its profile is erased, without profile and record id', async () => {
    const event = await addEvent(books, [delivered(999_999)]);

    const { data } = await edge.execute(
      `query ($id: ID!) { delivery(id: $id) { outcome profileId profile { id } recordId sequenceNumber } }`,
      { id: idOf(event, 0) },
    );

    expect(data.delivery).toEqual({
      outcome: 'DELIVERED',
      profileId: null,
      profile: null,
      recordId: null,
      sequenceNumber: '49501000',
    });
  });

  test('of another workspace, of another place, or of a malformed id is none', async () => {
    const others = await openBooks(database.db, (await createTestEdge(database.db)).workspaceId);
    const foreign = await addEvent(others, [delivered(1)]);
    const own = await addEvent(books, [delivered(1)]);

    for (const id of [idOf(foreign, 0), idOf(own, 1), 'nonsense', toGlobalId('Export', own.id)])
      expect((await edge.execute('query ($id: ID!) { delivery(id: $id) { id } }', { id })).data.delivery).toBeNull();
  });
});

describe('lists of deliveries', () => {
  test('run newest first over events and within them, and page both ways through their middle', async () => {
    const events = [];
    for (let count = 0; count < 3; count += 1)
      events.push(await addEvent(books, [delivered(1, count), delivered(2, count), delivered(3, count)]));
    const all = events.flatMap((event) => [0, 1, 2].map((ordinal) => idOf(event, ordinal)));
    const newestFirst = [...all].reverse();

    const page = async (args: string) => {
      const { data, errors } = await edge.execute(
        `{ deliveries(${args}) { nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`,
      );
      expect(errors).toEqual([]);
      return { ids: data.deliveries.nodes.map(({ id }: { id: string }) => id), ...data.deliveries.pageInfo };
    };
    const first = await page('first: 4');
    const second = await page(`first: 4, after: "${first.endCursor}"`);
    const third = await page(`first: 4, after: "${second.endCursor}"`);
    const back = await page(`last: 4, before: "${second.endCursor}"`);
    const between = await page(`first: 9, after: "${first.startCursor}", before: "${third.startCursor}"`);
    const ascending = await page('first: 4, orderBy: COMMITTED_AT_ASC');
    const ascendingNext = await page(`first: 9, orderBy: COMMITTED_AT_ASC, after: "${ascending.endCursor}"`);

    expect([first.ids, second.ids, third.ids]).toEqual([
      newestFirst.slice(0, 4),
      newestFirst.slice(4, 8),
      newestFirst.slice(8),
    ]);
    expect(third).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(back.ids).toEqual(newestFirst.slice(3, 7));
    expect(between.ids).toEqual(newestFirst.slice(1, 8));
    expect([...ascending.ids, ...ascendingNext.ids]).toEqual(all);
    expect(await list('(last: 2)')).toEqual(newestFirst.slice(-2));
  });

  test('hold what meets every condition', async () => {
    const [p0, p1] = [await addProfile(books, 'p0'), await addProfile(books, 'p1')];
    const exportId = await addExport(books);
    const second = { ...books, activationId: await addActivation(books) };
    const mixed = await addEvent(books, [delivered(p0), failed(p1), skipped(p0)], {
      lane: laneOf(edge.workspaceId, 'p0'),
      exportIds: [exportId],
      deferrals: { THROTTLED: 4 },
    });
    const live = await addEvent(second, [delivered(p1)], { lane: laneOf(edge.workspaceId, 'p1'), origin: 'LIVE' });

    expect(await list('(filter: { outcomes: [FAILED, SKIPPED] })')).toEqual([idOf(mixed, 2), idOf(mixed, 1)]);
    expect(await list('(filter: { outcomes: [] })')).toEqual([]);
    expect(await list('(filter: { codes: [NOT_A_MEMBER] })')).toEqual([idOf(mixed, 2)]);
    expect(await list('(filter: { codes: [THROTTLED] })')).toEqual([]);
    expect(await list('(filter: { origins: [LIVE] })')).toEqual([idOf(live, 0)]);
    expect(await list('(filter: { profileId: "p0" })')).toEqual([idOf(mixed, 2), idOf(mixed, 0)]);
    expect(await list('(filter: { profileId: "p0", outcomes: [DELIVERED] })')).toEqual([idOf(mixed, 0)]);
    expect(await list('(filter: { profileId: "nobody" })')).toEqual([]);
    expect(await list('(filter: { profileId: "a\\u0000b" })')).toEqual([]);
    expect(await list(`(filter: { exportId: "${toGlobalId('Export', exportId)}" }, last: 1)`)).toEqual([
      idOf(mixed, 0),
    ]);
    expect(await list(`(filter: { activationId: "${toGlobalId('Activation', second.activationId)}" })`)).toEqual([
      idOf(live, 0),
    ]);
    expect(await list('(filter: { destinationId: "nonsense" })')).toEqual([]);
    expect(await list('(filter: { from: "2100-01-01T00:00:00Z" })')).toEqual([]);
    expect(await list('(filter: { to: "2100-01-01T00:00:00Z" })')).toHaveLength(4);
  });

  test('hang from destinations, activations, exports and profiles, each with its own', async () => {
    const [p0, p1] = [await addProfile(books, 'p0'), await addProfile(books, 'p1')];
    const exportId = await addExport(books);
    await addEvent(books, [delivered(p0), skipped(p0)], {
      lane: laneOf(edge.workspaceId, 'p0'),
      exportIds: [exportId],
    });
    await addEvent(books, [delivered(p1)], { lane: laneOf(edge.workspaceId, 'p1') });

    const { data, errors } = await edge.execute(`{
      destinations { nodes { deliveries { nodes { profileId outcome } } } }
      activations { nodes { deliveries(first: 1) { nodes { profileId } } } }
      exports { nodes { deliveries { nodes { profileId outcome } } } }
      profiles(orderBy: PROFILE_ID_ASC) { nodes { deliveries { nodes { profileId outcome } } } }
    }`);

    expect(errors).toEqual([]);
    const own = [
      { profileId: 'p0', outcome: 'SKIPPED' },
      { profileId: 'p0', outcome: 'DELIVERED' },
    ];
    const other = { profileId: 'p1', outcome: 'DELIVERED' };
    expect(data).toEqual({
      destinations: { nodes: [{ deliveries: { nodes: [other, ...own] } }] },
      activations: { nodes: [{ deliveries: { nodes: [{ profileId: 'p1' }] } }] },
      exports: { nodes: [{ deliveries: { nodes: own } }] },
      profiles: { nodes: [{ deliveries: { nodes: own } }, { deliveries: { nodes: [other] } }] },
    });
  });

  test('refuse a cursor of another list or workspace', async () => {
    await addEvent(books, [delivered(1)]);
    const { data } = await edge.execute('{ activations { pageInfo { endCursor } } }');

    const answer = await edge.execute(
      `{ deliveries(after: "${data.activations.pageInfo.endCursor}") { nodes { id } } }`,
    );

    expect(answer.errors[0]?.message).toContain('cursor');
  });

  test('cost as many statements for 50 as for one', async () => {
    const exportId = await addExport(books);
    for (let number = 0; number < 50; number += 1) {
      const profileKey = await addProfile(books, `p${number}`);
      await addEvent(books, [delivered(profileKey)], {
        lane: laneOf(edge.workspaceId, `p${number}`),
        exportIds: [exportId],
      });
    }
    const read = (first: number) =>
      edge.countQueries(() =>
        edge.execute(
          `query ($first: Int!) {
            deliveries(first: $first) {
              nodes { profileId profile { deliveries(first: 2) { nodes { id } } } exports { id delivered } activation { id } destination { id } }
            }
          }`,
          { first },
        ),
      );

    const [one, fifty] = [await read(1), await read(50)];

    expect(fifty).toBe(one);
    expect(one).toBeLessThanOrEqual(7);
  });
});
