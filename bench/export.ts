/**
 * `export`: stored members → delivered and on the books, in one process with the embedded database beside it, against
 * the SDK loop with ready-made payloads, same sink, same number of calls at once, paired rounds in one run.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import type { Db } from '../src/storage/database.js';
import { startDatabase } from './database.js';
import { efficiency, type Measurement, measure, median, round2, startSink, throughput } from './harness.js';
import { runExport, seedMembers } from './members.js';
import { runSdkLoop } from './sdk-loop.js';

const STREAM = 'bench';
const LANES = 8;
/** So many that the pace of a shard, 1,000 records a second, is not what is measured. */
const SHARDS = 128;
const ATTRIBUTE_BYTES = 560;

/** Runs the benchmark and returns its figures. */
export async function benchExport(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using database = await startDatabase(folder, 20);
    await using sink = await startSink([STREAM], { shards: SHARDS });
    const setup = await seedMembers(database.db, { ...options, stream: STREAM, attributeBytes: ATTRIBUTE_BYTES });
    const payload = Buffer.from(await samplePayload(database.db));
    const ours: Measurement[] = [];
    const loop: Measurement[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      const sdk = { endpoint: sink.endpoint, stream: STREAM, count: options.profiles, payload, concurrency: LANES };
      const first = await measure(options.profiles, () => runSdkLoop(sdk));
      const second = await measure(options.profiles, () =>
        runExport(database.db, setup, { endpoint: sink.endpoint, lanes: LANES }),
      );
      // The first round warms both up.
      if (round > 0) loop.push(first);
      if (round > 0) ours.push(second);
    }
    return report(options, { ours, loop, payloadBytes: payload.length });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function report(
  options: { profiles: number; rounds: number },
  found: { ours: Measurement[]; loop: Measurement[]; payloadBytes: number },
): Record<string, unknown> {
  const ratios = found.ours.map((run, round) => throughput(run) / throughput(at(found.loop, round)));
  const cpuRatios = found.ours.map((run, round) => efficiency(run) / efficiency(at(found.loop, round)));
  return {
    bench: 'export',
    ...options,
    recordBytes: found.payloadBytes,
    ratioRecordsPerSecond: round2(median(ratios)),
    ratioRecordsPerCpuSecond: round2(median(cpuRatios)),
    ourRecordsPerSecond: Math.round(median(found.ours.map(throughput))),
    sdkRecordsPerSecond: Math.round(median(found.loop.map(throughput))),
    ourCpuMicrosPerRecord: round2(1e6 / median(found.ours.map(efficiency))),
    sdkCpuMicrosPerRecord: round2(1e6 / median(found.loop.map(efficiency))),
    ourPeakRssMb: Math.max(...found.ours.map((run) => run.peakRssMb)),
  };
}

function at(list: Measurement[], index: number): Measurement {
  const found = list[index];
  if (!found) throw new Error('A round is missing.');
  return found;
}

async function samplePayload(db: Db): Promise<string> {
  const { rows } = await sql<{ text: string }>`select jsonb_build_object(
    'person', attributes -> 'person', 'email', attributes -> 'email', 'note', attributes -> 'note',
    'segmentMembership', memberships, 'identityMap', identities)::text as text from profile limit 1`.execute(db);
  // As long as our own records, which are about 1 kB.
  return (rows[0]?.text ?? '').padEnd(1_024, ' ').slice(0, 1_024);
}
