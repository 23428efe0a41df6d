/** Writes events by hand, as the engine does: the position under the row's lock, the event in the same transaction. */
import { sql, type Transaction } from 'kysely';
import type { ExportState } from '../../src/domain/export.js';
import type { Db } from '../../src/storage/database.js';
import type { Tables } from '../../src/storage/tables.js';

/** A workspace with a destination, its 16 lanes and an activation. */
export interface EventScene {
  workspaceId: number;
  destinationId: number;
  activationId: number;
}

/** What a delivery event may say. */
export interface EventContent {
  activationId?: number;
  exportIds?: number[];
  origin?: string;
  delivered?: number;
  failed?: number;
  skipped?: number;
  deferred?: number;
  codes?: Record<string, number>;
}

/** Makes a destination that has lanes, and an activation; in a new workspace if none is given. */
export async function createEventScene(db: Db, workspaceId?: number): Promise<EventScene> {
  const { rows } = await sql<EventScene>`
    with credential as (
      insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
      values (${workspaceId ?? (await createWorkspace(db))}, 'key', 'ACCESS_KEY', 'AKIAEXAMPLE', '')
      returning id, workspace_id
    ), destination as (
      insert into destination (workspace_id, kind, name, credential_id, region, stream)
      select workspace_id, 'AMAZON_KINESIS', 'stream', id, 'eu-central-1', 'orders' from credential
      returning id, workspace_id
    ), lanes as (
      insert into lane (destination_id, lane, workspace_id)
      select id, number, workspace_id from destination, generate_series(0, 15) as number
    ), activation as (
      insert into activation (workspace_id, destination_id, attributes)
      select workspace_id, id, '{}' from destination returning id, destination_id, workspace_id
    )
    select workspace_id as "workspaceId", destination_id as "destinationId", id as "activationId"
    from activation`.execute(db);
  return one(rows);
}

/** Adds an export of the scene's activation; RUNNING unless said otherwise. */
export async function createExport(db: Db, scene: EventScene): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into export (workspace_id, destination_id, activation_id, trigger, state, segment_ids, segment_keys,
      created_by_kind, created_by_name)
    values (${scene.workspaceId}, ${scene.destinationId}, ${scene.activationId}, 'MANUAL', 'RUNNING', '{}', '{}',
      'SYSTEM', 'test')
    returning id`.execute(db);
  return one(rows).id;
}

/** Commits one delivery event in a lane; answers its position. */
export function commitEvent(db: Db, place: EventScene & { lane: number }, content: EventContent = {}): Promise<number> {
  return db.transaction().execute((transaction) => insertEvent(transaction, place, content));
}

/** Writes a delivery event in a transaction of the caller. */
export async function insertEvent(
  transaction: Transaction<Tables>,
  place: EventScene & { lane: number },
  content: EventContent = {},
): Promise<number> {
  const { rows } = await sql<{ position: number }>`
    update lane set position = position + 1
    where destination_id = ${place.destinationId} and lane = ${place.lane} returning position`.execute(transaction);
  const { position } = one(rows);
  const delivered = content.delivered ?? 1;
  await sql`
    insert into delivery_event (workspace_id, destination_id, lane, position, activation_id, activation_version,
      destination_version, origin, export_ids, delivered, failed, skipped, deferred, attempts, bytes,
      possible_duplicates, codes, profile_ids, outcomes, revisions, shards, shard_numbers, sequence_numbers,
      record_attempts, record_bytes, latencies_ms)
    values (${place.workspaceId}, ${place.destinationId}, ${place.lane}, ${position},
      ${content.activationId ?? place.activationId}, 1, 1, ${content.origin ?? 'LIVE'},
      ${content.exportIds ?? []}::bigint[], ${delivered}, ${content.failed ?? 0}, ${content.skipped ?? 0},
      ${content.deferred ?? 0}, ${delivered}, ${delivered * 100}, 0, ${JSON.stringify(content.codes ?? {})},
      '{}', '', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`.execute(transaction);
  return position;
}

/** Commits a state event of an export that follows all that is committed; a final state finishes the export. */
export function commitExportState(
  db: Db,
  scene: EventScene,
  change: { exportId: number; state: ExportState },
): Promise<void> {
  return db.transaction().execute(async (transaction) => {
    await sql`update export set state = ${change.state},
        finished_at = case when ${change.state} in ('PREPARING', 'RUNNING', 'CANCELING') then null else now() end
      where id = ${change.exportId}`.execute(transaction);
    await insertState(
      transaction,
      scene,
      sql`
      ${change.exportId}::bigint, ${scene.activationId}::bigint, ${change.state}::text, null::jsonb`,
    );
  });
}

/** Commits a state event of the destination's health. */
export function commitHealth(db: Db, scene: EventScene, health: { status: string; message?: string }): Promise<void> {
  const body = JSON.stringify({ ...health, since: new Date().toISOString() });
  return db
    .transaction()
    .execute((transaction) =>
      insertState(transaction, scene, sql`null::bigint, null::bigint, null::text, ${body}::jsonb`),
    );
}

async function insertState(
  transaction: Transaction<Tables>,
  scene: EventScene,
  columns: ReturnType<typeof sql>,
): Promise<void> {
  await sql`update destination set position = position + 1 where id = ${scene.destinationId}`.execute(transaction);
  await sql`
    insert into state_event (destination_id, position, follows, export_id, activation_id, export_state, health)
    select id, position, array(select lane.position from lane where destination_id = ${scene.destinationId} order by lane),
      ${columns}
    from destination where id = ${scene.destinationId}`.execute(transaction);
}

async function createWorkspace(db: Db): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into workspace (name, external_id) values ('events', gen_random_uuid()::text) returning id`.execute(db);
  return one(rows).id;
}

function one<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('The statement answered no row.');
  return row;
}
