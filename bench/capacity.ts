/**
 * `capacity`: an export to a stream of 8 shards that hold to AWS's limits, against a plain SDK loop that sends what failed
 * again at once: how much of the capacity each uses, and how many records it is refused. Paired rounds in one run, each
 * on a stream of its own, whose buckets are full.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { startDatabase } from './database.js';
import { type Measurement, measure, median, startSink } from './harness.js';
import { runExport, seedMembers } from './members.js';
import { runSdkLoop } from './sdk-loop.js';

const SHARDS = 8;
const SHARD_RECORDS_PER_SECOND = 1_000;
const LANES = 8;
const LOOK_MS = 20;
/** Records of about 600 bytes: their number is the limit, not their size. */
const ATTRIBUTE_BYTES = 100;
const PAYLOAD = Buffer.alloc(600, 'x');

/** One run, what it was refused, and how long it took from its first record on: an export lists its members before. */
interface Run extends Measurement {
  refused: number;
  sendingSeconds: number;
}

/** Runs the benchmark and returns its figures. */
export async function benchCapacity(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using database = await startDatabase(folder, 20);
    const rounds = Array.from({ length: options.rounds }, (_, round) => ({
      ours: `ours-${round}`,
      sdk: `sdk-${round}`,
    }));
    const streams = rounds.flatMap(({ ours, sdk }) => [ours, sdk]);
    await using sink = await startSink(streams, { shards: SHARDS, limits: 'aws' });
    const { endpoint } = sink;
    const members = await seedMembers(database.db, { ...options, stream: 'ours-0', attributeBytes: ATTRIBUTE_BYTES });
    const found: { ours: Run[]; sdk: Run[] } = { ours: [], sdk: [] };
    for (const { ours, sdk } of rounds) {
      const loop = { endpoint, stream: sdk, count: options.profiles, payload: PAYLOAD, concurrency: LANES };
      found.sdk.push(await watch(endpoint, options.profiles, () => runSdkLoop(loop)));
      await sql`update destination set stream = ${ours}, version = version + 1 where id = ${members.destinationId}`.execute(
        database.db,
      );
      found.ours.push(
        await watch(endpoint, options.profiles, () => runExport(database.db, members, { endpoint, lanes: LANES })),
      );
    }
    return { bench: 'capacity', ...options, ours: describe(found.ours), sdk: describe(found.sdk) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function watch(endpoint: string, records: number, run: () => Promise<void>): Promise<Run> {
  const before = await readStats(endpoint);
  const begun = untilFirstRecord(endpoint, before.records);
  const measurement = await measure(records, run);
  const sendingSeconds = (performance.now() - (await begun)) / 1_000;
  const after = await readStats(endpoint);
  return { ...measurement, sendingSeconds, refused: after.throttledRecords - before.throttledRecords };
}

async function untilFirstRecord(endpoint: string, before: number): Promise<number> {
  while ((await readStats(endpoint)).records === before) await delay(LOOK_MS);
  return performance.now();
}

async function readStats(endpoint: string): Promise<{ records: number; throttledRecords: number }> {
  const stats: unknown = await (await fetch(new URL('/sandbox/stats', endpoint))).json();
  if (typeof stats !== 'object' || stats === null || !('throttledRecords' in stats) || !('records' in stats))
    throw new Error('The sink tells no statistics.');
  return { records: Number(stats.records), throttledRecords: Number(stats.throttledRecords) };
}

function describe(runs: readonly Run[]): Record<string, unknown> {
  return {
    recordsPerSecond: Math.round(median(runs.map(({ records, wallSeconds }) => records / wallSeconds))),
    shareOfCapacity: round3(median(runs.map((run) => shareOfCapacity(run, run.sendingSeconds)))),
    shareWithListing: round3(median(runs.map((run) => shareOfCapacity(run, run.wallSeconds)))),
    shareRefused: round3(median(runs.map(({ records, refused }) => refused / (records + refused)))),
    cpuSeconds: round3(median(runs.map(({ cpuSeconds }) => cpuSeconds))),
  };
}

/** Of what the shards took while it ran, and of the second's worth that stood in their full buckets. */
function shareOfCapacity({ records }: Run, seconds: number): number {
  return records / (SHARDS * SHARD_RECORDS_PER_SECOND * (seconds + 1));
}

function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
