/** Exports with a rate: kept over lanes and workers, by what the stream got when; and nothing else waits for them. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, readBooks, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();

test('an export stays below its rate at all times, and near it', async () => {
  await using run = await prepare('paced', { profiles: 1_000, rate: 250 });
  await using _engine = run.start();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 1_000 });

  const { rate, busiest } = await run.measure(2_000);
  expect(rate).toBeLessThan(250 * 1.1);
  expect(rate).toBeGreaterThan(250 * 0.6);
  // A slice and what a lane may catch up come on top of two seconds of the rate.
  expect(busiest).toBeLessThan(3.5 * 250 * 1.1);
});

test('a lane that holds all members gets all of the rate', async () => {
  await using run = await prepare('one-lane', { profiles: 0, rate: 100 });
  await addLaneOfProfiles(run.setup, 300);
  await using _engine = run.start();

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ delivered: 300 });

  const { rate } = await run.measure(1_000);
  expect(rate).toBeLessThan(110);
  expect(rate).toBeGreaterThan(60);
});

test('a rate below one record a lane and second is kept, too', async () => {
  await using run = await prepare('slow', { profiles: 40, rate: 8 });
  await using _engine = run.start();

  await untilFinished(database.db, run.exportId);

  expect((await run.measure(1_000)).rate).toBeLessThan(8 * 1.1);
});

test('the rate is kept when another worker takes the lanes over', async () => {
  await using run = await prepare('taken-over', { profiles: 400, rate: 100 });
  const first = run.start({ name: 'first' });
  await until(async () => expect((await readBooks(database.db, run.exportId)).delivered).toBeGreaterThan(100));
  await first[Symbol.asyncDispose]();
  await using _second = run.start({ name: 'second' });

  expect(await untilFinished(database.db, run.exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 400 });

  expect((await run.measure(1_000)).rate).toBeLessThan(110);
});

test('an export without a rate does not wait for one that has one in the same lanes', async () => {
  await using run = await prepare('neighbour', { profiles: 500, rate: 10 });
  await using _engine = run.start();
  await until(async () => expect((await readBooks(database.db, run.exportId)).state).toBe('RUNNING'));
  const other = await addExport(database.db, run.setup);

  expect(await untilFinished(database.db, other, 8_000)).toMatchObject({ delivered: 500 });

  expect((await readBooks(database.db, run.exportId)).delivered).toBeLessThan(120);
});

async function prepare(stream: string, options: { profiles: number; rate: number }) {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  const setup = await setUpDelivery(database.db, { stream });
  await addProfiles(database.db, setup, options.profiles);
  const exportId = await addExport(database.db, setup);
  await sql`update export set max_records_per_second = ${options.rate} where id = ${exportId}`.execute(database.db);
  return {
    setup,
    exportId,
    start: (overrides: Parameters<typeof startEngine>[2] = {}) => startEngine(database.db, sandbox.endpoint, overrides),
    /** Records a second from the start of sending to the last one, and how many came at most within `windowMs`. */
    async measure(windowMs: number): Promise<{ rate: number; busiest: number }> {
      const started = await database.db
        .selectFrom('export')
        .select('started_at')
        .where('id', '=', exportId)
        .executeTakeFirstOrThrow();
      const times = [...sandbox.listRecords(stream)].map((record) => Number(record.at)).sort((a, b) => a - b);
      const counts = times.map((start) => times.filter((time) => time >= start && time < start + windowMs).length);
      const seconds = ((times.at(-1) ?? 0) - Number(started.started_at)) / 1_000;
      return { rate: times.length / seconds, busiest: Math.max(...counts) };
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Members whose ids all fall into lane 5; what their profile ids hash to does not matter here. */
async function addLaneOfProfiles(setup: { workspaceId: number; segmentIds: number[] }, count: number): Promise<void> {
  const [segmentId = 0] = setup.segmentIds;
  await sql`with added as (
      insert into profile (lane, workspace_id, profile_id, memberships, revision, size_bytes)
      select 5, ${setup.workspaceId}, 'q' || number,
        json_build_object(${String(segmentId)}::text, json_build_object('status', 'REALIZED', 'qualifiedAt', 't')), 1, 1
      from generate_series(1, ${count}) as number
      returning id
    )
    insert into membership (lane, segment_id, profile_id, status, qualified_at)
    select 5, ${segmentId}, id, 'REALIZED', 't' from added`.execute(database.db);
}
