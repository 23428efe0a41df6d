/**
 * `neighbours`: live changes of members of twenty activations, each with a destination of its own, of which one never
 * answers: records a second of the nineteen that do, against the same with the silent one disabled, paired rounds in
 * one run. Each run is a fresh worker's, so that it has to find out about the silence by itself. Both write the same.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { DeliveryEngine } from '../src/delivery/engine.js';
import { toLaneKey } from '../src/domain/lane.js';
import { createProfiles } from '../src/domain/profile.js';
import { fixedKeys } from '../src/kinesis/keys.js';
import type { Db } from '../src/storage/database.js';
import { resetHealth } from '../src/storage/destination-health.js';
import { startDatabase } from './database.js';
import {
  type Measurement,
  measure,
  median,
  round2,
  type SinkProcess,
  setFaults,
  startSink,
  throughput,
} from './harness.js';
import { seedDestination, seedSegment, seedWorkspace } from './seed.js';

const DESTINATIONS = 20;
const LANES = 8;
const WRITE_PROFILES = 100;
const MAX_WAIT_MS = 1_200_000;
const SILENT = 'silent';
const WELL = 'well';

/** Runs the benchmark and returns its figures. */
export async function benchNeighbours(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using database = await startDatabase(folder, 20);
    await using sink = await startSink([WELL, SILENT]);
    await setFaults(sink.endpoint, [{ kind: 'no-answer', match: { operation: 'PutRecords', stream: SILENT } }]);
    const stage = { db: database.db, sink, ...(await seed(database.db)), profiles: options.profiles };
    const alone: Measurement[] = [];
    const beside: Measurement[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      const first = await runChanges({ ...stage, round: 2 * round, isSilentPresent: false });
      const second = await runChanges({ ...stage, round: 2 * round + 1, isSilentPresent: true });
      // The first round warms both up.
      if (round > 0) alone.push(first);
      if (round > 0) beside.push(second);
    }
    return report(options, { alone, beside });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function report(
  options: { profiles: number; rounds: number },
  { alone, beside }: { alone: Measurement[]; beside: Measurement[] },
): Record<string, unknown> {
  const pairs = alone.flatMap((one, round) => {
    const other = beside[round];
    return other ? [throughput(other) / throughput(one)] : [];
  });
  return {
    bench: 'neighbours',
    ...options,
    ratioRecordsPerSecond: round2(median(pairs)),
    ratios: pairs.map(round2),
    besideSilentRecordsPerSecond: Math.round(median(beside.map(throughput))),
    aloneRecordsPerSecond: Math.round(median(alone.map(throughput))),
  };
}

interface Stage {
  db: Db;
  sink: SinkProcess;
  workspaceId: number;
  silentId: number;
  /** Destinations that answer. */
  wellIds: number[];
  profiles: number;
}

async function seed(db: Db): Promise<Pick<Stage, 'workspaceId' | 'silentId' | 'wellIds'>> {
  const workspace = await seedWorkspace(db);
  const segmentId = await seedSegment(db, workspace.workspaceId, 'everyone');
  const connect = async (stream: string, number: number) => {
    const destination = { name: `bench ${number}`, stream, segmentIds: [segmentId], attributes: ['n'] };
    return (await seedDestination(db, workspace, destination)).destinationId;
  };
  const wellIds: number[] = [];
  for (let number = 1; number < DESTINATIONS; number += 1) wellIds.push(await connect(WELL, number));
  return { workspaceId: workspace.workspaceId, wellIds, silentId: await connect(SILENT, DESTINATIONS) };
}

/** Changes each profile once, and measures until all destinations that answer have all of it. */
async function runChanges(run: Stage & { round: number; isSilentPresent: boolean }): Promise<Measurement> {
  const { db, silentId } = run;
  await db.deleteFrom('pending_record').where('destination_id', '=', silentId).execute();
  await resetHealth(db, silentId);
  await db.updateTable('destination').set({ enabled: run.isSilentPresent }).where('id', '=', silentId).execute();
  await sql`vacuum analyze`.execute(db);
  await using engine = new DeliveryEngine({
    db,
    log: pino({ level: 'warn' }),
    name: 'bench',
    findKeys: () => fixedKeys({ accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'x'.repeat(40) }),
    endpoint: run.sink.endpoint,
    maxLanes: LANES,
    leaseMs: 3_000,
    notify: () => {},
  });
  engine.start();
  return await measure(run.profiles * run.wellIds.length, async () => {
    await writeChanges(run, engine);
    await untilDelivered(run);
  });
}

async function writeChanges(run: Stage & { round: number }, engine: DeliveryEngine): Promise<void> {
  const profiles = createProfiles({
    db: run.db,
    clock: () => new Date(),
    wakeLane: (place) => engine.wake([toLaneKey(place)]),
  });
  const memberships = [{ segmentId: 'everyone', status: 'REALIZED' as const }];
  for (let start = 0; start < run.profiles; start += WRITE_PROFILES) {
    const size = Math.min(WRITE_PROFILES, run.profiles - start);
    const changes = Array.from({ length: size }, (_, index) => ({
      profileId: `profile-${start + index}`,
      attributes: { n: run.round },
      memberships,
    }));
    await profiles.upsert(run.workspaceId, changes);
  }
}

async function untilDelivered({ db, wellIds }: Stage): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const { rows } = await sql<{ is_open: boolean }>`/* bench.look */
      select exists (select from pending_record where destination_id = any(${wellIds}::bigint[])) as is_open`.execute(
      db,
    );
    if (rows[0]?.is_open === false) return;
    if (performance.now() > deadline) throw new Error('Records still wait.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
