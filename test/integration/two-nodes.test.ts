/** Two servers on one database share an export; what one leaves, killed or stopped, the other finishes. */

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readLedgerBook } from '../support/ledger.js';
import type { ServerProcess } from '../support/processes.js';
import { fill, frontendOf, type Stage, setStage } from '../support/stage.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const PROFILES = 12_000;
const LONG_EXPORT = 36_000;
const LANES = 16;
/** Lease 3 s, heartbeat and look for work 1 s each. */
const TAKEOVER_MS = 5_000;

const database = useTestDatabase();
const encryptionKey = randomBytes(32).toString('base64');
test('two servers share an export, and one finishes it within the lease of the other, which was killed', async ({
  annotate,
}) => {
  await using stage = await setTwoNodes({ lanes: LANES });
  const [first, second] = [await stage.startServer(), await stage.startServer()];
  const { activationId, profileIds } = await fill(frontendOf(first), PROFILES);
  await stage.sandbox.setFaults(slow(1_500));
  const started = await frontendOf(first).triggerExport(activationId);
  await until(() => readSending(stage, [first, second]), { timeoutMs: 30_000 });

  await first.kill('SIGKILL');
  const killedAt = performance.now();
  const lanes = await readLanes(first);
  await until(() => expectMoved(lanes), { timeoutMs: 30_000 });
  const takeoverMs = performance.now() - killedAt;
  await annotate(`takeover of ${lanes.length} lanes: ${Math.round(takeoverMs)} ms`);
  const finished = await frontendOf(second).untilFinished(started.id);
  const ledger = await readLedgerBook(stage.ledger);

  expect(lanes.length).toBeGreaterThan(0);
  expect(takeoverMs).toBeLessThan(TAKEOVER_MS);
  expect(finished).toMatchObject({ state: 'SUCCEEDED', received: PROFILES, delivered: PROFILES, pending: 0 });
  expect(ledger.findLost(profileIds)).toEqual([]);
  expect(ledger.duplicates).toBeLessThanOrEqual(lanes.length * 500);
  expect(await frontendOf(second).readMetric('tributary_lane_takeovers_total')).toBe(lanes.length);
}, 120_000);

test('a rolling restart of two servers in mid-export loses nothing and sends nothing twice', async () => {
  // One call at a time, so that there is an export to share until the last restart.
  await using stage = await setTwoNodes({ lanes: 1 });
  const [first, second] = [await stage.startServer(), await stage.startServer()];
  const { activationId, profileIds } = await fill(frontendOf(first), LONG_EXPORT);
  // Shorter than what makes a call a slow one, whose lane leaves its place to others.
  await stage.sandbox.setFaults(slow(200));
  const started = await frontendOf(first).triggerExport(activationId);
  await until(() => readSending(stage, [first, second]), { timeoutMs: 30_000 });

  const stops = [await stop(first)];
  const third = await stage.startServer();
  const sent = await until(() => readSending(stage, [second, third]), { timeoutMs: 30_000 });
  stops.push(await stop(second));
  const finished = await frontendOf(third).untilFinished(started.id);
  const ledger = await readLedgerBook(stage.ledger);

  expect(stops.map(({ code }) => code)).toEqual([0, 0]);
  expect(Math.max(...stops.map(({ tookMs }) => tookMs))).toBeLessThan(25_000);
  expect(sent, 'the second stop came in mid-export').toBeLessThan(LONG_EXPORT);
  expect(finished).toMatchObject({
    state: 'SUCCEEDED',
    received: LONG_EXPORT,
    delivered: LONG_EXPORT,
    possibleDuplicates: 0,
  });
  expect(ledger.findLost(profileIds)).toEqual([]);
  expect(ledger.duplicates).toBe(0);
}, 120_000);

async function setTwoNodes({ lanes }: { lanes: number }): Promise<Stage> {
  await sql`truncate workspace, worker cascade`.execute(database.db);
  const environment = {
    DATABASE_URL: database.connection,
    ENCRYPTION_KEY: encryptionKey,
    DELIVERY_LANES: String(lanes),
  };
  return await setStage({ environment });
}

/** Each call takes so long, its records appended at its start: the export is in the middle for a while. */
function slow(delayMs: number): object[] {
  return [{ kind: 'slow-answer', delayMs, match: { operation: 'PutRecords' } }];
}

async function stop(server: ServerProcess): Promise<{ code: number | null; tookMs: number }> {
  const startedAt = performance.now();
  const code = await server.kill('SIGTERM');
  return { code, tookMs: performance.now() - startedAt };
}

interface HeldLane {
  lane: number;
  epoch: number;
}

/** The lanes that a server holds: its process id ends its worker's name. */
async function readLanes(server: ServerProcess): Promise<HeldLane[]> {
  const { rows } = await sql<HeldLane>`/* test.read_lanes */
    select lane.lane, lane.epoch
    from lane
    join worker on worker.id = lane.worker_id
    where worker.name like ${`%:${server.pid}`}`.execute(database.db);
  return rows;
}

/** Records sent so far, once there are some and each server holds lanes. */
async function readSending(stage: Stage, servers: ServerProcess[]): Promise<number> {
  const counts = await Promise.all(servers.map(async (server) => (await readLanes(server)).length));
  const sent = await stage.sandbox.countRecords();
  if (counts.includes(0) || sent === 0)
    throw new Error(`${counts.join(' and ')} lanes are held, ${sent} records sent.`);
  return sent;
}

async function expectMoved(lanes: HeldLane[]): Promise<void> {
  const { rows } = await sql<HeldLane>`/* test.read_epochs */ select lane, epoch from lane`.execute(database.db);
  const epochs = new Map(rows.map((row) => [row.lane, row.epoch]));
  const left = lanes.filter(({ lane, epoch }) => epochs.get(lane) === epoch);
  if (left.length > 0) throw new Error(`${left.length} of ${lanes.length} lanes are the killed server's yet.`);
}
