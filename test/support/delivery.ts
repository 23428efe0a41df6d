/** Builds what an export needs in the database by hand, and starts engines on it against a sandbox stream. */

import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { pino } from 'pino';
import { DeliveryEngine, type EngineOptions } from '../../src/delivery/engine.js';
import { LANE_COUNT, laneOf } from '../../src/domain/lane.js';
import { fixedKeys } from '../../src/kinesis/keys.js';
import type { Db } from '../../src/storage/database.js';
import type { DeliveryTarget } from '../../src/storage/delivery-target.js';
import type { LaneClaim } from '../../src/storage/lanes.js';
import { until } from './until.js';

/** Ids of a workspace with a destination, segments and an activation of all of them. */
export interface DeliverySetup {
  workspaceId: number;
  destinationId: number;
  segmentIds: number[];
  activationId: number;
}

/** A claim, for what needs no database. */
export const exampleClaim: LaneClaim = {
  workspaceId: 1,
  destinationId: 2,
  lane: 3,
  workerId: 4,
  epoch: 5,
  position: 6,
  takenOver: false,
};

/** A healthy destination, for what needs no database. */
export const exampleTarget: DeliveryTarget = {
  destinationId: 2,
  workspaceId: 1,
  version: 3,
  enabled: true,
  region: 'us-east-1',
  stream: 'orders',
  healthStatus: 'HEALTHY',
  healthSince: new Date(0),
  maxRecordBytes: null,
  includeSegmentNames: false,
  includeSegmentTimestamps: false,
  maxRecordsPerSecond: null,
  membershipScope: 'MAPPED_ONLY',
  membershipStatuses: 'THREE_STATE',
  partitionKey: { strategy: 'PROFILE_ID', argument: null },
  tooLargePolicy: 'FAIL',
  envelope: 'NONE',
  consent: null,
  credential: { id: 1, version: 5, secretVersion: 4, identity: { kind: 'PROCESS_IDENTITY' } },
};

