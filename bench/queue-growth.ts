/**
 * `queue-growth`: whether the tables that work waits in stay small, and a claim of lanes stays fast, after so many deliveries;
 * against themselves at the beginning. Half of the deliveries are exports of all members (`export_page`), half changes of all of
 * them (`pending_record`), made by one worker (the product, `ROLE=worker`) with autovacuum as PostgreSQL has it. At each
 * sample the worker is stopped; claims are timed and rolled back, with nothing to do and with a change of every member
 * waiting.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { LANE_WORK_CHANNEL } from '../src/delivery/engine.js';
import { toLaneKey } from '../src/domain/lane.js';
import { createProfiles, type Profiles } from '../src/domain/profile.js';
import type { Db } from '../src/storage/database.js';
import { claimLanes } from '../src/storage/lanes.js';
import { createNotifier } from '../src/storage/notifications.js';
import { registerWorker } from '../src/storage/workers.js';
import { startDatabase } from './database.js';
import { median, percentile, round2, startSink } from './harness.js';
import { createExport, type Members, seedMembers, untilExported } from './members.js';
import { openWorkerSite, startWorker, type WorkerSite } from './worker.js';

const STREAM = 'bench';
const SHARDS = 128;
const LANES = 8;
const MEMBERS = 5_000;
const ATTRIBUTE_BYTES = 100;
const WRITE_PROFILES = 500;
const SAMPLES = 10;
/** Few: each leaves a dead row for every lane, as a claim does that is lost. */
const CLAIMS = 30;
const LOOK_MS = 20;
const MAX_WAIT_MS = 600_000;

/** Tables in which work waits, or which every page writes. */
const TABLES = ['pending_record', 'export_page', 'export_lane', 'export', 'lane', 'worker'];

/** One look at the tables. */
interface Sample {
  deliveries: number;
  /** Kilobytes with indexes, and dead rows that vacuum has not taken yet. */
  tables: Record<string, { kilobytes: number; rows: number; deadRows: number }>;
  idleClaimP50Ms: number;
  idleClaimMaxMs: number;
  busyClaimP50Ms: number;
  busyClaimMaxMs: number;
}

interface Stage {
  db: Db;
  site: WorkerSite;
  members: Members;
  profiles: Profiles;
  wake(): void;
  /** Goes into every change, so that each is one. */
  cycle: number;
}

