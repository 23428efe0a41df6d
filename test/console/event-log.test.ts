/** The rows of the live view, however many come at once. */
import type { Client as Socket } from 'graphql-ws';
import { expect, test } from 'vitest';
import type { DeliveryUpdate } from '../../src/console/live/event-follower.js';
import { EventLog, type EventLogSnapshot, MAX_ROWS, ROWS_OF_A_FLUSH } from '../../src/console/live/event-log.js';
import type { LiveFilter } from '../../src/console/live/live-row.js';
import { until } from '../support/until.js';

/** A change of an export, which is one row. */
function updateOf(number: number): DeliveryUpdate {
  return {
    __typename: 'ExportStateChanged',
    cursor: `c${number}`,
    at: '2026-01-01T00:00:00Z',
    state: 'RUNNING',
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
    committedAt: '2026-01-01T00:00:00Z',
  }));
  return {
    __typename: 'DeliveriesCommitted',
    cursor: 'c1',
    at: '2026-01-01T00:00:00Z',
    delivered: 490,
    failed: 0,
    skipped: 10,
    deliveries: { nodes },
  };
}

const EVERYTHING = { outcome: null, profileId: '' };

function openLog(socket: Pick<Socket, 'iterate'>, filter: LiveFilter = EVERYTHING): EventLog {
  return new EventLog({ socket: socket as Socket, destinationId: 'd', after: 'c0', filter });
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
  using log = openLog(socketWith(() => last, asked));
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
  using log = openLog({ iterate: () => listing(largeCommit()) as never });

  log.start();
  await until(() => expect(log.read().rows).toHaveLength(21));

  expect(log.read()).toMatchObject({ count: 500, matching: 500 });
  expect(log.read().rows[0]?.text).toBe('And 480 more records at the same moment.');
});

test('under a filter the server picks the records, and the rest is told of those that it lets through', async () => {
  const asked: unknown[] = [];
  const iterate = ({ variables }: Parameters<Socket['iterate']>[0]) => {
    asked.push(variables?.['filter']);
    return listing(largeCommit()) as never;
  };
  using byOutcome = openLog({ iterate }, { outcome: 'DELIVERED', profileId: '' });
  using byProfile = openLog({ iterate }, { outcome: 'DELIVERED', profileId: 'p-7' });

  byOutcome.start();
  byProfile.start();
  await until(() => expect([byOutcome, byProfile].map((log) => log.read().rows.length)).toEqual([21, 20]));

  expect(asked).toEqual([{ outcomes: ['DELIVERED'] }, { outcomes: ['DELIVERED'], profileId: 'p-7' }]);
  expect(byOutcome.read()).toMatchObject({ count: 500, matching: 490 });
  expect(byOutcome.read().rows[0]?.text).toBe('And 470 more delivered records at the same moment.');
  expect(byProfile.read()).toMatchObject({ count: 500, matching: 20 });
});

test('another filter looks through the newest events again, and what is about no record shows only without one', async () => {
  const asked: string[] = [];
  using log = openLog(socketWith(() => 3_000, asked));
  log.start();
  await until(() => expect(log.read()).toMatchObject({ count: 3_000, since: null }));

  log.setFilter({ outcome: 'FAILED', profileId: '' });
  await until(() => expect(log.read()).toMatchObject({ count: 2_000, matching: 0, rows: [] }));
  log.setFilter({ outcome: 'FAILED', profileId: '' });
  log.pause();
  log.setFilter(EVERYTHING);
  await until(() => expect(numbersOf(log.read())[0]).toBe(3_000));

  expect(asked).toEqual(['c0', 'c1000', 'c1000']);
  expect(log.read()).toMatchObject({ count: 2_000, matching: 2_000, since: '2026-01-01T00:00:00Z' });
});

async function* listing(update: DeliveryUpdate): AsyncGenerator<{ data: { deliveryEvents: DeliveryUpdate } }> {
  yield { data: { deliveryEvents: update } };
  await new Promise(() => undefined);
}
