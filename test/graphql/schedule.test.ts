/** Schedules of activations, through the edge. */

import { beforeEach, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { type Books, openBooks } from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const ROW = '{ id version attributes schedule { cron timeZone mode nextRunAt } }';
const FAULTS = '... on UserError { code } ... on InvalidInputError { issues { code path } }';

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;
let id: string;

const weekdays = { cron: '0 9 * * MON-FRI', timeZone: 'Europe/Berlin', mode: 'CHANGED_SINCE_LAST' };

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
  id = toGlobalId('Activation', books.activationId);
});

async function activate(input: Record<string, unknown>) {
  const { data, errors } = await edge.execute(
    `mutation ($input: ActivateSegmentsInput!) {
      activateSegments(input: $input) { ... on ActivateSegmentsSuccess { activation ${ROW} } ${FAULTS} }
    }`,
    {
      input: {
        destinationId: toGlobalId('KinesisDestination', books.destinationId),
        attributes: [],
        segmentIds: ['s0'],
        ...input,
      },
    },
  );
  expect(errors).toEqual([]);
  return data.activateSegments;
}

async function update(input: Record<string, unknown>) {
  const { data, errors } = await edge.execute(
    `mutation ($input: UpdateActivationInput!) {
      updateActivation(input: $input) { ... on UpdateActivationSuccess { activation ${ROW} } ${FAULTS} }
    }`,
    { input: { id, expectedVersion: 1, ...input } },
  );
  expect(errors).toEqual([]);
  return data.updateActivation;
}

async function read(activationId = id) {
  const { data } = await edge.execute(`query ($id: ID!) { activation(id: $id) ${ROW} }`, { id: activationId });
  return data.activation;
}

test('a schedule is given with the activation, with UTC and all present members by default', async () => {
  const before = new Date();
  const { activation } = await activate({ schedule: { cron: '*/5 * * * *' } });
  const { schedule } = await read(activation.id);
  const none = await activate({});

  expect(schedule).toEqual({ cron: '*/5 * * * *', timeZone: 'UTC', mode: 'FULL', nextRunAt: expect.any(String) });
  const next = new Date(schedule.nextRunAt);
  expect(next.getTime()).toBeGreaterThan(before.getTime());
  expect([next.getTime() % 300_000, next.getTime() - before.getTime() <= 301_000]).toEqual([0, true]);
  expect((await read(none.activation.id)).schedule).toBeNull();
});

test('a schedule stays when it is left out, is replaced whole, and is cleared by null', async () => {
  await update({ schedule: weekdays });
  await update({ expectedVersion: 2, attributes: [] });
  expect((await read()).schedule).toMatchObject(weekdays);
  await update({ expectedVersion: 3, schedule: { cron: '0 1 * * *' } });
  expect((await read()).schedule).toMatchObject({ cron: '0 1 * * *', timeZone: 'UTC', mode: 'FULL' });
  await update({ expectedVersion: 4, schedule: null });

  expect(await read()).toMatchObject({ version: 5, schedule: null });
});

test('a schedule that is given again as it is keeps the due time that is being made up for', async () => {
  const readDueTime = async () =>
    (
      await database.db.selectFrom('activation').select('next_run_at').where('id', '=', books.activationId).execute()
    )[0];
  await update({ schedule: weekdays });
  const overdue = { next_run_at: new Date('2026-01-05T08:00:00Z') };
  await database.db.updateTable('activation').set(overdue).where('id', '=', books.activationId).execute();

  await update({ expectedVersion: 2, schedule: weekdays });
  expect(await readDueTime()).toEqual(overdue);
  // What is shown is the next chance, not the one that has passed.
  expect(Date.parse((await read()).schedule.nextRunAt)).toBeGreaterThan(Date.now());
  await update({ expectedVersion: 3, schedule: { ...weekdays, cron: '0 10 * * *' } });

  expect(Number((await readDueTime())?.next_run_at)).toBeGreaterThan(Date.now());
});

test('a schedule of a paused activation has no next due time', async () => {
  await database.db.updateTable('activation').set({ state: 'PAUSED' }).where('id', '=', books.activationId).execute();

  await update({ schedule: weekdays });

  expect((await read()).schedule).toEqual({ ...weekdays, nextRunAt: null });
});

test('a schedule that is bad is refused by its field, and changes nothing', async () => {
  expect(await update({ attributes: ['x'], schedule: { cron: '0 0 30 2 *' } })).toMatchObject({
    issues: [{ code: 'OUT_OF_RANGE', path: ['input', 'schedule', 'cron'] }],
  });

  expect((await update({})).activation).toMatchObject({ version: 2, attributes: ['name'] });
});

test('a schedule belongs to the input of an idempotency key', async () => {
  const first = await activate({ idempotencyKey: 'daily', schedule: weekdays });
  const again = await activate({ idempotencyKey: 'daily', schedule: weekdays });
  const other = await activate({ idempotencyKey: 'daily', schedule: { ...weekdays, mode: 'FULL' } });

  expect(again.activation.id).toBe(first.activation.id);
  expect(other).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
});
