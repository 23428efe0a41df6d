/** What benchmarks share: paired rounds, medians, processes, and one line of JSON a figure. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
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
  }, 50);
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

/** Runs a statement that returns the id of the row that it adds. */
export async function insertId(db: Db, statement: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await statement.execute(db);
  const row: unknown = rows[0];
  if (typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'number') return row.id;
  throw new Error('The statement returned no id.');
}

/** A sandbox Kinesis in a process of its own, so that its CPU is not counted as ours. */
export interface SinkProcess extends AsyncDisposable {
  endpoint: string;
}

/** Starts a sandbox process with streams of 8 shards that keeps nothing and throttles nothing. */
export async function startSink(...streams: string[]): Promise<SinkProcess> {
  const options = ['--port', '0', '--limits', 'off', '--retain-bytes', '0'];
  for (const stream of streams) options.push('--stream', `${stream}:8`);
  const child = spawn(process.execPath, ['dist/sandbox/main.js', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const endpoint = await readEndpoint(child);
  return {
    endpoint,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function readEndpoint(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The sandbox has no output.');
  for await (const line of createInterface({ input: child.stdout })) {
    const message: unknown = JSON.parse(line);
    if (typeof message === 'object' && message !== null && 'endpoint' in message) return String(message.endpoint);
  }
  throw new Error('The sandbox ended before it was ready.');
}
