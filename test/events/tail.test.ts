import { beforeEach, expect, test } from 'vitest';
import { encodeEventCursor } from '../../src/events/event-cursor.js';
import { isLive, namesOf, nextEvent, readEnd, readUntil, useTails } from '../support/event-tail.js';
import {
  commitEvent,
  commitExportState,
  commitHealth,
  createEventScene,
  createExport,
  type EventScene,
  insertEvent,
} from '../support/events.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const tails = useTails(database);
let scene: EventScene;
/** All of the destination's events. */
let all: { workspaceId: number; destinationId: number };

beforeEach(async () => {
  scene = await createEventScene(database.db);
  all = { workspaceId: scene.workspaceId, destinationId: scene.destinationId };
});

function cursorAt(positions: Record<number, number> = {}): string {
  const vector = Array.from({ length: 17 }, (_, sequence) => positions[sequence] ?? 0);
  return encodeEventCursor({ destinationId: scene.destinationId, positions: vector });
}

async function commit(lane: number, content = {}) {
  await commitEvent(database.db, { ...scene, lane }, content);
  tails.notify(scene.destinationId);
}

test('without a cursor the stream starts now, with a position, and goes on live', async () => {
  await commit(3);
  const stream = tails.start().subscribe(all);

  const first = await stream.next();
  await commit(3, { delivered: 4, codes: { THROTTLED: 2 } });
  const second = await nextEvent(stream);

  expect(first.value).toMatchObject({ kind: 'POSITION', isCaughtUp: true, cursor: cursorAt({ 3: 1 }) });
  expect(second).toMatchObject({
    cursor: cursorAt({ 3: 2 }),
    event: { kind: 'DELIVERIES', sequence: 3, position: 2, delivered: 4, bytes: 400, codes: { THROTTLED: 2 } },
  });
  await stream.return?.();
});

test('a cursor replays what came after it, each event once and in order of its lane, then says that it is live', async () => {
  for (let round = 0; round < 40; round += 1) await commit(round % 3);

  const stream = tails.start({ batchLimit: 4 }).subscribe({ ...all, after: cursorAt({ 0: 3, 1: 1 }) });
  const updates = await readUntil(stream, isLive);

  const names = namesOf(updates);
  const lane = (number: number) => names.filter((name) => name.startsWith(`${number}:`));
  expect(lane(0)).toEqual(Array.from({ length: 11 }, (_, index) => `0:${index + 4}`));
  expect(lane(1)).toEqual(Array.from({ length: 12 }, (_, index) => `1:${index + 2}`));
  expect(lane(2)).toEqual(Array.from({ length: 13 }, (_, index) => `2:${index + 1}`));
  expect(updates.at(-1)).toMatchObject({ cursor: cursorAt({ 0: 14, 1: 13, 2: 13 }) });
  await stream.return?.();
});

test('an export that succeeded says so only after its last records, however small the batches are', async () => {
  const exportId = await createExport(database.db, scene);
  for (let page = 0; page < 20; page += 1) await commit(page % 2, { exportIds: [exportId] });
  await commitExportState(database.db, scene, { exportId, state: 'SUCCEEDED' });
  await commit(0);

  const stream = tails.start({ batchLimit: 2 }).subscribe({ ...all, after: cursorAt() });
  const names = namesOf(await readUntil(stream, isLive));

  expect(names).toHaveLength(22);
  expect(names.slice(0, 20).sort()).toEqual(
    [0, 1].flatMap((lane) => Array.from({ length: 10 }, (_, index) => `${lane}:${index + 1}`)).sort(),
  );
  expect(names.indexOf('16:1')).toBe(20);
  await stream.return?.();
});

test('the health of the destination comes as it was then', async () => {
  const stream = tails.start().subscribe(all);
  await stream.next();

  await commitHealth(database.db, scene, { status: 'HALTED', message: 'no stream' });
  tails.notify(scene.destinationId);

  const { event } = await nextEvent(stream);
  expect(event).toMatchObject({ kind: 'HEALTH', health: { status: 'HALTED', message: 'no stream', code: null } });
  await stream.return?.();
});

