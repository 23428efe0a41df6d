/** What benchmarks share: paired rounds, medians, processes, and one line of JSON a figure. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { sql } from 'kysely';
import type { Db } from '../src/storage/database.js';

/** What one measured run took. */
export interface Measurement {
  records: number;
  wallSeconds: number;
  /** CPU of this process, user and system. */
  cpuSeconds: number;
  /** Highest resident memory of this process seen during the run, in MB. */
  peakRssMb: number;
}

/** Measures a run in this process. */
export async function measure(records: number, run: () => Promise<void>): Promise<Measurement> {
  let peak = process.memoryUsage.rss();
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 250);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  try {
    await run();
  } finally {
    clearInterval(sampler);
  }
  const used = process.cpuUsage(cpu);
  return {
    records,
    wallSeconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
    peakRssMb: Math.round(Math.max(peak, process.memoryUsage.rss()) / 1024 / 1024),
  };
}

/** Records a second. */
export function throughput(measurement: Measurement): number {
  return measurement.records / measurement.wallSeconds;
}

/** Records a CPU second of this process. */
export function efficiency(measurement: Measurement): number {
  return measurement.records / measurement.cpuSeconds;
}

/** The middle value; of an even number, the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** Two places after the point. */
export function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Milliseconds of a clock that all processes of this machine share, and that never goes back. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Runs a statement that returns the id of the row that it adds. */
export async function insertId(db: Db, statement: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await statement.execute(db);
  const row: unknown = rows[0];
  if (typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'number') return row.id;
  throw new Error('The statement returned no id.');
}

/** The value at a share of the way through the sorted values (nearest rank), such as 0.99. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A process of its own, so that its CPU is not counted as that of whoever measures; disposing ends it. */
export interface BenchProcess extends AsyncDisposable {
  /** What the line of output said that it was waited for. */
  readonly found: string;
  readonly pid: number;
  /** Waits for a line of output that comes from now on. */
  waitForLine(find: FindInLine): Promise<string>;
}

/** What to take from a line of output; null if it is not the one. */
export type FindInLine = (line: string) => string | null;

/** Starts a process and waits for a line of its output. */
export async function startProcess(
  args: readonly string[],
  find: FindInLine,
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchProcess> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  if (!child.stdout) throw new Error('The process has no output.');
  const lines = createInterface({ input: child.stdout });
  return {
    found: await findLine(child, lines, find),
    pid: child.pid ?? 0,
    waitForLine: (wanted) => findLine(child, lines, wanted),
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      if (child.exitCode !== null || !child.kill('SIGTERM')) return;
      await exited;
    },
  };
}

/** What `npm start` runs once the tree is built, as arguments of node. */
export const SERVER = ['--max-semi-space-size=16', 'dist/server/main.js'] as const;

/** The product's server in a process of its own, on an empty database. */
export interface ServerProcess extends BenchProcess {
  url: string;
  /** Its first ADMIN key. */
  apiKey: string;
}

/**
 * Starts the product's server, which one client may measure at its full rate.
 * @param environment where its database and AWS are. @param nodeArgs options of node on top.
 */
export async function startServer(
  environment: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
): Promise<ServerProcess> {
  let url = '';
  const server = await startProcess(
    [...nodeArgs, ...SERVER],
    (line) => {
      url ||= /http:\S+/.exec(line)?.[0] ?? '';
      return line.trim().startsWith('trb_') ? line.trim() : null;
    },
    {
      KINESIS: 'aws',
      PORT: '0',
      LOG_LEVEL: 'warn',
      OPERATIONS_PER_KEY: '1000000',
      OPERATIONS_PER_ADDRESS: '1000000',
      ...environment,
    },
  );
  return Object.assign(server, { url, apiKey: server.found });
}

/** A sandbox Kinesis in a process of its own. */
export interface SinkProcess extends AsyncDisposable {
  endpoint: string;
}

/** Starts a sandbox process with streams that throttle nothing, of 8 shards, and keep nothing, unless told. */
export async function startSink(
  streams: readonly string[],
  options: { shards?: number; retainBytes?: number; limits?: 'aws' | 'off' } = {},
): Promise<SinkProcess> {
  const { shards = 8, retainBytes = 0, limits = 'off' } = options;
  const settings = ['--port', '0', '--limits', limits, '--retain-bytes', `${retainBytes}`];
  const args = [
    'dist/sandbox/main.js',
    ...settings,
    ...streams.flatMap((stream) => ['--stream', `${stream}:${shards}`]),
  ];
  const sink = await startProcess(args, findEndpoint);
  return { endpoint: sink.found, [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose]() };
}

/** Holds back the answer to each PutRecords call of a sink, with a timer, which takes no CPU; with 0 ms none any more. */
export async function slowDown(endpoint: string, delayMs: number): Promise<void> {
  await setFaults(endpoint, delayMs > 0 ? [{ kind: 'slow-answer', delayMs, match: { operation: 'PutRecords' } }] : []);
}

/** Replaces what goes wrong at a sink. */
export async function setFaults(endpoint: string, rules: readonly object[]): Promise<void> {
  const answer = await fetch(`${endpoint}/sandbox/faults`, { method: 'PUT', body: JSON.stringify({ rules }) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function findLine(child: ChildProcess, lines: Interface, find: FindInLine): Promise<string> {
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${child.spawnargs.slice(1).join(' ')} ended before it said what was waited for.`);
  });
  const found = new Promise<string>((resolve) => {
    const look = (line: string) => {
      const value = find(line);
      if (value === null) return;
      lines.off('line', look);
      resolve(value);
    };
    lines.on('line', look);
  });
  // Once it is ready, its end is nobody's failure.
  ended.catch(() => {});
  return await Promise.race([found, ended]);
}

function findEndpoint(line: string): string | null {
  const message: unknown = JSON.parse(line);
  return typeof message === 'object' && message !== null && 'endpoint' in message ? String(message.endpoint) : null;
}
