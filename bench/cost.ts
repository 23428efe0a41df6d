/**
 * `cost`: what one record costs, exported and delivered live: CPU of node and of PostgreSQL, commits, bytes of its log and of
 * what it keeps, bytes on the wire. No opponent: these are the figures that bench/scale-model.ts reckons with.
 */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { encodePutRecords } from '../src/kinesis/body.js';
import { BodyMemory } from '../src/kinesis/body-memory.js';
import { type Db, openDatabase } from '../src/storage/database.js';
import { startEmbeddedServer } from '../src/storage/embedded-server.js';
import { sendChanges } from './change-load.js';
import { startProduct } from './contestant.js';
import { startDatabase } from './database.js';
import { median, startSink } from './harness.js';
import { runExport, seedMembers } from './members.js';
import { readCpuSeconds, readServerCpuSeconds } from './process-cpu.js';

const STREAM = 'bench';
const LANES = 8;
const SHARDS = 128;
const ATTRIBUTE_BYTES = 560;
const LIVE_RATES = [20, 50];
const LIVE_SECONDS = 15;
const LIVE_PROFILES = 1_000;

/** What a run took, a record. */
interface RecordCost {
  nodeCpuMicros: number;
  databaseCpuMicros: number;
  commits: number;
  logBytes: number;
  keptBytes: number;
}

/** Runs the benchmark and returns its figures; `profiles` is the size of the export. */
export async function benchCost(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using sink = await startSink([STREAM], { shards: SHARDS });
    const exported = await costExport(path.join(folder, 'export'), sink.endpoint, options);
    const live = await costLive(path.join(folder, 'live'), sink.endpoint, options.rounds);
    const record = { data: Buffer.alloc(1_024), partitionKey: 'profile-100000' };
    const wireBytes = encodePutRecords(STREAM, Array(500).fill(record), new BodyMemory()).length / 500;
    return { bench: 'cost', ...options, wireBytesOf1Kb: Math.round(wireBytes), export: exported, live };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function costExport(
  dataFolder: string,
  endpoint: string,
  { profiles, rounds }: { profiles: number; rounds: number },
): Promise<RecordCost> {
  await using database = await startDatabase(dataFolder, 20);
  const setup = await seedMembers(database.db, { profiles, stream: STREAM, attributeBytes: ATTRIBUTE_BYTES });
  const runs: RecordCost[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const target = { db: database.db, pid: process.pid };
    const cost = await measureCost(target, profiles, () => runExport(database.db, setup, { endpoint, lanes: LANES }));
    // The first round warms up.
    if (round > 0) runs.push(cost);
  }
  return toMedians(runs);
}

async function costLive(folder: string, endpoint: string, rounds: number): Promise<Record<number, RecordCost>> {
  const log = pino({ level: 'warn' });
  await using server = await startEmbeddedServer({ dataFolder: path.join(folder, 'database'), log });
  const track = { folder, endpoint, stream: STREAM, profiles: LIVE_PROFILES };
  const secret = { DATABASE_URL: server.url, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
  await using product = await startProduct(track, secret);
  await using database = openDatabase({ connection: server.url, maxConnections: 2 });
  const found = new Map(LIVE_RATES.map((rate) => [rate, [] as RecordCost[]]));
  let change = 0;
  for (let round = 0; round <= rounds; round += 1)
    for (const rate of LIVE_RATES) {
      const target = { db: database.db, pid: product.pid };
      const cost = await measureCost(target, rate * LIVE_SECONDS, async () => {
        await sendChanges({ changesPerSecond: rate, seconds: LIVE_SECONDS, firstChange: change, send: product.send });
        await delay(1_000);
      });
      change += rate * LIVE_SECONDS;
      if (round > 0) found.get(rate)?.push(cost);
    }
  return Object.fromEntries([...found].map(([rate, runs]) => [rate, toMedians(runs)]));
}

async function measureCost(
  { db, pid }: { db: Db; pid: number },
  records: number,
  run: () => Promise<void>,
): Promise<RecordCost> {
  const before = await readBooks(db, pid);
  await run();
  const after = await readBooks(db, pid);
  const each = (name: keyof Books) => (after[name] - before[name]) / records;
  return {
    nodeCpuMicros: 1e6 * each('nodeSeconds'),
    databaseCpuMicros: 1e6 * each('databaseSeconds'),
    commits: each('commits'),
    logBytes: each('logBytes'),
    keptBytes: each('keptBytes'),
  };
}

interface Books {
  nodeSeconds: number;
  databaseSeconds: number;
  commits: number;
  logBytes: number;
  keptBytes: number;
}

async function readBooks(db: Db, pid: number): Promise<Books> {
  // A session tells the statistics what it did at most once a second.
  await delay(1_500);
  const { rows } = await sql<Pick<Books, 'commits' | 'logBytes' | 'keptBytes'>>`
    select xact_commit as commits, (pg_current_wal_lsn() - '0/0')::bigint as "logBytes",
      (select sum(pg_total_relation_size(inhrelid))::bigint from pg_inherits where inhparent = 'delivery_event'::regclass)
        as "keptBytes"
    from pg_stat_database where datname = current_database()`.execute(db);
  const nodeSeconds = await readCpuSeconds(pid);
  const databaseSeconds = await readServerCpuSeconds(db);
  return { nodeSeconds, databaseSeconds, commits: 0, logBytes: 0, keptBytes: 0, ...rows[0] };
}

function toMedians(runs: readonly RecordCost[]): RecordCost {
  const of = (name: keyof RecordCost, digits: number) => Number(median(runs.map((run) => run[name])).toFixed(digits));
  return {
    nodeCpuMicros: of('nodeCpuMicros', 0),
    databaseCpuMicros: of('databaseCpuMicros', 0),
    commits: of('commits', 3),
    logBytes: of('logBytes', 0),
    keptBytes: of('keptBytes', 0),
  };
}