test('a filter matches any export of an event, and what it leaves out moves the cursor all the same', async () => {
  const [wanted, other] = [await createExport(database.db, scene), await createExport(database.db, scene)];
  await commit(1, { exportIds: [other] });
  await commit(1, { exportIds: [other, wanted] });
  await commit(1, { exportIds: [] });
  await commitHealth(database.db, scene, { status: 'HEALTHY' });

  const stream = tails.start().subscribe({ ...all, exportId: wanted, after: cursorAt() });
  const updates = await readUntil(stream, isLive);

  expect(namesOf(updates)).toEqual(['1:2']);
  expect(updates.at(-1)).toMatchObject({ cursor: cursorAt({ 1: 3, 16: 1 }) });
  await stream.return?.();
});

test('a filtered stream gives a sign of life whose cursor has moved on', async () => {
  const exportId = await createExport(database.db, scene);
  const stream = tails.start({ heartbeatMs: 20 }).subscribe({ ...all, exportId });
  await stream.next();

  await commit(7);

  const updates = await readUntil(
    stream,
    (update) => update.kind === 'POSITION' && update.cursor === cursorAt({ 7: 1 }),
  );
  expect(namesOf(updates)).toEqual([]);
  await stream.return?.();
});

test('another activation is left out', async () => {
  const stream = tails.start().subscribe({ ...scene, after: cursorAt() });
  await commit(1, { activationId: scene.activationId + 1_000 });
  await commit(1);

  expect(await nextEvent(stream)).toMatchObject({ cursor: cursorAt({ 1: 2 }), event: { position: 2 } });
  await stream.return?.();
});

test.each([
  ['malformed', () => 'not a cursor'],
  ['of another destination', () => encodeEventCursor({ destinationId: 987_654, positions: new Array(17).fill(0) })],
  ['ahead of every event', () => cursorAt({ 4: 1 })],
])('a cursor that is %s ends the stream with CURSOR_INVALID', async (_, cursor) => {
  const stream = tails.start().subscribe({ ...all, after: cursor() });

  expect(await readUntil(stream, () => false)).toEqual([
    expect.objectContaining({ kind: 'END', code: 'CURSOR_INVALID', resumeAfter: null }),
  ]);
});

test.each([
  ['destination', (ids: typeof all) => ({ ...ids, destinationId: 987_654 })],
  ['destination in this workspace', (ids: typeof all) => ({ ...ids, workspaceId: ids.workspaceId + 1_000 })],
  ['export', (ids: typeof all) => ({ ...ids, exportId: 987_654 })],
  ['activation', (ids: typeof all) => ({ ...ids, activationId: 987_654 })],
])('without such an object (%s) the stream ends with NOT_FOUND', async (_, request) => {
  expect(await readEnd(tails.start().subscribe(request(all)))).toMatchObject({ code: 'NOT_FOUND', resumeAfter: null });
});

test('an export of another destination is not found', async () => {
  const other = await createEventScene(database.db);
  const exportId = await createExport(database.db, other);

  expect(await readEnd(tails.start().subscribe({ ...all, exportId }))).toMatchObject({ code: 'NOT_FOUND' });
});

test('a cursor older than what is kept ends with CURSOR_EXPIRED, and its resumeAfter repeats nothing', async () => {
  for (let count = 0; count < 5; count += 1) await commit(2);
  for (let count = 0; count < 2; count += 1) await commit(9);
  await database.pool.query('delete from delivery_event where destination_id = $1 and lane = 2 and position <= 3', [
    scene.destinationId,
  ]);
  const tail = tails.start();

  const ended = await readEnd(tail.subscribe({ ...all, after: cursorAt({ 2: 1, 9: 1 }) }));
  const resumed = tail.subscribe({ ...all, after: ended.resumeAfter });
  const names = namesOf(await readUntil(resumed, isLive));

  expect(ended).toMatchObject({ code: 'CURSOR_EXPIRED', resumeAfter: cursorAt({ 2: 3, 9: 1 }) });
  expect(names.toSorted()).toEqual(['2:4', '2:5', '9:2']);
  await resumed.return?.();
});

