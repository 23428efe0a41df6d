/**
 * `cold-start`: from the start of the process to readiness, on a folder with data, against PostgreSQL's own start on the same
 * folder. The server stops with its last process, so that each start is one from nothing.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { startEmbeddedServer } from '../src/storage/embedded-server.js';
import { startProduct } from './contestant.js';
import { median, SERVER, startProcess, startSink } from './harness.js';
import { readCpuSeconds } from './process-cpu.js';

const STREAM = 'bench';
const POLL_MS = 10;

/** Runs the benchmark and returns its figures; `profiles` are there before the starts. */
export async function benchColdStart(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using sink = await startSink([STREAM]);
    const track = { folder, endpoint: sink.endpoint, stream: STREAM, profiles: options.profiles };
    await (await startProduct(track))[Symbol.asyncDispose]();
    const dataFolder = path.join(folder, 'product');
    const ours: number[] = [];
    const database: number[] = [];
    const cpu: number[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      const first = await time(() => startEmbeddedServer({ dataFolder, log: pino({ level: 'warn' }) }));
      const second = await time(() => startReady(dataFolder, sink.endpoint, cpu));
      // The first round brings files into memory.
      if (round > 0) database.push(first);
      if (round > 0) ours.push(second);
    }
    const beyond = ours.map((ms, round) => ms - (database[round] ?? 0));
    const figures = {
      ourMs: median(ours),
      databaseMs: median(database),
      beyondMs: median(beyond),
      ourCpuMs: median(cpu),
    };
    return { bench: 'cold-start', ...options, ...mapRounded(figures) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts something, and ends it again. @returns how long the start took, in ms. */
async function time(start: () => Promise<AsyncDisposable>): Promise<number> {
  const startedAt = performance.now();
  await using _started = await start();
  return performance.now() - startedAt;
}

/** What `npm start` runs once the tree is built; resolves when it is ready. @param cpu gets the CPU of node until then, in ms. */
async function startReady(dataFolder: string, endpoint: string, cpu: number[]): Promise<AsyncDisposable> {
  const server = await startProcess(SERVER, (line) => /http:\/\/\S+/.exec(line)?.[0] ?? null, {
    DATA_FOLDER: dataFolder,
    KINESIS: 'aws',
    KINESIS_ENDPOINT: endpoint,
    PORT: '0',
    LOG_LEVEL: 'warn',
  });
  while (!(await fetch(`${new URL(server.found).origin}/health/ready`)).ok) await delay(POLL_MS);
  cpu.push(1_000 * (await readCpuSeconds(server.pid)));
  return server;
}

function mapRounded(figures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value)]));
}
