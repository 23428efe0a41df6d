import type { KyselyPlugin } from 'kysely';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { DeliveryUpdate } from '../../src/events/delivery-update.js';
import { encodeEventCursor } from '../../src/events/event-cursor.js';
import { createListener } from '../../src/storage/notification-listener.js';
import { deafListener, isLive, namesOf, nextEvent, readEnd, readUntil, useTails } from '../support/event-tail.js';
import { commitEvent, commitExportState, createEventScene, createExport, type EventScene } from '../support/events.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const tails = useTails(database);
let scene: EventScene;
/** All of the destination's events. */
let all: { workspaceId: number; destinationId: number };

beforeEach(async () => {
  scene = await createEventScene(database.db);
  all = { workspaceId: scene.workspaceId, destinationId: scene.destinationId };
});

async function commit(lane: number, content = {}) {
  await commitEvent(database.db, { ...scene, lane }, content);
  tails.notify(scene.destinationId);
}

async function commitMany(lane: number, count: number) {
  for (let done = 0; done < count; done += 1) await commit(lane);
}

/** Names of positions from 1 to the count in a lane. */
function laneNames(lane: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${lane}:${index + 1}`);
}

function expectInLaneOrder(names: readonly string[]) {
  for (let lane = 0; lane <= 16; lane += 1) {
    const ofLane = names.filter((name) => name.startsWith(`${lane}:`));
    expect(ofLane).toEqual(laneNames(lane, ofLane.length));
  }
}

function lastCursor(updates: readonly DeliveryUpdate[]): string | null {
  const last = updates.findLast((update) => update.kind !== 'END');
  return last?.cursor ?? null;
}

/** Counts the statements that run through a database, without changing them. */
function countStatements() {
  const counter = { count: 0 };
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      counter.count += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return { counter, db: database.db.withPlugin(plugin) };
}

test('a subscriber that breaks off 50 times while 20 writers commit misses nothing and sees nothing twice', async () => {
  const tail = tails.start({ ringCapacity: 24, batchLimit: 4 });
  const exportId = await createExport(database.db, scene);
  const starting = tail.subscribe(all);
  let after = lastCursor(await readUntil(starting, isLive));
  await starting.return?.();
  const writing = Promise.all(Array.from({ length: 20 }, (_, writer) => commitMany((writer * 7) % 16, 30))).then(() =>
    commitExportState(database.db, scene, { exportId, state: 'SUCCEEDED' }),
  );

  const names: string[] = [];
  for (let round = 0; round <= 50; round += 1) {
    const stream = tail.subscribe({ ...all, after });
    const quota = round === 50 ? Number.POSITIVE_INFINITY : 1 + ((round * 5) % 13);
    let read = 0;
    const updates = await readUntil(stream, (update) => {
      read += 1;
      return read >= quota || (update.kind === 'EVENT' && update.event.kind === 'EXPORT_STATE');
    });
    await stream.return?.();
    names.push(...namesOf(updates));
    after = lastCursor(updates) ?? after;
  }
  await writing;

  expect(names).toHaveLength(601);
  expect(new Set(names).size).toBe(601);
  expectInLaneOrder(names);
  expect(names.at(-1)).toBe('16:1');
});

test('200 subscribers of a destination share one reader', async () => {
  const { counter, db } = countStatements();
  const tail = tails.start({ db, pollMs: 60_000 });
  const streams = Array.from({ length: 200 }, () => tail.subscribe(all));
  await Promise.all(streams.map((stream) => readUntil(stream, isLive)));
  const atStart = counter.count;

  await commitMany(2, 20);
  const received = await Promise.all(
    streams.map((stream) => readUntil(stream, (update) => update.kind === 'EVENT' && update.event.position === 20)),
  );
  const live = counter.count - atStart;

  for (const updates of received) expect(namesOf(updates)).toEqual(laneNames(2, 20));
  // One for each to find its start, and a look or two of the reader.
  expect(atStart).toBeLessThanOrEqual(200 + 3);
  // At most one look a commit and one that follows it: nothing grows with the subscribers.
  expect(live).toBeLessThanOrEqual(2 * 20);
  await Promise.all(streams.map((stream) => stream.return?.()));
});

test('the reader rests when the last subscriber has left', async () => {
  const { counter, db } = countStatements();
  const tail = tails.start({ db, pollMs: 5 });
  const streams = [tail.subscribe(all), tail.subscribe(all)];
  await Promise.all(streams.map((stream) => stream.next()));
  await until(() => counter.count > 6);

  await Promise.all(streams.map((stream) => stream.return?.()));
  await tail[Symbol.asyncDispose]();
  const atEnd = counter.count;

  const later = tails.start({ pollMs: 5 }).subscribe(all);
  for (let round = 0; round < 3; round += 1) await commitMany(1, 1);
  await later.next();
  expect(counter.count).toBe(atEnd);
  await later.return?.();
});

test('a subscriber that falls out of the ring reads on from the rows and delays nobody', async () => {
  const tail = tails.start({ ringCapacity: 8, batchLimit: 3 });
  const [slow, fast] = [tail.subscribe(all), tail.subscribe(all)];
  await Promise.all([slow.next(), fast.next()]);

  await commitMany(4, 60);
  const isLast = (update: DeliveryUpdate) => update.kind === 'EVENT' && update.event.position === 60;
  const received = [await readUntil(fast, isLast), await readUntil(slow, isLast)];
  await commit(4);

  for (const updates of received) expect(namesOf(updates)).toEqual(laneNames(4, 60));
  expect(await nextEvent(slow)).toMatchObject({ event: { position: 61 } });
  await Promise.all([slow.return?.(), fast.return?.()]);
});

test('a subscriber that leaves much unread for long ends with CONSUMER_TOO_SLOW and can go on', async () => {
  let nowMs = 0;
  const tail = tails.start({ ringCapacity: 8, slowAfterMs: 30_000, now: () => nowMs });
  const [slow, fast] = [tail.subscribe(all), tail.subscribe(all)];
  await Promise.all([slow.next(), fast.next()]);
  await commitMany(4, 20);
  const isLast = (update: DeliveryUpdate) => update.kind === 'EVENT' && update.event.position === 20;
  await readUntil(fast, isLast);

  nowMs += 30_000;
  const pull = nextEvent(fast);
  await commit(4);
  await pull;

  const ended = await readEnd(slow);
  const resumed = tail.subscribe({ ...all, after: ended.resumeAfter });
  expect(ended.code).toBe('CONSUMER_TOO_SLOW');
  expect(namesOf(await readUntil(resumed, isLive))).toEqual(laneNames(4, 21));
  await Promise.all([resumed.return?.(), fast.return?.()]);
});

test('a live stream does not say again and again that it is live', async () => {
  const tail = tails.start();
  const stream = tail.subscribe(all);
  const updates = await readUntil(stream, isLive);
  for (let position = 1; position <= 30; position += 1) {
    await commit(4);
    if (position % 3 === 0)
      updates.push(
        ...(await readUntil(stream, (update) => update.kind === 'EVENT' && update.event.position === position)),
      );
  }

  expect(updates.filter((update) => update.kind === 'POSITION')).toHaveLength(1);
  expect(namesOf(updates)).toEqual(laneNames(4, 30));
  await stream.return?.();
});

test('a subscriber that is not far behind may take its time', async () => {
  let nowMs = 0;
  const tail = tails.start({ ringCapacity: 8, now: () => nowMs });
  const [slow, fast] = [tail.subscribe(all), tail.subscribe(all)];
  await Promise.all([slow.next(), fast.next()]);

  nowMs += 3_600_000;
  await commit(4);
  await nextEvent(fast);

  expect(await nextEvent(slow)).toMatchObject({ event: { position: 1 } });
  await Promise.all([slow.return?.(), fast.return?.()]);
});

test('with a broken LISTEN session the poll carries on', async () => {
  const log = pino({ level: 'silent' });
  const listener = createListener({ connection: database.connection, log });
  const stream = tails.start({ listener, pollMs: 20 }).subscribe(all);
  await stream.next();
  await listener[Symbol.asyncDispose]();

  await commit(1);

  expect(await nextEvent(stream)).toMatchObject({ event: { position: 1 } });
  await stream.return?.();
});

test('cut LISTEN sessions in between lose no event', async () => {
  const stream = tails.start({ pollMs: 60_000 }).subscribe(all);
  await stream.next();
  for (let position = 1; position <= 3; position += 1) {
    await commit(1);
    expect(await nextEvent(stream)).toMatchObject({ event: { position } });
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'tributary listener' and datname = current_database()`,
    );
  }
  await stream.return?.();
});

