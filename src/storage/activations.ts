/** Activations in the database. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Activation, ActivationState } from '../domain/activation.js';
import type { ChangeDetection } from '../domain/trigger.js';
import { type PlannedSchedule, parseSchedule, toScheduleColumns } from './activation-schedules.js';
import type { Db } from './database.js';
import type { ListQuery, SortOrder } from './paging.js';
import { isStorableText } from './text-match.js';

/** Which activations, in which order; the parent is of the kind that `scope` names. */
export interface ActivationListRequest {
  workspaceId: number;
  scope: 'workspace' | 'destination' | 'segment';
  filter: { destinationId?: number | null; segmentId?: string | null; states?: ActivationState[] | null };
  orderBy: ActivationOrderName;
}

/** Orders of {@link activationList}. */
export type ActivationOrderName = 'CREATED_AT_ASC' | 'CREATED_AT_DESC' | 'UPDATED_AT_ASC' | 'UPDATED_AT_DESC';

/** Adds an activation without segments: {@link replaceMappings} adds them. */
export async function insertActivation(
  tx: Db,
  activation: {
    workspaceId: number;
    destinationId: number;
    attributes: readonly string[];
    changeDetection: ChangeDetection;
    schedule: PlannedSchedule | null;
  },
): Promise<Activation> {
  const row = await tx
    .insertInto('activation')
    .values({
      workspace_id: activation.workspaceId,
      destination_id: activation.destinationId,
      attributes: [...activation.attributes],
      change_detection: activation.changeDetection,
      ...toScheduleColumns(activation.schedule),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return ActivationRow.parse(row);
}

/** Changes an activation that is at the expected version; null if there is none. */
export async function updateActivationRow(
  tx: Db,
  workspaceId: number,
  change: {
    id: number;
    expectedVersion: number;
    attributes?: readonly string[] | undefined;
    changeDetection?: ChangeDetection | undefined;
    schedule?: PlannedSchedule | null | undefined;
  },
): Promise<Activation | null> {
  const row = await tx
    .updateTable('activation')
    .set((eb) => ({
      ...(change.attributes && { attributes: [...change.attributes] }),
      ...(change.changeDetection && { change_detection: change.changeDetection }),
      ...(change.schedule !== undefined && toScheduleColumns(change.schedule)),
      version: eb('version', '+', 1),
      updated_at: sql<Date>`now()`,
    }))
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', change.id)
    .where('version', '=', change.expectedVersion)
    .returningAll()
    .executeTakeFirst();
  return row ? ActivationRow.parse(row) : null;
}

/**
 * Lets an activation deliver, or holds it. Its version stays: it counts changes of settings, and record ids are made of it.
 * @param discard the changes kept until now are to be skipped: the caller holds the workspace's lock alone, so that every
 *   change has a lower number, or comes later.
 */
export async function setActivationState(
  tx: Db,
  change: { id: number; state: ActivationState; discard: boolean },
): Promise<void> {
  await tx
    .updateTable('activation')
    .set({
      state: change.state,
      updated_at: sql<Date>`now()`,
      ...(change.discard && { discarded_until: sql<number>`nextval('pending_version')` }),
    })
    .where('id', '=', change.id)
    .execute();
}

/** Deletes an activation and its mappings; what else names it stays, see the schema's comments. */
export async function deleteActivationRow(tx: Db, id: number): Promise<void> {
  await tx.deleteFrom('activation').where('id', '=', id).execute();
}

/** Whether the workspace has this destination. */
export async function hasDestination(db: Db, workspaceId: number, id: number): Promise<boolean> {
  const row = await db
    .selectFrom('destination')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row !== undefined;
}

/** Finds an activation of the workspace. */
export async function findActivation(db: Db, workspaceId: number, id: number): Promise<Activation | null> {
  const [found] = await listActivationsByIds(db, workspaceId, [id]);
  return found ?? null;
}

/** Reads activations by internal id, in their order; null where there is none in the workspace. */
export async function listActivationsByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(Activation | null)[]> {
  const rows = await db
    .selectFrom('activation')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sql<number>`any(${[...ids]}::bigint[])`)
    .execute();
  const found = new Map(rows.map((row) => [row.id, ActivationRow.parse(row)]));
  return ids.map((id) => found.get(id) ?? null);
}

/** The list of activations of a workspace, destination or segment. */
export function activationList(request: ActivationListRequest): ListQuery<Activation> {
  const { destinationId, segmentId, states } = request.filter;
  const conditions = [SCOPES[request.scope], sql`activation.workspace_id = ${request.workspaceId}`];
  if (destinationId != null) conditions.push(sql`activation.destination_id = ${destinationId}`);
  if (states != null) conditions.push(sql`activation.state = any(${states}::text[])`);
  if (segmentId != null)
    conditions.push(sql`exists (
      select from activation_segment mapped join segment on segment.id = mapped.segment_id
      where mapped.activation_id = activation.id and segment.segment_id = ${isStorableText(segmentId) ? segmentId : null}
        and segment.workspace_id = ${request.workspaceId})`);
  return {
    name: 'activations',
    workspaceId: request.workspaceId,
    columns: sql`activation.*`,
    from: sql`activation`,
    conditions,
    order: ORDERS[request.orderBy],
    parse: (row) => ActivationRow.parse(row),
  };
}

const SCOPES = {
  workspace: sql`activation.workspace_id = parent.id`,
  destination: sql`activation.destination_id = parent.id`,
  segment: sql`exists (
    select from activation_segment own where own.activation_id = activation.id and own.segment_id = parent.id)`,
};

const byCreatedAt: SortOrder['keys'] = [
  { expression: sql`activation.created_at`, type: 'timestamptz' },
  { expression: sql`activation.id`, type: 'bigint' },
];
const byUpdatedAt: SortOrder['keys'] = [
  { expression: sql`activation.updated_at`, type: 'timestamptz' },
  { expression: sql`activation.id`, type: 'bigint' },
];

const ORDERS: Record<ActivationOrderName, SortOrder> = {
  CREATED_AT_ASC: { name: 'CREATED_AT_ASC', keys: byCreatedAt, direction: 'asc' },
  CREATED_AT_DESC: { name: 'CREATED_AT_DESC', keys: byCreatedAt, direction: 'desc' },
  UPDATED_AT_ASC: { name: 'UPDATED_AT_ASC', keys: byUpdatedAt, direction: 'asc' },
  UPDATED_AT_DESC: { name: 'UPDATED_AT_DESC', keys: byUpdatedAt, direction: 'desc' },
};

const ActivationRow = z
  .looseObject({
    id: z.number(),
    workspace_id: z.number(),
    destination_id: z.number(),
    state: z.enum(['ACTIVE', 'PAUSED']),
    attributes: z.array(z.string()),
    change_detection: z.enum(['EXPORT_ALWAYS', 'EXPORT_IF_CHANGED']),
    next_run_at: z.date().nullable(),
    version: z.number(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .transform(
    (row): Activation => ({
      id: row.id,
      workspaceId: row.workspace_id,
      destinationId: row.destination_id,
      state: row.state,
      attributes: row.attributes,
      changeDetection: row.change_detection,
      schedule: parseSchedule(row),
      nextRunAt: row.next_run_at,
      version: row.version,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }),
  );
