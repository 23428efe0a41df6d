/** Destinations with a rate: kept over all lanes, exports, live changes and workers, by what the stream got when. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { cutToRate } from '../../src/delivery/gate.js';
import type { Page, PageEntry } from '../../src/delivery/page.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import {
  addExport,
  addProfiles,
  cancelExport,
  exampleTarget,
  readBooks,
  setUpDelivery,
  startEngine,
  untilFinished,
} from '../support/delivery.js';
import { compareWithLedger } from '../support/delivery-ledger.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

test('two exports and two workers share one rate, stay below it, and use most of it', async () => {
  await using run = await prepare('shared', { profiles: 600, rate: 300 });
  const second = await addExport(database.db, run.setup);
  await using _one = run.start({ name: 'one' });
  await using _two = run.start({ name: 'two' });

  for (const exportId of [run.exportId, second])
    expect(await untilFinished(database.db, exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 600 });

  const { rate, busiest } = await run.measure(2_000);
  expect(rate).toBeLessThan(300 * 1.1);
  expect(rate).toBeGreaterThan(300 * 0.6);
  // A slice and what may be caught up come on top of two seconds of the rate.
  expect(busiest).toBeLessThan(3.5 * 300 * 1.1);
  expect(await run.compare()).toMatchObject({ told: 1_200, untold: [], invented: 0 });
});

test('a rate of one a second is kept, and lets a cancel through', async () => {
  await using run = await prepare('slow', { profiles: 60, rate: 1 });
  await using engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBeGreaterThan(2), {
    timeoutMs: 10_000,
  });

  await cancelExport(database.db, run.exportId);
  engine.wake();

  const books = await untilFinished(database.db, run.exportId, 3_000);
  expect(books).toMatchObject({ state: 'CANCELED', received: 60 });
  expect(books.delivered).toBeLessThan(10);
});

test('a rate that is lifted holds back no more', async () => {
  await using run = await prepare('lifted', { profiles: 400, rate: 10 });
  await using engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBeGreaterThan(2));

  await sql`update destination set max_records_per_second = null, version = version + 1
    where id = ${run.setup.destinationId}`.execute(database.db);
  engine.wake();

  expect(await untilFinished(database.db, run.exportId, 8_000)).toMatchObject({ delivered: 400 });
});

test('pages are cut to a quarter of a second, from a page that varies; skips are free', () => {
  const target = { ...exampleTarget, maxRecordsPerSecond: 20 };
  const page = (lane: number, kinds: string): Page => ({
    lane,
    target,
    slice: null,
    exports: new Map(),
    entries: [...kinds].map((kind) => entryOf(kind === 'r')),
    foundAtMs: 0,
  });
  const kindsOf = (pages: Page[]) =>
    pages.map(({ lane, entries }) => [lane, entries.map(({ verdict }) => ('record' in verdict ? 'r' : 's')).join('')]);
  const pages = [page(1, 'rrsr'), page(2, 'rrsr'), page(3, 'rr')];

  expect(kindsOf(cutToRate(pages, 0))).toEqual([
    [1, 'rrsr'],
    [2, 'rrs'],
  ]);
  expect(kindsOf(cutToRate(pages, 0.99))).toEqual([
    [3, 'rr'],
    [1, 'rrsr'],
  ]);
  expect(cutToRate([{ ...page(1, 'rrrrrrrr'), target: exampleTarget }], 0)[0]?.entries).toHaveLength(8);
});

function entryOf(isRecord: boolean): PageEntry {
  return {
    candidate: { activationId: 1, profileKey: 1, exports: {}, pending: null },
    causes: [],
    origin: 'MANUAL',
    activationVersion: 1,
    revision: 1,
    verdict: isRecord ? { record: { data: Buffer.from('{}'), partitionKey: 'k' } } : { skip: 'NOT_A_MEMBER' },
  };
}

async function prepare(stream: string, options: { profiles: number; rate: number }) {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  const setup = await setUpDelivery(database.db, { stream });
  await addProfiles(database.db, setup, options.profiles);
  await sql`update destination set max_records_per_second = ${options.rate}
    where id = ${setup.destinationId}`.execute(database.db);
  const exportId = await addExport(database.db, setup);
  return {
    setup,
    exportId,
    start: (overrides: Parameters<typeof startEngine>[2] = {}) => startEngine(database.db, sandbox.endpoint, overrides),
    compare: () => compareWithLedger(database.db, sandbox, { stream, destinationId: setup.destinationId }),
    /** Records a second after the first one, which may hold what was caught up; and how many came at most within `windowMs`. */
    async measure(windowMs: number): Promise<{ rate: number; busiest: number }> {
      const times = [...sandbox.listRecords(stream)].map((record) => Number(record.at)).sort((a, b) => a - b);
      const counts = times.map((start) => times.filter((time) => time >= start && time < start + windowMs).length);
      const from = (times[0] ?? 0) + 1_000;
      const seconds = ((times.at(-1) ?? 0) - from) / 1_000;
      return { rate: times.filter((time) => time >= from).length / seconds, busiest: Math.max(...counts) };
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}