/** Makes a workspace (unless one is given), credential, destination (with its lanes), segments and an activation. */
export async function setUpDelivery(
  db: Db,
  options: { stream: string; segments?: number; attributes?: string[]; workspaceId?: number },
): Promise<DeliverySetup> {
  const workspaceId = options.workspaceId ?? (await addWorkspace(db));
  const credential = await db
    .insertInto('credential')
    .values({
      workspace_id: workspaceId,
      name: 'key',
      kind: 'ACCESS_KEY',
      access_key_id: 'AKIATESTTESTTESTTEST',
      secret_sealed: Buffer.from('sealed'),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const destinationId = await addDestination(db, {
    workspaceId,
    credentialId: credential.id,
    stream: options.stream,
  });
  const segmentIds: number[] = [];
  for (let number = 0; number < (options.segments ?? 1); number += 1) {
    const segment = await db
      .insertInto('segment')
      .values({ workspace_id: workspaceId, segment_id: `segment-${number}`, name: `Segment ${number}` })
      .returning('id')
      .executeTakeFirstOrThrow();
    segmentIds.push(segment.id);
  }
  const activationId = await addActivation(db, {
    workspaceId,
    destinationId,
    segmentIds,
    attributes: options.attributes ?? ['name'],
  });
  return { workspaceId, destinationId, segmentIds, activationId };
}

async function addWorkspace(db: Db): Promise<number> {
  const workspace = await db
    .insertInto('workspace')
    .values({ name: 'test', external_id: randomUUID() })
    .returning('id')
    .executeTakeFirstOrThrow();
  return workspace.id;
}

/** Adds a destination with its 16 lanes. */
export async function addDestination(
  db: Db,
  options: { workspaceId: number; credentialId: number; stream: string },
): Promise<number> {
  const destination = await db
    .insertInto('destination')
    .values({
      workspace_id: options.workspaceId,
      kind: 'AMAZON_KINESIS',
      name: options.stream,
      credential_id: options.credentialId,
      region: 'us-east-1',
      stream: options.stream,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await sql`insert into lane (destination_id, lane, workspace_id)
    select ${destination.id}, lane, ${options.workspaceId} from generate_series(0, 15) as lane`.execute(db);
  return destination.id;
}

/** Adds an activation of segments. */
export async function addActivation(
  db: Db,
  options: { workspaceId: number; destinationId: number; segmentIds: number[]; attributes: string[] },
): Promise<number> {
  const activation = await db
    .insertInto('activation')
    .values({
      workspace_id: options.workspaceId,
      destination_id: options.destinationId,
      attributes: options.attributes,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const [ordinal, segmentId] of options.segmentIds.entries())
    await db
      .insertInto('activation_segment')
      .values({ activation_id: activation.id, segment_id: segmentId, ordinal })
      .execute();
  return activation.id;
}

/** Adds profiles p0, p1, …; profile n is a member of segment n modulo their number. */
export async function addProfiles(db: Db, setup: DeliverySetup, count: number, attributeBytes = 20): Promise<void> {
  const keys = Array.from({ length: count }, (_, number) => `p${number}`);
  for (let start = 0; start < count; start += 5_000) {
    const chunk = keys.slice(start, start + 5_000);
    await sql`/* test.add_profiles */
      with added as (
        insert into profile (lane, workspace_id, profile_id, attributes, memberships, revision, size_bytes)
        select lane, ${setup.workspaceId}, profile_id, jsonb_build_object('name', repeat('n', ${attributeBytes}::int)),
          jsonb_build_object(segment_id::text, jsonb_build_object('status', 'REALIZED', 'qualifiedAt', '2026-01-01T00:00:00Z')),
          1000, 100 + ${attributeBytes}::int
        from unnest(
          ${chunk.map((key) => laneOf(setup.workspaceId, key))}::smallint[], ${chunk}::text[],
          ${chunk.map((_, index) => setup.segmentIds[(start + index) % setup.segmentIds.length] ?? 0)}::bigint[]
        ) as given(lane, profile_id, segment_id)
        returning lane, id, memberships
      )
      insert into membership (lane, segment_id, profile_id, status, qualified_at)
      select lane, key::bigint, id, 'REALIZED', '2026-01-01T00:00:00Z'
      from added cross join lateral json_object_keys(memberships) as key`.execute(db);
  }
}

/** Puts the profiles of a workspace that meet a condition into a segment, in both places that keep memberships. */
export async function addMemberships(
  db: Db,
  change: { setup: DeliverySetup; segmentId: number; where: RawBuilder<unknown>; status: string },
): Promise<void> {
  const { setup, segmentId, status } = change;
  await sql`with changed as (
      update profile
      set memberships = memberships::jsonb || jsonb_build_object(${String(segmentId)}::text,
        jsonb_build_object('status', ${status}::text, 'qualifiedAt', '2026-01-01T00:00:00Z'))
      where workspace_id = ${setup.workspaceId} and ${change.where}
      returning lane, id
    )
    insert into membership (lane, segment_id, profile_id, status, qualified_at)
    select lane, ${segmentId}, id, ${status}, '2026-01-01T00:00:00Z' from changed
    on conflict (lane, segment_id, profile_id) do update set status = excluded.status`.execute(db);
}

/** Puts an export of all segments on the books, as triggerExport does. */
export async function addExport(
  db: Db,
  setup: DeliverySetup,
  profileIds: string[] | null = null,
  trigger: 'MANUAL' | 'BACKFILL' = 'MANUAL',
): Promise<number> {
  const row = await db
    .insertInto('export')
    .values({
      workspace_id: setup.workspaceId,
      destination_id: setup.destinationId,
      activation_id: setup.activationId,
      trigger,
      segment_ids: setup.segmentIds,
      segment_keys: setup.segmentIds.map((_, number) => `segment-${number}`),
      profile_ids: profileIds,
      created_by_kind: 'SYSTEM',
      created_by_name: 'test',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await sql`insert into export_lane (export_id, lane, destination_id)
    select ${row.id}, lane, ${setup.destinationId} from generate_series(0, ${LANE_COUNT - 1}) as lane`.execute(db);
  return row.id;
}

/** The books of an export: counters summed over lanes, and pending counted from rows. */
export interface ExportBooks {
  state: string;
  received: number;
  delivered: number;
  failed: number;
  skipped: number;
  attempts: number;
  possibleDuplicates: number;
  pendingRows: number;
}

/** Reads the books of an export in one snapshot. */
export async function readBooks(db: Db, exportId: number): Promise<ExportBooks> {
  const { rows } = await sql<ExportBooks>`/* test.read_books */
    select export.state, sum(part.received)::int as received,
      sum(coalesce((counts ->> 'delivered')::int, 0))::int as delivered,
      sum(coalesce((counts ->> 'failed')::int, 0))::int as failed,
      sum(coalesce((counts ->> 'skipped')::int, 0))::int as skipped,
      sum(coalesce((counts ->> 'attempts')::int, 0))::int as attempts,
      sum(coalesce((counts ->> 'possibleDuplicates')::int, 0))::int as "possibleDuplicates",
      (select coalesce(sum(size), 0) from export_page where export_id = export.id)::int
        - sum(case when part.state <> 'DONE' then part.page_offset else 0 end)::int
        + (select count(*) from pending_record where exports ? export.id::text)::int as "pendingRows"
    from export join export_lane part on part.export_id = export.id
    where export.id = ${exportId}
    group by export.id`.execute(db);
  const books = rows[0];
  if (!books) throw new Error(`There is no export ${exportId}.`);
  return books;
}

/** Starts an engine; dispose of it at the end of the test. */
export function startEngine(db: Db, endpoint: string, overrides: Partial<EngineOptions> = {}): DeliveryEngine {
  const engine = new DeliveryEngine({
    db,
    log: pino({ level: 'silent' }),
    name: 'test',
    findKeys: () => fixedKeys({ accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'x'.repeat(40) }),
    endpoint,
    maxLanes: 8,
    leaseMs: 3_000,
    notify: () => {},
    ...overrides,
  });
  engine.start();
  return engine;
}

/** Waits until an export has finished, checking its balance at each look. */
export async function untilFinished(db: Db, exportId: number, timeoutMs = 30_000): Promise<ExportBooks> {
  return await until(
    async () => {
      const books = await readBooks(db, exportId);
      const settled = books.delivered + books.failed + books.skipped;
      if (books.received !== settled + books.pendingRows) throw new Error(`unbalanced: ${JSON.stringify(books)}`);
      if (['PREPARING', 'RUNNING', 'CANCELING'].includes(books.state)) throw new Error(JSON.stringify(books));
      return books;
    },
    // Each look reads all pages and rows: more of them would be most of the load.
    { timeoutMs, intervalMs: 40 },
  );
}

/** Everything that the engine writes, as text, to show that nothing was written. */
export async function dumpEngineTables(db: Db): Promise<string> {
  const tables = ['lane', 'export', 'export_lane', 'export_page', 'pending_record', 'delivery_event', 'state_event'];
  const dumps = [...tables, 'failed_record', 'delivery_stat', 'destination'].map((table) => {
    const row = sql.table(table);
    return sql<{ dump: string | null }>`
      select string_agg(row::text, e'\n' order by row::text) as dump from ${row} as row`.execute(db);
  });
  const rows = await Promise.all(dumps);
  return rows.map((result) => result.rows[0]?.dump ?? '').join('\n');
}

/** Marks an export to be canceled, as cancelExport does. */
export async function cancelExport(db: Db, exportId: number): Promise<void> {
  await sql`update export set state = 'CANCELING'
    where id = ${exportId} and state in ('PREPARING', 'RUNNING')`.execute(db);
}

/** One of an export's counters, such as `code.NOT_A_MEMBER`, over its lanes. */
export async function readCounter(db: Db, exportId: number, name: string): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select coalesce(sum((counts ->> ${name})::bigint), 0)::int as total
    from export_lane where export_id = ${exportId}`.execute(db);
  return rows[0]?.total ?? 0;
}

/** Counters of a destination's statistics, such as `attempts`, over all minutes. */
export async function readStatisticsBooks(db: Db, destinationId: number): Promise<Record<string, number>> {
  const { rows } = await sql<{ key: string; total: number }>`
    select key, sum(value::bigint)::float8 as total
    from delivery_stat cross join lateral jsonb_each_text(counts)
    where destination_id = ${destinationId}
    group by key`.execute(db);
  return Object.fromEntries(rows.map(({ key, total }) => [key, total]));
}

/** Waits until an export is in a state. */
export async function untilState(db: Db, exportId: number, state: string): Promise<void> {
  await until(async () => {
    const row = await db.selectFrom('export').select('state').where('id', '=', exportId).executeTakeFirst();
    if (row?.state !== state) throw new Error(`Export ${exportId} is ${row?.state}, not ${state}.`);
  });
}
