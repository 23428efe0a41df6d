/** What activating segments, adding and removing them starts: backfills and exits. */

import { beforeEach, describe, expect, test } from 'vitest';
import { fromGlobalId, toGlobalId } from '../../src/domain/global-id.js';
import { type Books, openBooks } from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN = `fragment Run on Export {
  id trigger state since until maxRecordsPerSecond missedRuns segments { segmentId } createdBy { name }
}`;

const ACTIVATE = `mutation ($input: ActivateSegmentsInput!) {
  activateSegments(input: $input) {
    __typename
    ... on ActivateSegmentsSuccess { activation { id state changeDetection } backfill { ...Run } }
    ... on UserError { code }
    ... on InvalidInputError { issues { code path } }
  }
} ${RUN}`;

const UPDATE = `mutation ($input: UpdateActivationInput!) {
  updateActivation(input: $input) {
    __typename
    ... on UpdateActivationSuccess {
      activation { version changeDetection segments { segment { segmentId } } } backfill { ...Run } exits { ...Run }
    }
    ... on UserError { code }
    ... on InvalidInputError { issues { code path } }
  }
} ${RUN}`;

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
});

async function activate(input: Record<string, unknown>) {
  const destinationId = toGlobalId('KinesisDestination', books.destinationId);
  const answer = await edge.execute(ACTIVATE, {
    input: { destinationId, attributes: [], segmentIds: ['s1', 's0'], ...input },
  });
  expect(answer.errors).toEqual([]);
  return answer.data.activateSegments;
}

/** Changes the activation of all three segments that the books have. */
async function update(input: Record<string, unknown>) {
  const id = toGlobalId('Activation', books.activationId);
  const answer = await edge.execute(UPDATE, { input: { id, expectedVersion: 1, ...input } });
  expect(answer.errors).toEqual([]);
  return answer.data.updateActivation;
}

describe('activateSegments', () => {
  test.each([[{}], [{ backfill: null }], [{ backfill: {} }], [{ backfill: { mode: 'ALL' } }]])(
    'with %j backfills all members of all segments',
    async (input) => {
      const { activation, backfill } = await activate(input);

      expect(activation).toMatchObject({ state: 'ACTIVE', changeDetection: 'EXPORT_IF_CHANGED' });
      expect(backfill).toEqual({
        id: expect.any(String),
        trigger: 'BACKFILL',
        state: 'PREPARING',
        since: null,
        until: null,
        maxRecordsPerSecond: null,
        missedRuns: 0,
        segments: [{ segmentId: 's1' }, { segmentId: 's0' }],
        createdBy: { name: 'test' },
      });
    },
  );

  test('keeps the time and the rate of a backfill', async () => {
    const since = '2026-01-31T21:24:39.000Z';
    const { backfill } = await activate({ backfill: { mode: 'SINCE', since, maxRecordsPerSecond: 1_000_000 } });

    expect(backfill).toMatchObject({ since, maxRecordsPerSecond: 1_000_000 });
  });

  test('with mode NONE starts nothing', async () => {
    expect(await activate({ backfill: { mode: 'NONE' } })).toMatchObject({ backfill: null });
    expect(await countExports()).toBe(0);
  });

  test('takes how changes are detected; null means the default', async () => {
    const always = await activate({ changeDetection: 'EXPORT_ALWAYS' });
    const usual = await activate({ changeDetection: null });

    expect(always.activation.changeDetection).toBe('EXPORT_ALWAYS');
    expect(usual.activation.changeDetection).toBe('EXPORT_IF_CHANGED');
  });

  test('with one idempotency key gives the same backfill, 10 times at once', async () => {
    const calls = Array.from({ length: 10 }, () => activate({ idempotencyKey: 'once' }));

    const answers = await Promise.all(calls);

    expect(new Set(answers.map((answer) => answer.backfill.id)).size).toBe(1);
    expect(await activate({ idempotencyKey: 'once', backfill: { mode: 'ALL' } })).toEqual(answers[0]);
    expect(await activate({ idempotencyKey: 'once', backfill: { mode: 'NONE' } })).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await countExports()).toBe(1);
  });

  test.each([
    [{ mode: 'SINCE' }, 'REQUIRED since'],
    [{ mode: 'ALL', since: '2026-01-31T21:24:39Z' }, 'NOT_ALLOWED since'],
    [{ mode: 'NONE', since: '2026-01-31T21:24:39Z' }, 'NOT_ALLOWED since'],
    [{ maxRecordsPerSecond: 0 }, 'OUT_OF_RANGE maxRecordsPerSecond'],
    [{ maxRecordsPerSecond: 1_000_001 }, 'OUT_OF_RANGE maxRecordsPerSecond'],
  ])('refuses the backfill %j and leaves nothing behind', async (backfill, fault) => {
    const answer = await activate({ backfill });

    const [code, field] = fault.split(' ');
    expect(answer.issues).toEqual([{ code, path: ['input', 'backfill', field] }]);
    expect(await countExports()).toBe(0);
  });

  test('leaves no backfill behind if the segments are refused', async () => {
    expect(await activate({ segmentIds: ['nobody'] })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await countExports()).toBe(0);
  });
});

