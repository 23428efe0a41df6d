/**
 * `export-growth`: what a record of an export costs as the export grows, against itself at the first size (10,000): CPU of node and of
 * PostgreSQL, and time; and the largest resident memory that the worker ever had. Each size has a database of its own, with so
 * many profiles and no more, and a worker of its own (the product, `ROLE=worker`), which lives through all rounds; a
 * round runs all sizes by turns, small ones several times, so that each exports as many records up to 100,000.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { Closer } from '../src/closer.js';
import { LANE_WORK_CHANNEL } from '../src/delivery/engine.js';
import { createNotifier } from '../src/storage/notifications.js';
import { startDatabase } from './database.js';
import { median, round2, startSink } from './harness.js';
import { createExport, seedMembers, untilExported } from './members.js';
import { readCpuSeconds, readPeakRssMb, readServerCpuSeconds } from './process-cpu.js';
import { openWorkerSite, startWorker } from './worker.js';

const STREAM = 'bench';
const LANES = 8;
/** So many that the pace of a shard is not what is measured. */
const SHARDS = 128;
const ATTRIBUTE_BYTES = 560;
const RECORDS_OF_A_RUN = 100_000;

/** What a record took. */
interface Cost {
  nodeCpuMicros: number;
  databaseCpuMicros: number;
  wallMicros: number;
}

/** A database of one size with its worker. */
interface Site {
  size: number;
  run(): Promise<Cost>;
  readPeakRssMb(): Promise<number>;
}

/** Runs the benchmark and returns its figures. @param options `sizes` in profiles, the one to compare with first. */
export async function benchExportGrowth(options: {
  sizes: readonly number[];
  rounds: number;
}): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using closer = new Closer();
    const { endpoint } = closer.use(await startSink([STREAM], { shards: SHARDS }));
    const sites: Site[] = [];
    for (const size of options.sizes)
      sites.push(await openSite({ size, endpoint, closer, folder: path.join(folder, String(size)) }));
    const costs = new Map(sites.map(({ size }) => [size, [] as Cost[]]));
    for (let round = 0; round <= options.rounds; round += 1)
      for (const { size, run } of sites) {
        const cost = await run();
        // The first round warms all up.
        if (round > 0) costs.get(size)?.push(cost);
      }
    const peaks = await Promise.all(sites.map(async (site) => [site.size, await site.readPeakRssMb()] as const));
    return report(options, costs, new Map(peaks));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openSite(options: { size: number; endpoint: string; closer: Closer; folder: string }): Promise<Site> {
  const { size, endpoint, closer, folder } = options;
  const log = pino({ level: 'warn' });
  const { db, url } = closer.use(await startDatabase(path.join(folder, 'database'), 4));
  const members = await seedMembers(db, { profiles: size, stream: STREAM, attributeBytes: ATTRIBUTE_BYTES });
  const workerSite = await openWorkerSite(db, { connection: url, endpoint, folder });
  const { pid } = closer.use(await startWorker(workerSite, LANES));
  const notifier = closer.use(createNotifier({ db, log }));
  const exports = Math.max(1, Math.round(RECORDS_OF_A_RUN / size));
  return {
    size,
    readPeakRssMb: () => readPeakRssMb(pid),
    async run() {
      const node = await readCpuSeconds(pid);
      const database = await readServerCpuSeconds(db);
      const startedAt = performance.now();
      for (let number = 0; number < exports; number += 1) {
        const exportId = await createExport(db, members);
        notifier.notify(LANE_WORK_CHANNEL, String(members.destinationId));
        await untilExported(db, exportId);
      }
      const wallMicros = (1_000 * (performance.now() - startedAt)) / (exports * size);
      const nodeCpuMicros = (1e6 * ((await readCpuSeconds(pid)) - node)) / (exports * size);
      const databaseCpuMicros = (1e6 * ((await readServerCpuSeconds(db)) - database)) / (exports * size);
      return { wallMicros, nodeCpuMicros, databaseCpuMicros };
    },
  };
}

function report(
  { sizes, rounds }: { sizes: readonly number[]; rounds: number },
  costs: ReadonlyMap<number, readonly Cost[]>,
  peaks: ReadonlyMap<number, number>,
): Record<string, unknown> {
  const base = costs.get(sizes[0] ?? 0) ?? [];
  const figures = [...costs].map(([size, runs]) => {
    const ratio = (read: (cost: Cost) => number) =>
      round2(median(runs.map((cost, round) => read(cost) / read(base[round] ?? cost))));
    const middle = (name: keyof Cost) => round2(median(runs.map((cost) => cost[name])));
    return {
      profiles: size,
      ratioCpu: ratio(({ nodeCpuMicros, databaseCpuMicros }) => nodeCpuMicros + databaseCpuMicros),
      ratioWall: ratio(({ wallMicros }) => wallMicros),
      nodeCpuMicros: middle('nodeCpuMicros'),
      databaseCpuMicros: middle('databaseCpuMicros'),
      wallMicros: middle('wallMicros'),
      peakRssMb: peaks.get(size),
    };
  });
  return { bench: 'export-growth', rounds, lanes: LANES, figures };
}
