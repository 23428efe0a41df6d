/**
 * `export`: stored members → delivered and on the books, in one process with the embedded database beside it, against
 * the SDK loop with ready-made payloads, same sink, same number of calls at once, paired rounds in one run.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { DeliveryEngine } from '../src/delivery/engine.js';
import { laneOf } from '../src/domain/lane.js';
import { type Db, openDatabase } from '../src/storage/database.js';
import { startEmbeddedServer } from '../src/storage/embedded-server.js';
import { applyMigrations } from '../src/storage/migrations.js';
import { efficiency, insertId, type Measurement, measure, median, startSink, throughput } from './harness.js';
import { runSdkLoop } from './sdk-loop.js';

const STREAM = 'bench';
const LANES = 8;
const ATTRIBUTE_BYTES = 560;
const MAX_WAIT_MS = 1_200_000;

/** Runs the benchmark and returns its figures. */
export async function benchExport(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  const log = pino({ level: 'warn' });
  try {
    await using server = await startEmbeddedServer({ dataFolder: folder, log });
    await applyMigrations({ connection: server.url, folder: 'schema/migrations' });
    await using database = openDatabase({ connection: server.url, maxConnections: 20, statementTimeoutMs: 0 });
    await using sink = await startSink([STREAM]);
    const setup = await seed(database.db, options.profiles);
    const payload = Buffer.from(await samplePayload(database.db));
    const ours: Measurement[] = [];
    const loop: Measurement[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      const sdk = { endpoint: sink.endpoint, stream: STREAM, count: options.profiles, payload, concurrency: LANES };
      const first = await measure(options.profiles, () => runSdkLoop(sdk));
      const second = await measure(options.profiles, () => runExport(database.db, setup, sink.endpoint));
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

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

interface Setup {
  workspaceId: number;
  destinationId: number;
  segmentIds: number[];
  activationId: number;
}

/** Profiles of about 1 kB a record: four mapped attributes, identities, memberships in 4 of 5 segments. */
async function seed(db: Db, profiles: number): Promise<Setup> {
  const workspaceId = await insertId(
    db,
    sql`insert into workspace (name, external_id) values ('bench', 'bench') returning id`,
  );
  const credentialId = await insertId(
    db,
    sql`insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
      values (${workspaceId}, 'bench', 'ACCESS_KEY', 'AKIABENCHBENCHBENCH0', '\\x00') returning id`,
  );
  const destinationId = await insertId(
    db,
    sql`insert into destination (workspace_id, kind, name, credential_id, region, stream)
      values (${workspaceId}, 'AMAZON_KINESIS', 'bench', ${credentialId}, 'us-east-1', ${STREAM}) returning id`,
  );
  await sql`insert into lane (destination_id, lane, workspace_id)
    select ${destinationId}, lane, ${workspaceId} from generate_series(0, 15) lane`.execute(db);
  const segmentIds: number[] = [];
  for (let number = 0; number < 5; number += 1)
    segmentIds.push(
      await insertId(
        db,
        sql`insert into segment (workspace_id, segment_id, name) values (${workspaceId}, ${`segment-${number}`}, 'S') returning id`,
      ),
    );
  const activationId = await insertId(
    db,
    sql`insert into activation (workspace_id, destination_id, attributes)
      values (${workspaceId}, ${destinationId}, array['person.name.firstName', 'person.name.lastName', 'email', 'note']) returning id`,
  );
  await sql`insert into activation_segment (activation_id, segment_id, ordinal)
    select ${activationId}, id, row_number() over () from unnest(${segmentIds}::bigint[]) as id`.execute(db);
  for (let start = 0; start < profiles; start += 10_000)
    await seedProfiles(db, { workspaceId, segmentIds, start, count: Math.min(10_000, profiles - start) });
  await sql`vacuum analyze`.execute(db);
  return { workspaceId, destinationId, segmentIds, activationId };
}

async function seedProfiles(
  db: Db,
  chunk: { workspaceId: number; segmentIds: number[]; start: number; count: number },
): Promise<void> {
  const keys = Array.from({ length: chunk.count }, (_, index) => `profile-${chunk.start + index}`);
  await sql`/* bench.seed */
    with added as (
      insert into profile (lane, workspace_id, profile_id, attributes, identities, memberships, revision, size_bytes)
      select lane, ${chunk.workspaceId}, profile_id,
        jsonb_build_object(
          'person', jsonb_build_object('name', jsonb_build_object('firstName', 'Ada', 'lastName', 'Lovelace')),
          'email', profile_id || '@example.com', 'note', repeat('x', ${ATTRIBUTE_BYTES}::int), 'unmapped', 'kept at home'),
        jsonb_build_object('ecid', jsonb_build_array(md5(profile_id))),
        (select jsonb_object_agg(id::text, jsonb_build_object('status', 'REALIZED', 'qualifiedAt', '2026-01-01T00:00:00Z'))
          from unnest((${chunk.segmentIds}::bigint[])[1:4]) as id),
        1000, 1300
      from unnest(${keys.map((key) => laneOf(chunk.workspaceId, key))}::smallint[], ${keys}::text[]) as given(lane, profile_id)
      returning lane, id, memberships
    )
    insert into membership (lane, segment_id, profile_id, status, qualified_at)
    select lane, key::bigint, id, 'REALIZED', '2026-01-01T00:00:00Z'
    from added cross join lateral json_object_keys(memberships) as key`.execute(db);
}

async function samplePayload(db: Db): Promise<string> {
  const { rows } = await sql<{ text: string }>`select jsonb_build_object(
    'person', attributes -> 'person', 'email', attributes -> 'email', 'note', attributes -> 'note',
    'segmentMembership', memberships, 'identityMap', identities)::text as text from profile limit 1`.execute(db);
  // As long as our own records, which are about 1 kB.
  return (rows[0]?.text ?? '').padEnd(1_024, ' ').slice(0, 1_024);
}

async function runExport(db: Db, setup: Setup, endpoint: string): Promise<void> {
  const exportId = await insertId(
    db,
    sql`insert into export (workspace_id, destination_id, activation_id, trigger, segment_ids, segment_keys, created_by_kind, created_by_name)
      values (${setup.workspaceId}, ${setup.destinationId}, ${setup.activationId}, 'MANUAL', ${setup.segmentIds}::bigint[],
        array['a', 'b', 'c', 'd', 'e'], 'SYSTEM', 'bench') returning id`,
  );
  await sql`insert into export_lane (export_id, lane, destination_id)
    select ${exportId}, lane, ${setup.destinationId} from generate_series(0, 15) lane`.execute(db);
  await using engine = new DeliveryEngine({
    db,
    log: pino({ level: 'warn' }),
    name: 'bench',
    openSecret: () => 'x'.repeat(40),
    endpoint,
    maxLanes: LANES,
    leaseMs: 3_000,
    notify: () => {},
  });
  engine.start();
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const { rows } = await sql<{ state: string }>`select state from export where id = ${exportId}`.execute(db);
    if (rows[0]?.state === 'SUCCEEDED') return;
    if (performance.now() > deadline || !['PREPARING', 'RUNNING'].includes(rows[0]?.state ?? ''))
      throw new Error(`The export is ${rows[0]?.state}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