describe('updateActivation', () => {
  test('backfills the segments added, no others', async () => {
    await update({ segmentIds: ['s1'] });

    const { backfill, exits } = await update({ expectedVersion: 2, segmentIds: ['s2', 's1', 's0'] });

    expect(backfill).toMatchObject({ trigger: 'BACKFILL', segments: [{ segmentId: 's2' }, { segmentId: 's0' }] });
    expect(exits).toBeNull();
  });

  test('starts nothing if no segment was added, or with mode NONE', async () => {
    expect(await update({ segmentIds: ['s2', 's1', 's0'], attributes: ['x'] })).toMatchObject({ backfill: null });
    await update({ expectedVersion: 2, segmentIds: ['s1'] });
    const none = await update({ expectedVersion: 3, segmentIds: ['s1', 's0'], backfill: { mode: 'NONE' } });

    expect(none).toMatchObject({ backfill: null, exits: null });
    expect(await countExports()).toBe(0);
  });

  test('takes segments away without a word, or with their exits if asked', async () => {
    expect(await update({ segmentIds: ['s0', 's1'] })).toMatchObject({ exits: null, backfill: null });

    const { activation, exits } = await update({ expectedVersion: 2, segmentIds: ['s0'], sendExits: true });

    expect(activation.segments).toEqual([{ segment: { segmentId: 's0' } }]);
    expect(exits).toMatchObject({ trigger: 'EXITS', state: 'PREPARING', segments: [{ segmentId: 's1' }] });
  });

  test('exchanges segments: exits of those removed, a backfill of those added', async () => {
    await update({ segmentIds: ['s0', 's1'] });

    const { backfill, exits } = await update({
      expectedVersion: 2,
      segmentIds: ['s2', 's1'],
      sendExits: true,
      backfill: { mode: 'ALL', maxRecordsPerSecond: 5 },
    });

    expect(exits).toMatchObject({ segments: [{ segmentId: 's0' }], maxRecordsPerSecond: null });
    expect(backfill).toMatchObject({ segments: [{ segmentId: 's2' }], maxRecordsPerSecond: 5 });
  });

  test('keeps a segment from being deleted until its exits are sent', async () => {
    const source = `mutation ($segmentId: String!) { deleteSegment(input: { segmentId: $segmentId }) {
      __typename ... on InvalidStateError { code path current { id } } } }`;
    const { exits } = await update({ segmentIds: ['s0', 's1'], sendExits: true });

    const refused = await edge.execute(source, { segmentId: 's2' });
    await database.db.updateTable('export').set({ finished_at: new Date() }).execute();
    const deleted = await edge.execute(source, { segmentId: 's2' });

    expect(refused.data.deleteSegment).toMatchObject({
      code: 'IN_USE',
      path: ['input', 'segmentId'],
      current: { id: exits.id },
    });
    expect(deleted.data.deleteSegment).toEqual({ __typename: 'DeleteSegmentSuccess' });
  });

  test('with `sendExits` but no segment removed starts no exits', async () => {
    expect(await update({ sendExits: true })).toMatchObject({ exits: null });
    expect(await countExports()).toBe(0);
  });

  test('changes how changes are detected, and null sets the default', async () => {
    expect((await update({ changeDetection: 'EXPORT_ALWAYS' })).activation.changeDetection).toBe('EXPORT_ALWAYS');
    expect((await update({ expectedVersion: 2 })).activation.changeDetection).toBe('EXPORT_ALWAYS');
    const cleared = await update({ expectedVersion: 3, changeDetection: null });
    expect(cleared.activation.changeDetection).toBe('EXPORT_IF_CHANGED');
  });

  test('refuses a backfill that is not whole, and starts nothing', async () => {
    const answer = await update({ segmentIds: ['s0'], sendExits: true, backfill: { mode: 'SINCE' } });

    expect(answer.issues).toEqual([{ code: 'REQUIRED', path: ['input', 'backfill', 'since'] }]);
    expect(await countExports()).toBe(0);
  });

  test('at another version starts nothing', async () => {
    const answer = await update({ expectedVersion: 7, segmentIds: ['s0'], sendExits: true });

    expect(answer.code).toBe('VERSION_CONFLICT');
    expect(await countExports()).toBe(0);
  });
});

test('a backfill has a lane for each of the destination, to be listed by their owners', async () => {
  const { backfill } = await activate({});

  const lanes = await database.db
    .selectFrom('export_lane')
    .select(['state', 'destination_id'])
    .where('export_id', '=', fromGlobalId(backfill.id)?.id ?? 0)
    .execute();

  expect(lanes).toHaveLength(16);
  expect(new Set(lanes.map((lane) => `${lane.state} ${lane.destination_id}`))).toEqual(
    new Set([`PREPARING ${books.destinationId}`]),
  );
});

async function countExports(): Promise<number> {
  const rows = await database.db
    .selectFrom('export')
    .select('id')
    .where('workspace_id', '=', books.workspaceId)
    .execute();
  return rows.length;
}
