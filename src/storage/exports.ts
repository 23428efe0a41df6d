/** Exports in the database: what is read of them, and their cancel. See export-starts.ts for how they begin. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Export, ExportState, ExportTrigger } from '../domain/export.js';
import type { Db } from './database.js';
import type { ListQuery, SortOrder } from './paging.js';
import { ActorKindColumn } from './reference-columns.js';

/** Which exports, in which order; the parent is of the kind that `scope` names. */
export interface ExportListRequest {
  workspaceId: number;
  scope: 'workspace' | 'destination' | 'activation';
  filter: {
    destinationId?: number | null;
    activationId?: number | null;
    states?: ExportState[] | null;
    triggers?: ExportTrigger[] | null;
    /** Created at this time or later. */
    from?: Date | null;
    /** Created before this time. */
    to?: Date | null;
  };
  orderBy: ExportOrderName;
}

/** Orders of {@link exportList}. */
export type ExportOrderName = 'CREATED_AT_ASC' | 'CREATED_AT_DESC';

/** Reads exports by internal id, in their order; null where there is none in the workspace. */
export async function listExportsByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(Export | null)[]> {
  const { rows } = await sql`/* exports.by_ids */
    select ${columns} from export
    where export.workspace_id = ${workspaceId} and export.id = any(${[...ids]}::bigint[])`.execute(db);
  const found = new Map(rows.map((row) => ExportRow.parse(row)).map((run) => [run.id, run]));
  return ids.map((id) => found.get(id) ?? null);
}

/** Finds an export of the workspace. */
export async function findExport(db: Db, workspaceId: number, id: number): Promise<Export | null> {
  const [found] = await listExportsByIds(db, workspaceId, [id]);
  return found ?? null;
}

/** Finds an export of the activation that is not finished; null if there is none. */
export async function findUnfinishedExport(db: Db, activationId: number): Promise<number | null> {
  const row = await db
    .selectFrom('export')
    .select('id')
    .where('activation_id', '=', activationId)
    .where('finished_at', 'is', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Finds an export of a segment's exits that is not finished; null if there is none. */
export async function findUnfinishedExits(db: Db, segmentId: number): Promise<number | null> {
  const row = await db
    .selectFrom('export')
    .select('id')
    .where('trigger', '=', 'EXITS')
    .where('finished_at', 'is', null)
    .where(sql<boolean>`${segmentId} = any(segment_ids)`)
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Marks an export to be canceled by its lanes' owners; false if it is canceling or finished already. */
export async function markCanceling(tx: Db, id: number): Promise<boolean> {
  const row = await tx
    .updateTable('export')
    .set({ state: 'CANCELING' })
    .where('id', '=', id)
    .where('state', 'in', ['PREPARING', 'RUNNING'])
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** How many failed records these exports retry: exact once they are prepared, and before. */
export async function countRetried(db: Db, exportIds: readonly number[]): Promise<number> {
  const { rows } = await sql<{ retried: number }>`/* exports.count_retried */
    select coalesce(sum(
      -- The lists are complete once the export left PREPARING; from then on its records may be retried by another one.
      case when export.preparing_lanes > 0
        then (select count(*) from failed_record where retried_by = export.id and state = 'RETRYING')
        else (select sum(received) from export_lane where export_id = export.id)
      end
    ), 0)::bigint as retried
    from export
    where export.id = any(${[...exportIds]}::bigint[])`.execute(db);
  return rows[0]?.retried ?? 0;
}

/** The list of exports of a workspace, destination or activation. */
export function exportList(request: ExportListRequest): ListQuery<Export> {
  const { destinationId, activationId, states, triggers, from, to } = request.filter;
  const conditions = [SCOPES[request.scope], sql`export.workspace_id = ${request.workspaceId}`];
  if (destinationId != null) conditions.push(sql`export.destination_id = ${destinationId}`);
  if (activationId != null) conditions.push(sql`export.activation_id = ${activationId}`);
  if (states != null) conditions.push(sql`export.state = any(${states}::text[])`);
  if (triggers != null) conditions.push(sql`export.trigger = any(${triggers}::text[])`);
  if (from != null) conditions.push(sql`export.created_at >= ${from}`);
  if (to != null) conditions.push(sql`export.created_at < ${to}`);
  return {
    name: 'exports',
    workspaceId: request.workspaceId,
    columns,
    from: sql`export`,
    conditions,
    order: ORDERS[request.orderBy],
    parse: (row) => ExportRow.parse(row),
  };
}

const columns = sql`
  export.id, export.workspace_id, export.destination_id, export.activation_id, export.trigger, export.state,
  export.segment_ids, export.segment_keys, export.max_records_per_second, export.since, export.until,
  export.missed_runs, export.created_by_kind, export.created_by_name, export.created_at, export.started_at, export.finished_at,
  export.finished_at is null and (
    exists (select from destination where destination.id = export.destination_id and not destination.enabled)
    or exists (select from activation where activation.id = export.activation_id and activation.state = 'PAUSED')
  ) as paused`;

const SCOPES = {
  workspace: sql`export.workspace_id = parent.id`,
  destination: sql`export.destination_id = parent.id`,
  activation: sql`export.activation_id = parent.id`,
};

const byCreatedAt: SortOrder['keys'] = [
  { expression: sql`export.created_at`, type: 'timestamptz' },
  { expression: sql`export.id`, type: 'bigint' },
];

const ORDERS: Record<ExportOrderName, SortOrder> = {
  CREATED_AT_ASC: { name: 'CREATED_AT_ASC', keys: byCreatedAt, direction: 'asc' },
  CREATED_AT_DESC: { name: 'CREATED_AT_DESC', keys: byCreatedAt, direction: 'desc' },
};

const ExportRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    destination_id: z.number(),
    activation_id: z.number(),
    trigger: z.enum(['BACKFILL', 'EXITS', 'MANUAL', 'REPLAY', 'RETRY', 'SCHEDULED']),
    state: z.enum(['PREPARING', 'RUNNING', 'CANCELING', 'CANCELED', 'FAILED', 'PARTIALLY_FAILED', 'SUCCEEDED']),
    segment_ids: z.array(z.number()),
    segment_keys: z.array(z.string()),
    max_records_per_second: z.number().nullable(),
    since: z.date().nullable(),
    until: z.date().nullable(),
    missed_runs: z.number(),
    paused: z.boolean(),
    created_by_kind: ActorKindColumn,
    created_by_name: z.string(),
    created_at: z.date(),
    started_at: z.date().nullable(),
    finished_at: z.date().nullable(),
  })
  .transform(
    (row): Export => ({
      id: row.id,
      workspaceId: row.workspace_id,
      destinationId: row.destination_id,
      activationId: row.activation_id,
      trigger: row.trigger,
      state: row.state,
      segmentIds: row.segment_ids,
      segmentKeys: row.segment_keys,
      maxRecordsPerSecond: row.max_records_per_second,
      since: row.since,
      until: row.until,
      missedRuns: row.missed_runs,
      paused: row.paused,
      createdBy: { kind: row.created_by_kind, name: row.created_by_name },
      createdAt: row.created_at,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
    }),
  );