/** Runs the benchmark and returns its figures. */
export async function benchQueueGrowth({ deliveries }: { deliveries: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  const log = pino({ level: 'warn' });
  try {
    await using database = await startDatabase(path.join(folder, 'database'), 8);
    const { db } = database;
    await using sink = await startSink([STREAM], { shards: SHARDS });
    const members = await seedMembers(db, { profiles: MEMBERS, stream: STREAM, attributeBytes: ATTRIBUTE_BYTES });
    const site = await openWorkerSite(db, { connection: database.url, endpoint: sink.endpoint, folder });
    await using notifier = createNotifier({ db, log });
    const profiles = createProfiles({
      db,
      clock: () => new Date(),
      wakeLane: (place) => notifier.notify(LANE_WORK_CHANNEL, toLaneKey(place)),
    });
    const wake = () => notifier.notify(LANE_WORK_CHANNEL, String(members.destinationId));
    const stage: Stage = { db, site, members, profiles, wake, cycle: 0 };
    // The first cycle makes the tables' files and what is compiled.
    await deliver(stage, 1);
    const samples = [await take(stage)];
    const cycles = Math.max(1, Math.ceil(deliveries / SAMPLES / (2 * MEMBERS)));
    for (let number = 0; number < SAMPLES; number += 1) {
      await deliver(stage, cycles);
      samples.push(await take(stage));
    }
    return report(samples);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** So many times an export of all members, and a change of each of them. */
async function deliver(stage: Stage, cycles: number): Promise<void> {
  await using _worker = await startWorker(stage.site, LANES);
  for (let number = 0; number < cycles; number += 1) {
    const exportId = await createExport(stage.db, stage.members);
    stage.wake();
    await untilExported(stage.db, exportId);
    await changeAll(stage);
    await untilNothingWaits(stage.db);
  }
}

async function changeAll(stage: Stage): Promise<void> {
  stage.cycle += 1;
  for (let start = 0; start < MEMBERS; start += WRITE_PROFILES) {
    const changes = Array.from({ length: WRITE_PROFILES }, (_, index) => ({
      profileId: `profile-${start + index}`,
      attributes: { email: `change-${stage.cycle}@example.com` },
    }));
    await stage.profiles.upsert(stage.members.workspaceId, changes);
  }
}

async function untilNothingWaits(db: Db): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const { rows } = await sql<{ is_open: boolean }>`/* bench.look */
      select exists (select from pending_record) as is_open`.execute(db);
    if (rows[0]?.is_open === false) return;
    if (performance.now() > deadline) throw new Error(`After ${MAX_WAIT_MS} ms records still wait.`);
    await delay(LOOK_MS);
  }
}

/** Looks at the tables, and times claims; what was changed for it waits for the next worker. */
async function take(stage: Stage): Promise<Sample> {
  const { db } = stage;
  const tables = await readTables(db);
  const idle = await timeClaims(db, 0);
  await changeAll(stage);
  const busy = await timeClaims(db, 16);
  return {
    deliveries: await countDeliveries(db),
    tables,
    idleClaimP50Ms: round2(percentile(idle, 0.5)),
    idleClaimMaxMs: round2(Math.max(...idle)),
    busyClaimP50Ms: round2(percentile(busy, 0.5)),
    busyClaimMaxMs: round2(Math.max(...busy)),
  };
}

async function countDeliveries(db: Db): Promise<number> {
  const { rows } = await sql<{ delivered: number }>`/* bench.count */
    select coalesce(sum(delivered), 0)::bigint as delivered from delivery_event`.execute(db);
  return rows[0]?.delivered ?? 0;
}

/** @param expected how many lanes each claim has to get. @returns ms of each. */
async function timeClaims(db: Db, expected: number): Promise<number[]> {
  const times: number[] = [];
  for (let number = 0; number < CLAIMS; number += 1)
    await db
      .transaction()
      .execute(async (tx) => {
        const workerId = await registerWorker(tx, 'bench', 3_000);
        const startedAt = performance.now();
        const claims = await claimLanes(tx, workerId, { limit: 512, exclude: [] });
        times.push(performance.now() - startedAt);
        if (claims.length !== expected) throw new Error(`${claims.length} lanes were claimed and not ${expected}.`);
        throw new RolledBack();
      })
      .catch((error: unknown) => {
        if (!(error instanceof RolledBack)) throw error;
      });
  return times;
}

/** Ends a transaction that is to leave nothing. */
class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

async function readTables(db: Db): Promise<Sample['tables']> {
  // What the worker's sessions did is told to the statistics within a second.
  await delay(1_500);
  const { rows } = await sql<{ name: string; bytes: number; live: number; dead: number }>`/* bench.tables */
    select name, sum(pg_total_relation_size(part.relid))::bigint as bytes,
      sum(coalesce(n_live_tup, 0))::bigint as live, sum(coalesce(n_dead_tup, 0))::bigint as dead
    from unnest(${TABLES}::text[]) as name
    -- Of a table without partitions it lists nothing.
    left join lateral pg_partition_tree(name::regclass) as tree on true
    cross join lateral (select coalesce(tree.relid, name::regclass) as relid) as part
    left join pg_stat_user_tables as stat on stat.relid = part.relid
    group by name`.execute(db);
  return Object.fromEntries(
    rows.map(({ name, bytes, live, dead }) => [
      name,
      { kilobytes: Math.round(bytes / 1_024), rows: live, deadRows: dead },
    ]),
  );
}

function report(samples: readonly Sample[]): Record<string, unknown> {
  // Medians of the first and last three: one look is noise.
  const ratio = (read: (sample: Sample) => number) =>
    round2(median(samples.slice(-3).map(read)) / median(samples.slice(0, 3).map(read)));
  return {
    bench: 'queue-growth',
    deliveries: samples.at(-1)?.deliveries,
    ratioIdleClaim: ratio(({ idleClaimP50Ms }) => idleClaimP50Ms),
    ratioBusyClaim: ratio(({ busyClaimP50Ms }) => busyClaimP50Ms),
    mostKilobytes: Object.fromEntries(
      TABLES.map((name) => [name, Math.max(...samples.map(({ tables }) => tables[name]?.kilobytes ?? 0))]),
    ),
    samples,
  };
}
