/** How exports begin in the database: the export with its 16 lanes; its audience is listed later, by the lanes' owners. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { ActivationState } from '../domain/activation.js';
import type { ExportTrigger } from '../domain/export.js';
import type { Actor } from '../domain/viewer.js';
import type { Db } from './database.js';

/** What decides whether an activation can be exported. */
export interface ExportTarget {
  activationId: number;
  destinationId: number;
  activationState: ActivationState;
  destinationEnabled: boolean;
  /** Customer's ids of its segments, in order. */
  segmentKeys: string[];
}

/** Exports to start: one for each activation. */
export interface NewExports {
  workspaceId: number;
  activationIds: readonly number[];
  trigger: ExportTrigger;
  createdBy: Actor;
  /** Customer's ids; null or undefined: all segments of each activation. */
  segmentKeys?: readonly string[] | null;
  /** Customer's ids; null or undefined: the segments' members. */
  profileIds?: readonly string[] | null;
  /** Only members that changed at this time or later; REPLAY: profiles delivered then. */
  since?: Date | null;
  /** REPLAY: only profiles delivered before this time. */
  until?: Date | null;
  maxRecordsPerSecond?: number | null | undefined;
  /** SCHEDULED: due times missed, that they stand for beside their own. Default 0. */
  missedRuns?: number;
}

/** An export that was started. */
export interface StartedExport {
  id: number;
  activationId: number;
  destinationId: number;
}

/** Finds what is to be exported; null if the workspace has no such activation. */
export async function findExportTarget(
  db: Db,
  workspaceId: number,
  activationId: number,
): Promise<ExportTarget | null> {
  const { rows } = await sql`/* export_starts.find_target */
    select activation.id, activation.destination_id, activation.state, destination.enabled,
      array(
        select segment.segment_id
        from activation_segment mapped join segment on segment.id = mapped.segment_id
        where mapped.activation_id = activation.id
        order by mapped.ordinal
      ) as segment_keys
    from activation
    join destination on destination.id = activation.destination_id
    where activation.workspace_id = ${workspaceId} and activation.id = ${activationId}`.execute(db);
  return rows[0] === undefined ? null : TargetRow.parse(rows[0]);
}

/** Starts exports in one statement; an activation that is not in the workspace gets none. */
export async function insertExports(tx: Db, order: NewExports): Promise<StartedExport[]> {
  if (order.activationIds.length === 0) return [];
  const { segmentKeys, profileIds } = order;
  const { rows } = await sql`/* export_starts.insert */
    with started as (
      insert into export (
        workspace_id, destination_id, activation_id, trigger, segment_ids, segment_keys, profile_ids,
        since, until, missed_runs, max_records_per_second, created_by_kind, created_by_name
      )
      select activation.workspace_id, activation.destination_id, activation.id, ${order.trigger},
        coalesce(covered.ids, '{}'), coalesce(covered.keys, '{}'), ${profileIds ? [...profileIds] : null}::text[],
        ${order.since ?? null}::timestamptz, ${order.until ?? null}::timestamptz,
        ${order.missedRuns ?? 0}::int, ${order.maxRecordsPerSecond ?? null}::int, ${order.createdBy.kind}, ${order.createdBy.name}
      from activation
      cross join lateral (
        select array_agg(segment.id order by mapped.ordinal) as ids,
          array_agg(segment.segment_id order by mapped.ordinal) as keys
        from activation_segment mapped join segment on segment.id = mapped.segment_id
        where mapped.activation_id = activation.id
          and (${segmentKeys == null}::boolean or segment.segment_id = any(${[...(segmentKeys ?? [])]}::text[]))
      ) as covered
      where activation.workspace_id = ${order.workspaceId}
        and activation.id = any(${[...order.activationIds]}::bigint[])
      returning id, activation_id, destination_id
    ),
    lanes as (
      insert into export_lane (export_id, lane, destination_id)
      select started.id, numbered.lane, started.destination_id
      from started cross join generate_series(0, 15) as numbered(lane)
    )
    select id, activation_id, destination_id from started order by id`.execute(tx);
  return rows.map((row) => StartedRow.parse(row));
}

const TargetRow = z
  .object({
    id: z.number(),
    destination_id: z.number(),
    state: z.enum(['ACTIVE', 'PAUSED']),
    enabled: z.boolean(),
    segment_keys: z.array(z.string()),
  })
  .transform(
    (row): ExportTarget => ({
      activationId: row.id,
      destinationId: row.destination_id,
      activationState: row.state,
      destinationEnabled: row.enabled,
      segmentKeys: row.segment_keys,
    }),
  );

const StartedRow = z
  .object({ id: z.number(), activation_id: z.number(), destination_id: z.number() })
  .transform(
    (row): StartedExport => ({ id: row.id, activationId: row.activation_id, destinationId: row.destination_id }),
  );
