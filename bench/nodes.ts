/**
 * `nodes`: one export on 1, 2 and 4 worker processes, against itself on one; the sink holds each answer back for 200 ms. All
 * processes, the sink and PostgreSQL are on the same machine. A worker takes one step at a time (`DELIVERY_LANES=1`): with
 * four of them at four workers the export would be 40,000 records a second, which no two cores carry, and the cores would be what is
 * measured. The processes are the product's, with the role `worker`, fresh for each run; the same export to a sink that
 * answers at once warms them up.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { Closer } from '../src/closer.js';
import { LANE_WORK_CHANNEL } from '../src/delivery/engine.js';
import type { Db } from '../src/storage/database.js';
import { createNotifier } from '../src/storage/notifications.js';
import { startDatabase } from './database.js';
import { median, round2, slowDown, startSink } from './harness.js';
import { createExport, type Members, seedMembers, untilExported } from './members.js';
import { readCpuSeconds, readServerCpuSeconds } from './process-cpu.js';
import { openWorkerSite, startWorker, type WorkerSite } from './worker.js';

const STREAM = 'bench';
const COUNTS = [1, 2, 4];
const LANES = 1;
const DELAY_MS = 200;
/** So many that the pace of a shard is not what is measured. */
const SHARDS = 128;
const ATTRIBUTE_BYTES = 100;
/** Each worker learns with its heartbeats, one a second, how many there are. */
const ACQUAINTANCE_MS = 2_500;

/** One export on some workers. */
interface Run {
  workers: number;
  wallSeconds: number;
  /** Of all workers. */
  nodeCpuSeconds: number;
  databaseCpuSeconds: number;
}

interface Stage {
  db: Db;
  site: WorkerSite;
  members: Members;
  wake(): void;
}

/** Runs the benchmark and returns its figures. */
export async function benchNodes(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  const log = pino({ level: 'warn' });
  try {
    await using database = await startDatabase(path.join(folder, 'database'), 4);
    const { db } = database;
    await using sink = await startSink([STREAM], { shards: SHARDS });
    const members = await seedMembers(db, { ...options, stream: STREAM, attributeBytes: ATTRIBUTE_BYTES });
    const site = await openWorkerSite(db, { connection: database.url, endpoint: sink.endpoint, folder });
    await using notifier = createNotifier({ db, log });
    const wake = () => notifier.notify(LANE_WORK_CHANNEL, String(members.destinationId));
    const rounds: Run[][] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      const runs: Run[] = [];
      // In turns up and down, so that what drifts during a round favours nobody.
      for (const workers of round % 2 === 0 ? COUNTS : COUNTS.toReversed())
        runs.push(await run({ db, site, members, wake }, workers));
      rounds.push(runs);
    }
    return report(options, rounds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(stage: Stage, count: number): Promise<Run> {
  const { db, site } = stage;
  await using workers = new Closer();
  const pids: number[] = [];
  for (let started = 0; started < count; started += 1) pids.push(workers.use(await startWorker(site, LANES)).pid);
  await delay(ACQUAINTANCE_MS);
  await slowDown(site.endpoint, 0);
  await exportAll(stage);
  await slowDown(site.endpoint, DELAY_MS);
  await sql`vacuum analyze export_page, export_lane, lane`.execute(db);
  const node = await sumCpu(pids);
  const database = await readServerCpuSeconds(db);
  const startedAt = performance.now();
  await exportAll(stage);
  return {
    workers: count,
    wallSeconds: (performance.now() - startedAt) / 1_000,
    nodeCpuSeconds: (await sumCpu(pids)) - node,
    databaseCpuSeconds: (await readServerCpuSeconds(db)) - database,
  };
}

async function exportAll({ db, members, wake }: Stage): Promise<void> {
  const exportId = await createExport(db, members);
  wake();
  await untilExported(db, exportId);
}

async function sumCpu(pids: readonly number[]): Promise<number> {
  const seconds = await Promise.all(pids.map(readCpuSeconds));
  return seconds.reduce((sum, one) => sum + one, 0);
}

function report(
  options: { profiles: number; rounds: number },
  rounds: readonly (readonly Run[])[],
): Record<string, unknown> {
  const of = (runs: readonly Run[], count: number) => runs.find(({ workers }) => workers === count);
  const figures = COUNTS.map((count) => {
    const runs = rounds.flatMap((round) => of(round, count) ?? []);
    const middle = (read: (run: Run) => number) => round2(median(runs.map(read)));
    return {
      workers: count,
      shareOfLinear: round2(median(rounds.map((round) => shareOfLinear(of(round, 1), of(round, count))))),
      wallSeconds: middle((one) => one.wallSeconds),
      recordsPerSecond: Math.round(median(runs.map((one) => options.profiles / one.wallSeconds))),
      nodeCpuSeconds: middle((one) => one.nodeCpuSeconds),
      databaseCpuSeconds: middle((one) => one.databaseCpuSeconds),
    };
  });
  return { bench: 'nodes', ...options, lanesOfAWorker: LANES, sinkDelayMs: DELAY_MS, figures };
}

function shareOfLinear(one: Run | undefined, many: Run | undefined): number {
  return one && many ? one.wallSeconds / many.wallSeconds / many.workers : Number.NaN;
}
