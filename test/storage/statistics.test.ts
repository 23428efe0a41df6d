/** Counts by minute, and how housekeeping merges them: no number changes by it, whatever is written meanwhile. */

import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import type { StatisticsWindow } from '../../src/domain/statistics.js';
import { WINDOW_BUCKETS } from '../../src/domain/statistics.js';
import type { LaneClaim } from '../../src/storage/lanes.js';
import { addStatistics, readStatistics } from '../../src/storage/statistics.js';
import { deleteExpiredStatistics, mergeStatistics } from '../../src/storage/statistics-merge.js';
import { type DeliverySetup, exampleClaim, setUpDelivery } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let setup: DeliverySetup;

beforeEach(async () => {
  setup = await setUpDelivery(database.db, { stream: 'orders' });
});

test('what a page adds is summed by activation, lane and the minute of its transaction, and read of each kind of parent', async () => {
  const { activationId } = setup;
  const at = await database.db.transaction().execute(async (tx) => {
    const addNow = (lane: number, counters: Record<string, number>, activation = activationId) =>
      addStatistics(tx, claimOf(lane), [{ lane, activationId: activation, counters }]);
    await addNow(0, { delivered: 3, 'latency.100': 3 });
    await addNow(0, { delivered: 2, failed: 1, 'latency.90': 2, 'code.RECORD_TOO_LARGE': 1 });
    await addNow(7, { delivered: 1, 'latency.100': 1 });
    await addNow(0, { skipped: 9 }, activationId + 1);
    const { rows } = await sql<{ at: Date }>`select date_trunc('minute', now()) as at`.execute(tx);
    return rows[0]?.at;
  });

  const all = { delivered: 6, failed: 1, 'latency.100': 4, 'latency.90': 2, 'code.RECORD_TOO_LARGE': 1 };
  expect(await read('activation', 'LAST_HOUR')).toEqual([{ from: at, counters: all }]);
  expect(await read('destination', 'LAST_HOUR')).toEqual([{ from: at, counters: { ...all, skipped: 9 } }]);
  expect(await read('workspace', 'LAST_HOUR')).toEqual([{ from: at, counters: { ...all, skipped: 9 } }]);
  expect(await countRows()).toEqual({ 'lane 0 of 1 min': 2, 'lane 7 of 1 min': 1 });
});

test('merging changes no number of any window, and leaves one row a span for all lanes', async () => {
  // Every 7 minutes over 30 hours, in 16 lanes by turns.
  for (let minutes = 1; minutes < 1_800; minutes += 7)
    await add(minutes % 16, await minutesAgo(minutes), { delivered: minutes, [`latency.${minutes % 3}`]: minutes });
  const before = await readAll();
  const isSame = await isSameBucket();

  while ((await mergeStatistics(database.db)) > 0);

  const after = await readAll();
  // The clock may have gone on to another bucket.
  if (await isSame()) expect(after).toEqual(before);
  expect(sumDelivered(after.LAST_30_DAYS)).toBe(sumDelivered(before.LAST_30_DAYS));
  const rows = await countRows();
  expect(rows['lane -1 of 15 min']).toBeLessThanOrEqual(24 * 4 + 1);
  expect(rows['lane -1 of 60 min']).toBeLessThanOrEqual(5);
  expect(rows['lane -1 of 1 min']).toBeLessThanOrEqual(18);
});

test('a page that is committed while its old minute is merged is counted once', async () => {
  const at = await minutesAgo(200);
  await add(0, at, { delivered: 10 });
  let merging: Promise<number> | undefined;
  await database.db.transaction().execute(async (tx) => {
    await add(0, at, { delivered: 5 }, tx);
    merging = mergeStatistics(database.db);
    await until(async () => (await countWaiting()) > 0);
  });
  await merging;
  await add(0, at, { delivered: 1 });

  expect(sumDelivered(await read('activation', 'LAST_24_HOURS'))).toBe(16);
  expect(await countRows()).toEqual({ 'lane -1 of 15 min': 1, 'lane 0 of 1 min': 1 });
});

