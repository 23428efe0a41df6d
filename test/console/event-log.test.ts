/** The rows of the live view, however many come at once. */
import type { Client as Socket } from 'graphql-ws';
import { expect, test } from 'vitest';
import type { DeliveryUpdate } from '../../src/console/live/event-follower.js';
import { EventLog, type EventLogSnapshot, MAX_ROWS, ROWS_OF_A_FLUSH } from '../../src/console/live/event-log.js';
import { until } from '../support/until.js';

/** A change of an export, which is one row. */
function updateOf(number: number): DeliveryUpdate {
  return {
    __typename: 'ExportStateChanged',
    cursor: `c${number}`,
    at: '2026-01-01T00:00:00Z',
    state: 'RUNNING',
    export: {
      id: 'e',
      trigger: 'MANUAL',
      state: 'RUNNING',
      createdAt: '2026-01-01T00:00:00Z',
      finishedAt: null,
      received: 0,
      delivered: 0,
      failed: 0,
      skipped: 0,
      pending: 0,
      recovered: 0,
      recordsPerSecond: 0,
      destination: { id: 'd', name: 'd' },
    },
  };
}

/** A commit of 500 records, of which it lists 20. */
function largeCommit(): DeliveryUpdate {
  const nodes = Array.from({ length: 20 }, (_, index) => ({
    id: `r${index}`,
    profileId: `p-${index}`,
    outcome: 'DELIVERED' as const,
    origin: 'LIVE' as const,
    code: null,
    reason: null,
    shardId: 's',
    sequenceNumber: String(index),
    sequence: 1,
    recordId: null,
    attempts: 1,
    sizeBytes: 1,
    latencyMs: 1,
    possibleDuplicate: false,
    committedAt: '2026-01-01T00:00:00Z',
  }));
  return {
    __typename: 'DeliveriesCommitted',
    cursor: 'c1',
    at: '2026-01-01T00:00:00Z',
    delivered: 490,
    failed: 0,
    skipped: 10,
    attempts: 490,
    bytes: 490,
    possibleDuplicates: 0,
    codes: [],
    origins: ['LIVE'],
    deferred: 0,
    activation: null,
    exports: [],
    deliveries: {
      pageInfo: { hasPreviousPage: false, hasNextPage: true, startCursor: null, endCursor: null },
      nodes,
    },
  };
}

/** The one method of a socket that is used: everything up to `last` comes at once, then nothing. @param asked gets cursors. */
function socketWith(last: () => number, asked: string[]): Pick<Socket, 'iterate'> {
  return {
    iterate: ({ variables }) => {
      const after = String(variables?.['after']);
      asked.push(after);
      // Its type depends on the document, which is not looked at here.
      return events(Number(after.slice(1)), last()) as never;
    },
  };
}

async function* events(after: number, last: number): AsyncGenerator<{ data: { deliveryEvents: DeliveryUpdate } }> {
  for (let number = after + 1; number <= last; number += 1) yield { data: { deliveryEvents: updateOf(number) } };
  await new Promise(() => undefined);
}

function numbersOf({ rows }: EventLogSnapshot): number[] {
  return rows.map(({ key }) => Number(key.slice(1)));
}

test('a burst comes in commits of few rows, without a gap, and a pause goes on where it was', async () => {
  let last = 1_000;
  const asked: string[] = [];
  using log = new EventLog(socketWith(() => last, asked) as Socket, 'd', 'c0');
  const shown: number[][] = [[]];
  log.subscribe(() => shown.push(numbersOf(log.read())));

  log.start();
  await until(() => expect(numbersOf(log.read())[MAX_ROWS - 1]).toBe(801));
  log.pause();
  last = 1_030;
  log.start();
  await until(() => expect(numbersOf(log.read())[0]).toBe(1_030));

  const added = shown.map((rows, index) => rows.filter((number) => !shown[index - 1]?.includes(number)).length);
  const gaps = shown.filter((rows) => rows.some((number, index) => index > 0 && rows[index - 1] !== number + 1));
  expect(Math.max(...added)).toBe(ROWS_OF_A_FLUSH);
  expect(gaps).toEqual([]);
  expect(asked).toEqual(['c0', 'c1000']);
  expect(log.read()).toMatchObject({ count: 1_030 });
});

test('a commit that lists a part of its records counts whole, and the rest is told as not listed', async () => {
  const socket = { iterate: () => listing(largeCommit()) as never };
  using log = new EventLog(socket as unknown as Socket, 'd', 'c0');

  log.start();
  await until(() => expect(log.read().rows).toHaveLength(21));

  expect(log.read()).toMatchObject({ count: 500, unlisted: 480 });
  expect(log.read().rows[0]?.text).toBe('And 480 more records at the same moment.');
});

async function* listing(update: DeliveryUpdate): AsyncGenerator<{ data: { deliveryEvents: DeliveryUpdate } }> {
  yield { data: { deliveryEvents: update } };
  await new Promise(() => undefined);
}
