/** What a stream tells so that another can stand in for it: its subject, and from which number on. */

import { beforeEach, expect, test } from 'vitest';
import { isLive, nextEvent, readEnd, readUntil, useTails } from '../support/event-tail.js';
import { commitEvent, createEventScene, createExport, type EventScene } from '../support/events.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const tails = useTails(database);
let scene: EventScene;
let all: { workspaceId: number; destinationId: number };

beforeEach(async () => {
  scene = await createEventScene(database.db);
  all = { workspaceId: scene.workspaceId, destinationId: scene.destinationId };
});

async function commit(lane: number) {
  await commitEvent(database.db, { ...scene, lane });
  tails.notify(scene.destinationId);
}

test('two live streams of a subject stand at one number, and give the same update at the same number', async () => {
  const tail = tails.start();
  const first = tail.subscribe(all);
  await readUntil(first, isLive);
  for (const lane of [3, 9]) await commit(lane);
  await nextEvent(first);
  await nextEvent(first);
  const second = tail.subscribe(all);
  await readUntil(second, isLive);

  const [before, level] = [first.liveAt, second.liveAt];
  await commit(5);
  const updates = [await nextEvent(first), await nextEvent(second)];

  expect(before).toBe(2);
  expect(level).toBe(before);
  expect(updates[0]).toMatchObject({ number: before, event: { sequence: 5 } });
  expect(updates[1]).toEqual(updates[0]);
  expect([first.liveAt, second.liveAt]).toEqual([3, 3]);
  await Promise.all([first.return?.(), second.return?.()]);
});

test('a stream is not live before it has caught up, between two events of one look, or after its end', async () => {
  const tail = tails.start();
  const start = tail.subscribe(all);
  const [position] = await readUntil(start, isLive);
  const after = position?.kind === 'POSITION' ? position.cursor : null;
  await commit(1);
  await commit(1);
  await nextEvent(start);
  await nextEvent(start);
  const late = tail.subscribe({ ...all, after });

  const seen = [late.liveAt];
  await nextEvent(late);
  seen.push(late.liveAt);
  await nextEvent(late);
  seen.push(late.liveAt);
  const ending = readEnd(late);
  await tail[Symbol.asyncDispose]();
  await ending;
  seen.push(late.liveAt);

  expect(seen).toEqual([null, null, start.liveAt ?? 2, null]);
});

test('what is read from the rows has no number', async () => {
  const tail = tails.start({ ringCapacity: 4, batchLimit: 2 });
  const first = tail.subscribe(all);
  const [position] = await readUntil(first, isLive);
  for (let count = 0; count < 12; count += 1) await commit(2);
  const last = await readUntil(first, (update) => update.kind === 'EVENT' && update.event.position === 12);

  const late = tail.subscribe({ ...all, after: position?.kind === 'POSITION' ? position.cursor : null });
  const early = await nextEvent(late);

  expect(last.at(-1)).toMatchObject({ number: 11 });
  expect(early).toMatchObject({ number: null, event: { position: 1 } });
  expect(late.liveAt).toBeNull();
  await Promise.all([first.return?.(), late.return?.()]);
});

test('a stream resumes from a cursor with its own filter', async () => {
  const tail = tails.start();
  const stream = tail.subscribe({ ...all, activationId: scene.activationId });
  await readUntil(stream, isLive);
  await commit(7);
  const { cursor } = await nextEvent(stream);
  await commitEvent(database.db, { ...scene, lane: 7 }, { activationId: scene.activationId + 1 });
  await commit(7);

  const resumed = stream.resume(cursor);

  expect(await nextEvent(resumed)).toMatchObject({ event: { sequence: 7, position: 3 } });
  expect(resumed.subject).toBe(stream.subject);
  await Promise.all([stream.return?.(), resumed.return?.()]);
});

test('subjects differ by workspace, destination and activation; the stream of an export is nobody else’s', async () => {
  const tail = tails.start();
  const exportId = await createExport(database.db, scene);
  const requests = [all, { ...all, activationId: 1 }, { ...all, destinationId: 1 }, { ...all, workspaceId: 1 }];
  const subjects = requests.map((request) => tail.subscribe(request).subject);

  expect(new Set(subjects).size).toBe(4);
  expect(tail.subscribe({ ...all, after: 'elsewhere' }).subject).toBe(subjects[0]);
  expect(tail.subscribe({ ...all, exportId }).subject).toBeNull();
});
