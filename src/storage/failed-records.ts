/** Failed records in the database: what is read of them. See failed-record-decisions.ts for what is decided. */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { FailedRecord, FailedRecordFilter } from '../domain/failed-record.js';
import type { Db } from './database.js';
import type { ListQuery, SortOrder } from './paging.js';
import { isStorableText } from './text-match.js';

/** Which failed records, in which order; the parent is of the kind that `scope` names. */
export interface FailedRecordListRequest {
  workspaceId: number;
  scope: 'workspace' | 'destination' | 'activation' | 'export';
  filter: FailedRecordFilter;
  orderBy: FailedRecordOrderName;
}

/** Orders of {@link failedRecordList}. */
export type FailedRecordOrderName = 'FAILED_AT_ASC' | 'FAILED_AT_DESC';

/** Reads failed records by internal id, in their order; null where there is none in the workspace. */
export async function listFailedRecordsByIds(
  db: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(FailedRecord | null)[]> {
  const { rows } = await sql`/* failed_records.by_ids */
    select ${columns} from failed_record
    where failed_record.workspace_id = ${workspaceId} and failed_record.id = any(${[...ids]}::bigint[])`.execute(db);
  const found = new Map(rows.map((row) => FailedRecordRow.parse(row)).map((record) => [record.id, record]));
  return ids.map((id) => found.get(id) ?? null);
}

/** The list of failed records of a workspace, destination, activation or export. */
export function failedRecordList(request: FailedRecordListRequest): ListQuery<FailedRecord> {
  const conditions = [SCOPES[request.scope], ...failedRecordConditions(request.workspaceId, request.filter)];
  const { states } = request.filter;
  if (states != null) conditions.push(sql`failed_record.state = any(${states}::text[])`);
  return {
    name: 'failed_records',
    workspaceId: request.workspaceId,
    columns,
    from: sql`failed_record`,
    conditions,
    order: ORDERS[request.orderBy],
    parse: (row) => FailedRecordRow.parse(row),
  };
}

/** SQL conditions on `failed_record`: in the workspace and under the filter, but for its `states`. */
export function failedRecordConditions(workspaceId: number, filter: FailedRecordFilter): RawBuilder<unknown>[] {
  const { ids, destinationId, activationId, exportId, profileId, codes, from, to } = filter;
  const conditions = [sql`failed_record.workspace_id = ${workspaceId}`];
  if (ids != null) conditions.push(sql`failed_record.id = any(${ids}::bigint[])`);
  if (destinationId != null) conditions.push(sql`failed_record.destination_id = ${destinationId}`);
  if (activationId != null) conditions.push(sql`failed_record.activation_id = ${activationId}`);
  if (exportId != null) conditions.push(ofExport(sql`${exportId}::bigint`));
  if (profileId != null) conditions.push(isOfProfile(workspaceId, profileId));
  if (codes != null) conditions.push(sql`failed_record.code = any(${codes}::text[])`);
  if (from != null) conditions.push(sql`failed_record.failed_at >= ${from}`);
  if (to != null) conditions.push(sql`failed_record.failed_at < ${to}`);
  return conditions;
}

/**
 * Failed records of an export are its activation's, and no later than its end; a minute more, for a clock that was set
 * back. Row-level security lets no index of `exports` go ahead of it.
 */
function ofExport(exportId: RawBuilder<unknown>): RawBuilder<unknown> {
  const own = (column: RawBuilder<unknown>) => sql`(select ${column} from export where export.id = ${exportId})`;
  return sql`failed_record.exports ? ${exportId}::text
    and failed_record.activation_id = ${own(sql`export.activation_id`)}
    and failed_record.failed_at <= ${own(sql`coalesce(export.finished_at, 'infinity') + interval '1 minute'`)}`;
}

function isOfProfile(workspaceId: number, profileId: string): RawBuilder<unknown> {
  return sql`failed_record.profile_id = (
    select profile.id from profile
    where profile.workspace_id = ${workspaceId} and profile.profile_id = ${isStorableText(profileId) ? profileId : null})`;
}

/** The profile's row is there, since erasing it takes its failed records along; one that is not must not break a list. */
const columns = sql`
  failed_record.id, failed_record.workspace_id, failed_record.destination_id, failed_record.activation_id,
  failed_record.profile_id as profile_key, failed_record.state, failed_record.code, failed_record.message,
  failed_record.aws_code, failed_record.aws_request_id, failed_record.attempts, failed_record.size_bytes,
  failed_record.limit_bytes, failed_record.retried_by, failed_record.failed_at,
  array(select key::bigint from jsonb_object_keys(failed_record.exports) as key order by key::bigint) as export_ids,
  coalesce((
    select profile.profile_id from profile
    where profile.lane = failed_record.lane and profile.id = failed_record.profile_id
  ), '') as profile_id`;

const SCOPES = {
  workspace: sql`failed_record.workspace_id = parent.id`,
  destination: sql`failed_record.destination_id = parent.id`,
  activation: sql`failed_record.activation_id = parent.id`,
  export: ofExport(sql`parent.id`),
};

const byFailedAt: SortOrder['keys'] = [
  { expression: sql`failed_record.failed_at`, type: 'timestamptz' },
  { expression: sql`failed_record.id`, type: 'bigint' },
];

const ORDERS: Record<FailedRecordOrderName, SortOrder> = {
  FAILED_AT_ASC: { name: 'FAILED_AT_ASC', keys: byFailedAt, direction: 'asc' },
  FAILED_AT_DESC: { name: 'FAILED_AT_DESC', keys: byFailedAt, direction: 'desc' },
};

const FailedRecordRow = z
  .object({
    id: z.number(),
    workspace_id: z.number(),
    destination_id: z.number(),
    activation_id: z.number(),
    profile_key: z.number(),
    profile_id: z.string(),
    state: z.enum(['OPEN', 'RETRYING', 'RECOVERED', 'DISCARDED']),
    code: z.string(),
    message: z.string(),
    aws_code: z.string().nullable(),
    aws_request_id: z.string().nullable(),
    attempts: z.number(),
    size_bytes: z.number(),
    limit_bytes: z.number().nullable(),
    export_ids: z.array(z.number()),
    retried_by: z.number().nullable(),
    failed_at: z.date(),
  })
  .transform(
    (row): FailedRecord => ({
      id: row.id,
      workspaceId: row.workspace_id,
      destinationId: row.destination_id,
      activationId: row.activation_id,
      profileKey: row.profile_key,
      profileId: row.profile_id,
      state: row.state,
      code: row.code,
      message: row.message,
      awsCode: row.aws_code,
      awsRequestId: row.aws_request_id,
      attempts: row.attempts,
      sizeBytes: row.size_bytes,
      limitBytes: row.limit_bytes,
      exportIds: row.export_ids,
      retriedBy: row.retried_by,
      failedAt: row.failed_at,
    }),
  );
