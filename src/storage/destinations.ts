/** Destinations in the database. */

import { type RawBuilder, sql } from 'kysely';
import type { Destination } from '../domain/destination.js';
import type { KinesisSettings } from '../domain/destination-input.js';
import type { Db } from './database.js';
import { DestinationRow, destinationColumns } from './destination-row.js';
import type { ListQuery, SortOrder } from './paging.js';
import { toSettingsColumns } from './record-settings.js';
import { containsText } from './text-match.js';

/** Which destinations, in which order. */
export interface DestinationListRequest {
  workspaceId: number;
  /** What the parent is. */
  scope: 'WORKSPACE' | 'CREDENTIAL';
  filter: {
    credentialId: number | null;
    enabled: boolean | null;
    health: string[] | null;
    kinds: string[] | null;
    search: string | null;
  };
  orderBy: DestinationOrderName;
}

/** Orders of {@link destinationList}. */
export type DestinationOrderName =
  | 'CREATED_AT_ASC'
  | 'CREATED_AT_DESC'
  | 'HEALTH_WORST_FIRST'
  | 'NAME_ASC'
  | 'NAME_DESC';

/** Adds a destination, untested and enabled; its id. */
export async function insertDestination(db: Db, workspaceId: number, settings: KinesisSettings): Promise<number> {
  const row = await db
    .insertInto('destination')
    .values({ workspace_id: workspaceId, kind: 'AMAZON_KINESIS', ...toColumns(settings) })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Adds the lanes of a new destination. */
export async function insertLanes(
  db: Db,
  lanes: { workspaceId: number; destinationId: number; laneCount: number },
): Promise<void> {
  await sql`/* destinations.insert_lanes */
    insert into lane (destination_id, lane, workspace_id)
    select ${lanes.destinationId}, number, ${lanes.workspaceId}
    from generate_series(0, ${lanes.laneCount}::int - 1) as number`.execute(db);
}

/** Changes a destination's settings; a halted one is tried again at once. */
export async function updateDestinationRow(db: Db, id: number, settings: KinesisSettings): Promise<void> {
  await db
    .updateTable('destination')
    .set((eb) => ({
      ...toColumns(settings),
      version: eb('version', '+', 1),
      updated_at: sql<Date>`now()`,
      next_probe_at: sql<Date | null>`case when health_status = 'HALTED' then now() end`,
    }))
    .where('id', '=', id)
    .execute();
}

/**
 * Locks a destination until the transaction ends.
 * @param mode `update` before deleting it, `no key update` before changing it.
 * @returns false if there is none in the workspace.
 */
export async function lockDestination(
  db: Db,
  workspaceId: number,
  id: number,
  mode: 'update' | 'no key update',
): Promise<boolean> {
  const result = await sql`/* destinations.lock */
    select id
    from destination
    where workspace_id = ${workspaceId} and id = ${id}
    for ${sql.raw(mode)}`.execute(db);
  return result.rows.length > 0;
}

/** Whether an export of a destination is not finished. */
export async function hasUnfinishedExport(db: Db, destinationId: number): Promise<boolean> {
  const row = await db
    .selectFrom('export')
    .select('id')
    .where('destination_id', '=', destinationId)
    .where('finished_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether a destination uses a credential. */
export async function hasDestinationWithCredential(db: Db, credentialId: number): Promise<boolean> {
  const row = await db
    .selectFrom('destination')
    .select('id')
    .where('credential_id', '=', credentialId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Deletes a destination's lanes; waits for commits that are under way. */
export async function deleteLanes(db: Db, destinationId: number): Promise<void> {
  await db.deleteFrom('lane').where('destination_id', '=', destinationId).execute();
}

/** Deletes the outcomes of a destination's records. */
export async function deleteDeliveryRows(db: Db, destinationId: number): Promise<void> {
  await db.deleteFrom('delivery_event').where('destination_id', '=', destinationId).execute();
  // In the order in which others lock them.
  await sql`/* destinations.delete_failed_records */
    with locked as materialized (
      select id from failed_record
      where destination_id = ${destinationId}
      order by activation_id, profile_id, id
      for update
    )
    delete from failed_record using locked where failed_record.id = locked.id`.execute(db);
}

/** Deletes a destination with what waits for it, its exports, activations and state events. */
export async function deleteDestinationRow(db: Db, id: number): Promise<void> {
  await db.deleteFrom('pending_record').where('destination_id', '=', id).execute();
  await db.deleteFrom('export').where('destination_id', '=', id).execute();
  await db.deleteFrom('activation').where('destination_id', '=', id).execute();
  await db.deleteFrom('destination').where('id', '=', id).execute();
}

/** Finds a destination by internal id. */
export async function findDestination(db: Db, workspaceId: number, id: number): Promise<Destination | null> {
  const [found] = await listDestinationsByIds(db, workspaceId, [id]);
  return found ?? null;
}

/** Reads destinations by internal id, in their order; null where there is none in the workspace. */
export async function listDestinationsByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(Destination | null)[]> {
  const result = await sql`/* destinations.by_ids */
    select ${destinationColumns}
    from destination
    where workspace_id = ${workspaceId} and id = any(${[...ids]}::bigint[])`.execute(db);
  const found = new Map(result.rows.map((row) => DestinationRow.parse(row)).map((row) => [row.id, row]));
  return ids.map((id) => found.get(id) ?? null);
}

/** The list of destinations of a workspace or credential, for {@link ListQuery} readers. */
export function destinationList(request: DestinationListRequest): ListQuery<Destination> {
  const parent = request.scope === 'CREDENTIAL' ? sql`destination.credential_id` : sql`destination.workspace_id`;
  return {
    name: 'destinations',
    workspaceId: request.workspaceId,
    columns: destinationColumns,
    from: sql`destination`,
    conditions: [
      sql`${parent} = parent.id`,
      sql`destination.workspace_id = ${request.workspaceId}`,
      ...filterConditions(request.filter),
    ],
    order: ORDERS[request.orderBy],
    parse: (row) => DestinationRow.parse(row),
  };
}

function filterConditions(filter: DestinationListRequest['filter']): RawBuilder<unknown>[] {
  const { credentialId, enabled, health, kinds, search } = filter;
  const conditions: RawBuilder<unknown>[] = [];
  if (credentialId !== null) conditions.push(sql`destination.credential_id = ${credentialId}`);
  if (enabled !== null) conditions.push(sql`destination.enabled = ${enabled}`);
  if (health !== null) conditions.push(sql`destination.health_status = any(${health}::text[])`);
  if (kinds !== null) conditions.push(sql`destination.kind = any(${kinds}::text[])`);
  if (search !== null) conditions.push(containsText([sql`destination.name`], search));
  return conditions;
}

function toColumns(settings: KinesisSettings) {
  return {
    name: settings.name,
    description: settings.description,
    credential_id: settings.credentialId,
    region: settings.region,
    stream: settings.stream,
    ...toSettingsColumns(settings),
  };
}

const byCreatedAt: SortOrder['keys'] = [
  { expression: sql`destination.created_at`, type: 'timestamptz' },
  { expression: sql`destination.id`, type: 'bigint' },
];
const byName: SortOrder['keys'] = [
  { expression: sql`destination.name`, type: 'text' },
  { expression: sql`destination.id`, type: 'bigint' },
];
const byHealth: SortOrder['keys'] = [
  {
    expression: sql`array_position(
      array['HALTED', 'THROTTLED', 'DEGRADED', 'UNTESTED', 'HEALTHY'], destination.health_status)`,
    type: 'int',
  },
  ...byName,
];

const ORDERS: Record<DestinationOrderName, SortOrder> = {
  CREATED_AT_ASC: { name: 'CREATED_AT_ASC', keys: byCreatedAt, direction: 'asc' },
  CREATED_AT_DESC: { name: 'CREATED_AT_DESC', keys: byCreatedAt, direction: 'desc' },
  HEALTH_WORST_FIRST: { name: 'HEALTH_WORST_FIRST', keys: byHealth, direction: 'asc' },
  NAME_ASC: { name: 'NAME_ASC', keys: byName, direction: 'asc' },
  NAME_DESC: { name: 'NAME_DESC', keys: byName, direction: 'desc' },
};
