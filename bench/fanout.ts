/**
 * `fanout`: changes of profiles that are each mapped to twenty activations on twenty destinations, against the same changes
 * mapped to one: CPU of node and of PostgreSQL, and time, for each delivery; the writing of the change included. Each change is a
 * transaction of its own, several at once; paired rounds in one run.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { DeliveryEngine } from '../src/delivery/engine.js';
import { toLaneKey } from '../src/domain/lane.js';
import { createProfiles, type Profiles } from '../src/domain/profile.js';
import { fixedKeys } from '../src/kinesis/keys.js';
import type { Db } from '../src/storage/database.js';
import { startDatabase } from './database.js';
import { median, round2, startSink } from './harness.js';
import { readServerCpuSeconds } from './process-cpu.js';
import { seedDestination, seedSegment, seedWorkspace } from './seed.js';

const MANY = 20;
const LANES = 8;
const WRITERS = 4;
const STREAM = 'bench';
const MAX_WAIT_MS = 1_200_000;
const LOOK_MS = 20;

/** A workspace in which each change has so many deliveries. */
interface Workspace {
  workspaceId: number;
  destinationIds: number[];
}

/** What one delivery took. */
interface Cost {
  nodeCpuMicros: number;
  databaseCpuMicros: number;
  wallMicros: number;
}

/** Runs the benchmark and returns its figures; `profiles` are changed once in each run. */
export async function benchFanout(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using database = await startDatabase(folder, 20);
    const { db } = database;
    await using sink = await startSink([STREAM], { shards: 128 });
    const one = await seed(db, 1);
    const many = await seed(db, MANY);
    await using engine = startEngine(db, sink.endpoint);
    const profiles = createProfiles({
      db,
      clock: () => new Date(),
      wakeLane: (place) => engine.wake([toLaneKey(place)]),
    });
    const runs: { one: Cost; many: Cost }[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      const stage = { db, profiles, changes: options.profiles, round };
      const pair = { one: await run(stage, one), many: await run(stage, many) };
      // The first round makes the profiles, and warms up.
      if (round > 0) runs.push(pair);
    }
    return report(options, runs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function seed(db: Db, destinations: number): Promise<Workspace> {
  const workspace = await seedWorkspace(db, `bench of ${destinations}`);
  const segmentId = await seedSegment(db, workspace.workspaceId, 'everyone');
  const destinationIds: number[] = [];
  for (let number = 1; number <= destinations; number += 1) {
    const destination = { name: `bench ${number}`, stream: STREAM, segmentIds: [segmentId], attributes: ['n', 'note'] };
    destinationIds.push((await seedDestination(db, workspace, destination)).destinationId);
  }
  return { workspaceId: workspace.workspaceId, destinationIds };
}

function startEngine(db: Db, endpoint: string): DeliveryEngine {
  const engine = new DeliveryEngine({
    db,
    log: pino({ level: 'warn' }),
    name: 'bench',
    findKeys: () => fixedKeys({ accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'x'.repeat(40) }),
    endpoint,
    maxLanes: LANES,
    leaseMs: 3_000,
    notify: () => {},
  });
  engine.start();
  return engine;
}

interface Stage {
  db: Db;
  profiles: Profiles;
  changes: number;
  round: number;
}

/** Changes each profile once, and measures until all of it is delivered. */
async function run(stage: Stage, workspace: Workspace): Promise<Cost> {
  const { db, changes } = stage;
  await sql`vacuum analyze`.execute(db);
  const database = await readServerCpuSeconds(db);
  const node = process.cpuUsage();
  const startedAt = performance.now();
  let next = 0;
  const write = async () => {
    while (next < changes) {
      next += 1;
      await writeChange(stage, workspace, next);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  await untilDelivered(db, workspace);
  const { user, system } = process.cpuUsage(node);
  const deliveries = changes * workspace.destinationIds.length;
  return {
    wallMicros: (1_000 * (performance.now() - startedAt)) / deliveries,
    nodeCpuMicros: (user + system) / deliveries,
    databaseCpuMicros: (1e6 * ((await readServerCpuSeconds(db)) - database)) / deliveries,
  };
}

/** About 1 kB. */
const NOTE = 'x'.repeat(800);

async function writeChange({ profiles, round }: Stage, { workspaceId }: Workspace, number: number): Promise<void> {
  await profiles.upsert(workspaceId, [
    {
      profileId: `profile-${number}`,
      attributes: { n: round, note: NOTE },
      memberships: [{ segmentId: 'everyone', status: 'REALIZED' }],
    },
  ]);
}

async function untilDelivered(db: Db, { destinationIds }: Workspace): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const { rows } = await sql<{ is_open: boolean }>`/* bench.look */
      select exists (select from pending_record where destination_id = any(${destinationIds}::bigint[])) as is_open`.execute(
      db,
    );
    if (rows[0]?.is_open === false) return;
    if (performance.now() > deadline) throw new Error(`After ${MAX_WAIT_MS} ms records still wait.`);
    await delay(LOOK_MS);
  }
}

function report(
  options: { profiles: number; rounds: number },
  runs: readonly { one: Cost; many: Cost }[],
): Record<string, unknown> {
  const ratio = (read: (cost: Cost) => number) => round2(median(runs.map(({ one, many }) => read(many) / read(one))));
  return {
    bench: 'fanout',
    changes: options.profiles,
    rounds: options.rounds,
    activations: MANY,
    ratioCpu: ratio(({ nodeCpuMicros, databaseCpuMicros }) => nodeCpuMicros + databaseCpuMicros),
    ratioWall: ratio(({ wallMicros }) => wallMicros),
    one: describe(runs.map(({ one }) => one)),
    many: describe(runs.map(({ many }) => many)),
  };
}

function describe(costs: readonly Cost[]): Cost {
  const middle = (name: keyof Cost) => Math.round(median(costs.map((cost) => cost[name])));
  return {
    nodeCpuMicros: middle('nodeCpuMicros'),
    databaseCpuMicros: middle('databaseCpuMicros'),
    wallMicros: middle('wallMicros'),
  };
}
