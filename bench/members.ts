/** Members to export: what benchmarks of exports share. */

import { sql } from 'kysely';
import { pino } from 'pino';
import { DeliveryEngine } from '../src/delivery/engine.js';
import { laneOf } from '../src/domain/lane.js';
import { fixedKeys } from '../src/kinesis/keys.js';
import type { Db } from '../src/storage/database.js';
import { insertId } from './harness.js';
import { seedDestination, seedSegment, seedWorkspace } from './seed.js';

const MAX_WAIT_MS = 1_200_000;

/** A destination with one activation of all members. */
export interface Members {
  workspaceId: number;
  destinationId: number;
  segmentIds: number[];
  activationId: number;
}

/** What members are like. */
export interface MemberOptions {
  profiles: number;
  stream: string;
  /** Length of the longest attribute: 560 make a record about 1 kB. */
  attributeBytes: number;
}

/** Seeds profiles with four mapped attributes, identities, and memberships in 4 of 5 segments. */
export async function seedMembers(db: Db, options: MemberOptions): Promise<Members> {
  const { profiles, stream, attributeBytes } = options;
  const workspace = await seedWorkspace(db);
  const { workspaceId } = workspace;
  const segmentIds: number[] = [];
  for (let number = 0; number < 5; number += 1)
    segmentIds.push(await seedSegment(db, workspaceId, `segment-${number}`));
  const attributes = ['person.name.firstName', 'person.name.lastName', 'email', 'note'];
  const destination = { name: 'bench', stream, segmentIds, attributes };
  const { destinationId, activationId } = await seedDestination(db, workspace, destination);
  for (let start = 0; start < profiles; start += 10_000)
    await seedProfiles(db, {
      workspaceId,
      segmentIds,
      attributeBytes,
      start,
      count: Math.min(10_000, profiles - start),
    });
  await sql`vacuum analyze`.execute(db);
  return { workspaceId, destinationId, segmentIds, activationId };
}

async function seedProfiles(
  db: Db,
  chunk: {
    workspaceId: number;
    segmentIds: number[];
    attributeBytes: number;
    start: number;
    count: number;
  },
): Promise<void> {
  const keys = Array.from({ length: chunk.count }, (_, index) => `profile-${chunk.start + index}`);
  await sql`/* bench.seed */
    with added as (
      insert into profile (lane, workspace_id, profile_id, attributes, identities, memberships, revision, size_bytes)
      select lane, ${chunk.workspaceId}, profile_id,
        jsonb_build_object(
          'person', jsonb_build_object('name', jsonb_build_object('firstName', 'Ada', 'lastName', 'Lovelace')),
          'email', profile_id || '@example.com', 'note', repeat('x', ${chunk.attributeBytes}::int), 'unmapped', 'kept at home'),
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

/** Exports all members with an engine of its own; resolves when the export has succeeded. */
export async function runExport(
  db: Db,
  setup: Members,
  { endpoint, lanes }: { endpoint: string; lanes: number },
): Promise<void> {
  const exportId = await createExport(db, setup);
  await using engine = new DeliveryEngine({
    db,
    log: pino({ level: 'warn' }),
    name: 'bench',
    findKeys: () => fixedKeys({ accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'x'.repeat(40) }),
    endpoint,
    maxLanes: lanes,
    leaseMs: 3_000,
    notify: () => {},
  });
  engine.start();
  await untilExported(db, exportId);
}

/** Asks for an export of all members, which whatever workers there are will find. @returns its id. */
export async function createExport(db: Db, setup: Members): Promise<number> {
  const exportId = await insertId(
    db,
    sql`insert into export (workspace_id, destination_id, activation_id, trigger, segment_ids, segment_keys, created_by_kind, created_by_name)
      values (${setup.workspaceId}, ${setup.destinationId}, ${setup.activationId}, 'MANUAL', ${setup.segmentIds}::bigint[],
        array['a', 'b', 'c', 'd', 'e'], 'SYSTEM', 'bench') returning id`,
  );
  await sql`insert into export_lane (export_id, lane, destination_id)
    select ${exportId}, lane, ${setup.destinationId} from generate_series(0, 15) lane`.execute(db);
  return exportId;
}

/** Waits until an export has succeeded. @throws if it ends otherwise. */
export async function untilExported(db: Db, exportId: number): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const { rows } = await sql<{ state: string }>`select state from export where id = ${exportId}`.execute(db);
    if (rows[0]?.state === 'SUCCEEDED') return;
    if (performance.now() > deadline || !['PREPARING', 'RUNNING'].includes(rows[0]?.state ?? ''))
      throw new Error(`The export is ${rows[0]?.state}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