test('at every moment of merging, with commits beside it, a read gives exactly what is committed', async () => {
  const at = await minutesAgo(200);
  let begun = 0;
  let committed = 0;
  let isOver = false;
  const writers = [0, 1, 2].map(async (lane) => {
    for (let count = 0; count < 100; count += 1) {
      begun += 1;
      await add(lane, at, { delivered: 1 });
      committed += 1;
    }
  });
  const mergers = (async () => {
    let merged = 0;
    while (!isOver) merged += await mergeStatistics(database.db);
    return merged;
  })();
  const readers = (async () => {
    let reads = 0;
    for (; !isOver; reads += 1) {
      const least = committed;
      const total = sumDelivered(await read('destination', 'LAST_24_HOURS'));
      expect(total).toBeGreaterThanOrEqual(least);
      expect(total).toBeLessThanOrEqual(begun);
    }
    return reads;
  })();

  await Promise.all(writers).finally(() => {
    isOver = true;
  });

  expect(await mergers).toBeGreaterThan(10);
  expect(await readers).toBeGreaterThan(10);
  expect(sumDelivered(await read('destination', 'LAST_24_HOURS'))).toBe(300);
});

test('a destination that is being deleted is left alone, and its counts go with it', async () => {
  await add(0, await minutesAgo(200), { delivered: 1 });
  await database.db.transaction().execute(async (tx) => {
    await sql`select from destination where id = ${setup.destinationId} for update`.execute(tx);

    // It neither waits nor takes what the deletion is going to lock.
    await mergeStatistics(database.db);

    expect(await countRows()).toEqual({ 'lane 0 of 1 min': 1 });
    await sql`delete from activation where destination_id = ${setup.destinationId}`.execute(tx);
    await sql`delete from destination where id = ${setup.destinationId}`.execute(tx);
  });

  expect(await countRows()).toEqual({});
});

test('merged counts older than 31 days go, and no others', async () => {
  for (const hours of [31 * 24 + 2, 31 * 24 - 2, 25, 1])
    await add(0, await minutesAgo(hours * 60), { delivered: hours });
  while ((await mergeStatistics(database.db)) > 0);

  await deleteExpiredStatistics(database.db);

  expect(await countRows()).toEqual({ 'lane -1 of 60 min': 1, 'lane -1 of 15 min': 1, 'lane -1 of 1 min': 1 });
});

function claimOf(lane: number): LaneClaim {
  return { ...exampleClaim, workspaceId: setup.workspaceId, destinationId: setup.destinationId, lane };
}

/** As `addStatistics` does, at a time of one's choice. */
async function add(lane: number, at: Date, counters: Record<string, number>, db = database.db): Promise<void> {
  await sql`
    insert into delivery_stat as stat (workspace_id, destination_id, activation_id, lane, span_minutes, started_at, counts)
    values (
      ${setup.workspaceId}, ${setup.destinationId}, ${setup.activationId}, ${lane}, 1, date_trunc('minute', ${at}::timestamptz),
      ${JSON.stringify(counters)}::jsonb
    )
    on conflict (destination_id, started_at, activation_id, lane, span_minutes) do update
    set counts = add_counts(stat.counts, excluded.counts)`.execute(db);
}

async function read(scope: 'activation' | 'destination' | 'workspace', window: StatisticsWindow) {
  const id = setup[`${scope}Id`];
  const { buckets } = await readStatistics(database.db, [id], { scope, ...WINDOW_BUCKETS[window] });
  return buckets.map(({ from, counters }) => ({ from, counters })).sort((a, b) => a.from.getTime() - b.from.getTime());
}

async function readAll() {
  return {
    LAST_HOUR: await read('destination', 'LAST_HOUR'),
    LAST_24_HOURS: await read('destination', 'LAST_24_HOURS'),
    LAST_7_DAYS: await read('destination', 'LAST_7_DAYS'),
    LAST_30_DAYS: await read('destination', 'LAST_30_DAYS'),
  };
}

function sumDelivered(buckets: Awaited<ReturnType<typeof read>>): number {
  return buckets.reduce((sum, { counters }) => sum + (counters['delivered'] ?? 0), 0);
}

/** The begin of a minute, by the database's clock. */
async function minutesAgo(minutes: number): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`
    select date_trunc('minute', now()) - ${minutes} * interval '1 minute' as at`.execute(database.db);
  return rows[0]?.at ?? new Date(0);
}

/** Tells later whether it is still the same minute. */
async function isSameBucket(): Promise<() => Promise<boolean>> {
  const before = await minutesAgo(0);
  return async () => (await minutesAgo(0)).getTime() === before.getTime();
}

async function countRows(): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; count: number }>`
    select 'lane ' || lane || ' of ' || span_minutes || ' min' as name, count(*)::int as count
    from delivery_stat
    where destination_id = ${setup.destinationId}
    group by 1`.execute(database.db);
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

/** Sessions that wait for another one's lock. */
async function countWaiting(): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
  return rows[0]?.waiting ?? 0;
}