test('without any notification the poll finds events', async () => {
  const stream = tails.start({ listener: deafListener, pollMs: 20 }).subscribe(all);
  await stream.next();

  await commitEvent(database.db, { ...scene, lane: 11 });

  expect(await nextEvent(stream)).toMatchObject({ event: { sequence: 11, position: 1 } });
  await stream.return?.();
});

test('a database that does not answer for a while ends no stream', async () => {
  let isBroken = true;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (isBroken) throw new Error('the database is restarting');
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const tail = tails.start({ db: database.db.withPlugin(plugin), pollMs: 10 });
  const stream = tail.subscribe(all);
  const first = stream.next();
  isBroken = false;
  await first;

  isBroken = true;
  const pull = nextEvent(stream);
  await commit(1);
  isBroken = false;

  expect(await pull).toMatchObject({ event: { position: 1 } });
  await stream.return?.();
});

test('a replay whose reads fail goes on where it was', async () => {
  await commitMany(3, 5);
  let statements = 0;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      statements += 1;
      // The first finds the start; then reader and replay fail twice each.
      if (statements > 1 && statements <= 5) throw new Error('the database is restarting');
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const after = encodeEventCursor({ destinationId: scene.destinationId, positions: new Array(17).fill(0) });
  const stream = tails.start({ db: database.db.withPlugin(plugin), pollMs: 5 }).subscribe({ ...all, after });

  expect(namesOf(await readUntil(stream, isLive))).toEqual(laneNames(3, 5));
  await stream.return?.();
});
