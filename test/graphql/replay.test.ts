/** replayDeliveries: what it starts, and the windows and states that it refuses. */

import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { addActivation, addEvent, addProfile, type Books, delivered, openBooks } from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const REPLAY = `mutation ($input: ReplayDeliveriesInput!) {
  replayDeliveries(input: $input) {
    __typename
    ... on ReplayDeliveriesSuccess {
      exports { id trigger state since until maxRecordsPerSecond activation { id } segments { segmentId } }
    }
    ... on UserError { code path }
    ... on InvalidInputError { issues { code path message } }
    ... on InvalidStateError { current { id } }
    ... on ConflictError { current { id } }
  }
}`;

const HOUR_MS = 3_600_000;

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;
let profileKey: number;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
  profileKey = await addProfile(books, 'p0');
});

async function replay(input: Record<string, unknown> = {}) {
  const destinationId = toGlobalId('KinesisDestination', books.destinationId);
  const answer = await edge.execute(REPLAY, { input: { destinationId, from: ago(HOUR_MS), ...input } });
  expect(answer.errors).toEqual([]);
  return answer.data.replayDeliveries;
}

function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

describe('replayDeliveries', () => {
  test('starts an export for each activation that delivered in the window', async () => {
    const other = { ...books, activationId: await addActivation(books) };
    await addActivation(books);
    await addEvent(books, [delivered(profileKey)]);
    await addEvent(other, [delivered(profileKey)], { lane: 1 });
    const from = ago(HOUR_MS);

    const { exports } = await replay({ from, maxRecordsPerSecond: 7 });

    expect(exports.map((run: { activation: { id: string } }) => run.activation.id)).toEqual([
      toGlobalId('Activation', books.activationId),
      toGlobalId('Activation', other.activationId),
    ]);
    expect(exports[0]).toMatchObject({
      trigger: 'REPLAY',
      state: 'PREPARING',
      since: from,
      maxRecordsPerSecond: 7,
      segments: [{ segmentId: 's0' }, { segmentId: 's1' }, { segmentId: 's2' }],
    });
  });

  test('ends its window now, if no time or one to come is given; else at the time', async () => {
    await addEvent(books, [delivered(profileKey)]);
    const started = Date.now();

    for (const to of [undefined, null, ago(-HOUR_MS)]) {
      const until = Date.parse((await replay({ to })).exports[0].until);
      expect(until).toBeGreaterThanOrEqual(started);
      expect(until).toBeLessThanOrEqual(Date.now() + 1);
    }
    expect(await replay({ to: ago(HOUR_MS / 2) })).toMatchObject({ exports: [] });
  });

  test('starts nothing if nothing was delivered, or by a deleted activation alone', async () => {
    await addEvent(books, [{ outcome: 'SKIPPED', profileKey, revision: 1, code: 'NOT_A_MEMBER', causes: [] }]);
    await addEvent(books, [delivered(profileKey)], { activationId: books.activationId + 1_000 });

    expect(await replay({ idempotencyKey: 'nothing' })).toMatchObject({ exports: [] });
    expect(await replay({ idempotencyKey: 'nothing' })).toBeDefined();
  });

  test('answers the same key with the same exports, another input with a conflict', async () => {
    await addEvent(books, [delivered(profileKey)]);
    const input = { from: ago(HOUR_MS), idempotencyKey: 'once' };

    const answers = await Promise.all(Array.from({ length: 10 }, () => replay(input)));

    expect(new Set(answers.map((answer) => answer.exports[0].id)).size).toBe(1);
    expect(await replay({ ...input, maxRecordsPerSecond: 1 })).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      current: { id: answers[0].exports[0].id },
    });
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['a window that begins in time to come', { from: ago(-HOUR_MS) }, ['OUT_OF_RANGE from']],
    ['a window that ends when it begins', { from: ago(5_000), to: ago(5_000) }, ['OUT_OF_RANGE to']],
    ['a window that ends before it begins', { to: ago(2 * HOUR_MS) }, ['OUT_OF_RANGE to']],
    ['an unknown destination', { destinationId: 'x' }, ['NOT_FOUND destinationId']],
    ['no rate', { maxRecordsPerSecond: 0 }, ['OUT_OF_RANGE maxRecordsPerSecond']],
    ['an empty key', { idempotencyKey: '' }, ['REQUIRED idempotencyKey']],
  ])('refuses %s', async (_what, input, faults) => {
    await addEvent(books, [delivered(profileKey)]);

    const answer = await replay(input);

    const found = answer.issues.map(({ code, path }: { code: string; path: string[] }) => `${code} ${path[1]}`);
    expect(found).toEqual(faults);
    expect(await countExports()).toBe(0);
  });

  test('refuses a destination of another workspace like a missing one', async () => {
    const other = await openBooks(database.db, (await createTestEdge(database.db)).workspaceId);
    const destinationId = toGlobalId('KinesisDestination', other.destinationId);

    expect((await replay({ destinationId })).issues).toMatchObject([{ code: 'NOT_FOUND' }]);
  });

  test('refuses times whose deliveries were dropped, and names the oldest kept', async () => {
    await sql`update destination set created_at = now() - interval '1 year' where id = ${books.destinationId}`.execute(
      database.db,
    );

    const answer = await replay({ from: ago(60 * 24 * HOUR_MS) });

    expect(answer.issues).toMatchObject([{ code: 'OUT_OF_RANGE', path: ['input', 'from'] }]);
    const [, oldest] = /before (\S+Z) /.exec(answer.issues[0].message) ?? [];
    expect(await replay({ from: oldest })).toMatchObject({ exports: [] });
  });

  test('takes any time back to before the destination, if none of its deliveries were dropped', async () => {
    await addEvent(books, [delivered(profileKey)]);

    expect((await replay({ from: '2020-01-01T00:00:00Z' })).exports).toHaveLength(1);
  });

  test('is refused while the destination is disabled, or an activation that delivered is paused', async () => {
    const other = await addActivation(books);
    await addEvent(books, [delivered(profileKey)]);
    const set = (state: string, id: number) =>
      database.db.updateTable('activation').set({ state }).where('id', '=', id).execute();
    await set('PAUSED', other);
    expect((await replay()).exports).toHaveLength(1);

    await set('PAUSED', books.activationId);
    expect(await replay()).toMatchObject({
      code: 'ACTIVATION_PAUSED',
      current: { id: toGlobalId('Activation', books.activationId) },
    });
    await database.db.updateTable('destination').set({ enabled: false }).execute();
    expect(await replay()).toMatchObject({
      code: 'DESTINATION_DISABLED',
      path: ['input', 'destinationId'],
      current: { id: toGlobalId('KinesisDestination', books.destinationId) },
    });
    expect(await countExports()).toBe(1);
  });

  test('needs role OPERATOR', async () => {
    const input = { destinationId: 'x', from: ago(HOUR_MS) };
    const answer = await edge.execute(REPLAY, { input }, { ...edge.viewer, role: 'VIEWER' });

    expect(answer.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });
});

async function countExports(): Promise<number> {
  const rows = await database.db
    .selectFrom('export')
    .select('id')
    .where('workspace_id', '=', books.workspaceId)
    .execute();
  return rows.length;
}
