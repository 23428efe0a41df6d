import { beforeEach, expect, test } from 'vitest';
import type { ExportTick } from '../../src/events/export-progress.js';
import { nextEvent, useTails } from '../support/event-tail.js';
import { commitEvent, commitExportState, createEventScene, createExport, type EventScene } from '../support/events.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const tails = useTails(database);
let scene: EventScene;
let request: { workspaceId: number; exportId: number };

beforeEach(async () => {
  scene = await createEventScene(database.db);
  request = { workspaceId: scene.workspaceId, exportId: await createExport(database.db, scene) };
});

async function commit(exportId: number) {
  await commitEvent(database.db, { ...scene, lane: 1 }, { exportIds: [exportId] });
  tails.notify(scene.destinationId);
}

async function finish() {
  await commitExportState(database.db, scene, { exportId: request.exportId, state: 'SUCCEEDED' });
  tails.notify(scene.destinationId);
}

async function readAll(stream: AsyncIterable<ExportTick>): Promise<ExportTick[]> {
  const ticks: ExportTick[] = [];
  for await (const tick of stream) ticks.push(tick);
  return ticks;
}

test('progress ticks now, after a change, and a last time when the export has finished', async () => {
  const stream = tails.start({ progressMs: 0 }).exportProgress(request);
  const first = await stream.next();
  await commit(request.exportId);
  const second = await stream.next();
  await finish();

  expect([first.value, second.value]).toEqual([{ exists: true }, { exists: true }]);
  expect(await readAll(stream)).toEqual([{ exists: true }]);
});

test('many changes become few ticks, and the last one comes after the end', async () => {
  const stream = tails.start({ progressMs: 100 }).exportProgress(request);
  const startedAt = performance.now();
  const reading = readAll(stream);
  for (let round = 0; round < 40; round += 1) await commit(request.exportId);
  await finish();

  const ticks = await reading;

  expect(ticks.length).toBeGreaterThan(1);
  expect(ticks.length).toBeLessThanOrEqual(2 + (performance.now() - startedAt) / 100);
});

test('a change that comes while the last tick is still at work ticks again', async () => {
  const tail = tails.start({ progressMs: 0 });
  const others = tail.subscribe({ workspaceId: scene.workspaceId, destinationId: scene.destinationId });
  const stream = tail.exportProgress(request);
  await others.next();
  await stream.next();

  await commit(request.exportId);
  await nextEvent(others);

  expect((await stream.next()).value).toEqual({ exists: true });
  await Promise.all([others.return?.(), stream.return?.()]);
});

test('what happens to other exports ticks nothing', async () => {
  const other = await createExport(database.db, scene);
  const stream = tails.start({ progressMs: 0 }).exportProgress(request);
  await stream.next();
  const pull = stream.next();
  for (let round = 0; round < 5; round += 1) await commit(other);
  const tickedEarly = await Promise.race([pull.then(() => true), commit(other).then(() => false)]);

  expect(tickedEarly).toBe(false);
  await stream.return?.();
  expect(await pull).toEqual({ done: true, value: undefined });
});

test('an export that had finished ticks once; one that is not there says so once', async () => {
  await finish();
  const tail = tails.start();

  expect(await readAll(tail.exportProgress(request))).toEqual([{ exists: true }]);
  expect(await readAll(tail.exportProgress({ ...request, exportId: 987_654 }))).toEqual([{ exists: false }]);
  expect(await readAll(tail.exportProgress({ ...request, workspaceId: 987_654 }))).toEqual([{ exists: false }]);
});

test('progress ends with its export, when the destination is deleted', async () => {
  const stream = tails.start().exportProgress(request);
  await stream.next();

  await database.pool.query('delete from destination where id = $1', [scene.destinationId]);
  tails.notify(scene.destinationId);

  expect(await readAll(stream)).toEqual([{ exists: false }]);
});

test('progress ends when the server stops', async () => {
  const tail = tails.start();
  const stream = tail.exportProgress(request);
  await stream.next();
  const reading = readAll(stream);

  await tail[Symbol.asyncDispose]();

  expect(await reading).toEqual([]);
  expect(await readAll(tail.exportProgress(request))).toEqual([]);
});