test('a lane of which nothing is kept expires a cursor too', async () => {
  await commit(2);
  await database.pool.query('delete from delivery_event where destination_id = $1', [scene.destinationId]);

  const ended = await readEnd(tails.start().subscribe({ ...all, after: cursorAt() }));

  expect(ended).toMatchObject({ code: 'CURSOR_EXPIRED', resumeAfter: cursorAt({ 2: 1 }) });
});

test('deleting the destination ends the stream with DESTINATION_DELETED', async () => {
  const stream = tails.start().subscribe(all);
  await stream.next();

  await database.pool.query('delete from destination where id = $1', [scene.destinationId]);
  tails.notify(scene.destinationId);

  expect(await readEnd(stream)).toMatchObject({ code: 'DESTINATION_DELETED', resumeAfter: null });
});

test('with an export the stream ends after its last state', async () => {
  const exportId = await createExport(database.db, scene);
  const stream = tails.start().subscribe({ ...all, exportId });
  await stream.next();

  await commit(5, { exportIds: [exportId] });
  await commitExportState(database.db, scene, { exportId, state: 'PARTIALLY_FAILED' });
  await commit(5, { exportIds: [exportId] });

  const updates = await readUntil(stream, () => false);
  expect(namesOf(updates)).toEqual(['5:1', '16:1']);
  expect(updates.at(-1)).toMatchObject({ kind: 'END', code: 'EXPORT_FINISHED' });
});

test('with an export that had finished before, the rest is replayed and the stream ends', async () => {
  const exportId = await createExport(database.db, scene);
  await commit(5, { exportIds: [exportId] });
  await commitExportState(database.db, scene, { exportId, state: 'SUCCEEDED' });
  const tail = tails.start();

  const replayed = await readUntil(tail.subscribe({ ...all, exportId, after: cursorAt() }), () => false);
  const fromNow = await readUntil(tail.subscribe({ ...all, exportId }), () => false);

  expect(namesOf(replayed)).toEqual(['5:1', '16:1']);
  expect(replayed.at(-1)).toMatchObject({ kind: 'END', code: 'EXPORT_FINISHED' });
  expect(fromNow.map((update) => update.kind)).toEqual(['POSITION', 'END']);
});

test('disposing the tail ends its streams with SERVER_STOPPING, and the next node goes on from there', async () => {
  const tail = tails.start();
  const stream = tail.subscribe(all);
  await commit(1);
  await stream.next();
  const waiting = readEnd(stream);

  await tail[Symbol.asyncDispose]();
  const ended = await waiting;
  await commit(1);
  const resumed = tails.start().subscribe({ ...all, after: ended.resumeAfter });

  expect(ended.code).toBe('SERVER_STOPPING');
  expect(await nextEvent(resumed)).toMatchObject({ event: { position: 2 } });
  expect(await readEnd(tail.subscribe({ ...all, after: ended.resumeAfter }))).toMatchObject({
    code: 'SERVER_STOPPING',
    resumeAfter: ended.resumeAfter,
  });
  await resumed.return?.();
});

test('leaving ends a pull that waits, and so does the signal', async () => {
  const tail = tails.start();
  const [left, aborted] = [new AbortController(), new AbortController()];
  const streams = [tail.subscribe(all, left.signal), tail.subscribe(all, aborted.signal)];
  await Promise.all(streams.map((stream) => stream.next()));
  const pulls = streams.map((stream) => stream.next());

  await streams[0]?.return?.();
  aborted.abort();

  expect(await Promise.all(pulls)).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test('an event whose transaction is still open is not skipped by later ones of other lanes', async () => {
  const stream = tails.start().subscribe(all);
  await stream.next();
  const opened = await database.db.startTransaction().execute();
  await insertEvent(opened, { ...scene, lane: 1 });
  await commit(2);
  const first = await nextEvent(stream);

  await opened.commit().execute();
  tails.notify(scene.destinationId);

  expect(first).toMatchObject({ cursor: cursorAt({ 2: 1 }) });
  expect(await nextEvent(stream)).toMatchObject({ cursor: cursorAt({ 1: 1, 2: 1 }) });
  await stream.return?.();
});
