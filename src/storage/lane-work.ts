/** What a lane has to do: its parts of exports, and whether records are due. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';
import { maySend } from './destination-health.js';
import type { LaneClaim } from './lanes.js';
import { plannedOnce } from './prepared.js';
import { now, waitingActivations } from './waiting-activations.js';

/** A lane's part of an export that is not done. */
export interface ExportPart {
  exportId: number;
  exportState: 'PREPARING' | 'RUNNING' | 'CANCELING';
  state: 'PREPARING' | 'READY';
  /** Whether a page may be sent now. */
  sendable: boolean;
}

/** A lane's work, in order of export id. */
export interface LaneWork {
  parts: ExportPart[];
  /** Whether pending records are due and may be sent or settled. */
  pendingDue: boolean;
  /** Pending records of the lane, counted up to {@link DEFERRED_LIMIT} + 1. */
  pendingCount: number;
}

/** A lane with more pending records takes no export page: else a storm turns an export into rewritten rows. */
export const DEFERRED_LIMIT = 1_000;

const WorkRow = z.object({
  parts: z.array(
    z.object({
      exportId: z.number(),
      exportState: z.enum(['PREPARING', 'RUNNING', 'CANCELING']),
      state: z.enum(['PREPARING', 'READY']),
      sendable: z.boolean(),
    }),
  ),
  pending_due: z.boolean(),
  pending_count: z.number(),
});

/** Reads what a lane has to do now, in one statement. */
export async function findLaneWork(db: Db, claim: LaneClaim): Promise<LaneWork> {
  const destinationId = plannedOnce(claim.destinationId, 'bigint');
  const lane = plannedOnce(claim.lane, 'smallint');
  const { rows } = await sql`/* lanes.find_work (prepared) */
    with target as (
      select ${maySend} as may_send
      from destination where id = ${destinationId}
    )
    select
      coalesce((
        select jsonb_agg(jsonb_build_object(
          'exportId', part.export_id, 'exportState', export.state, 'state', part.state,
          'sendable', export.state = 'RUNNING' and part.page < part.pages and part.not_before <= clock_timestamp()
            and coalesce(activation.state, 'ACTIVE') = 'ACTIVE' and coalesce((select may_send from target), false)
        ) order by part.export_id)
        from export_lane part
        join export on export.id = part.export_id
        left join activation on activation.id = export.activation_id
        where part.destination_id = ${destinationId} and part.lane = ${lane} and part.state <> 'DONE'
      ), '[]') as parts,
      exists (
        select from ${waitingActivations({ destinationId, lane })} as waiting
        where waiting.due_at <= ${now}
          and (((select may_send from target) and waiting.state = 'ACTIVE') or waiting.state is null)
      ) as pending_due,
      (
        select count(*)::int from (
          select from pending_record
          where destination_id = ${destinationId} and lane = ${lane}
          limit ${sql.lit(DEFERRED_LIMIT + 1)}
        ) as counted
      ) as pending_count`.execute(db);
  const row = WorkRow.parse(rows[0]);
  return { parts: row.parts, pendingDue: row.pending_due, pendingCount: row.pending_count };
}
