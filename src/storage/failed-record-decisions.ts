/** Decisions about failed records in the database: retry and discard, each in bulk. Only open ones are touched. */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { ActivationState } from '../domain/activation.js';
import type { DeliveryCode } from '../domain/delivery-code.js';
import type { FailedRecordFilter, FailedRecordState } from '../domain/failed-record.js';
import type { Db } from './database.js';
import { failedRecordConditions } from './failed-records.js';

/** An activation with open failed records, and what decides whether they can be retried. */
export interface RetriableActivation {
  activationId: number;
  activationState: ActivationState;
  destinationId: number;
  destinationEnabled: boolean;
}

/**
 * Locks failed records by id until the transaction ends, and reads their states: who decides about one at the same time
 * has either done so, or waits. In the order of the ids; null where there is none in the workspace.
 */
export async function lockFailedRecordStates(
  tx: Db,
  workspaceId: number,
  ids: readonly number[],
): Promise<(FailedRecordState | null)[]> {
  const { rows } = await sql`/* failed_records.states */
    select id, state from failed_record
    where workspace_id = ${workspaceId} and id = any(${[...ids]}::bigint[])
    order by ${lockOrder}
    for no key update`.execute(tx);
  const found = new Map(rows.map((row) => StateRow.parse(row)).map(({ id, state }) => [id, state]));
  return ids.map((id) => found.get(id) ?? null);
}

/** Locks the open failed records under a filter until the transaction ends, and tells whose they are. */
export async function lockRetriable(
  tx: Db,
  workspaceId: number,
  filter: FailedRecordFilter,
): Promise<RetriableActivation[]> {
  const { rows } = await sql`/* failed_records.lock_retriable */
    with chosen as materialized (${lockOpen(workspaceId, filter)})
    select activation.id, activation.state, activation.destination_id, destination.enabled
    from activation
    join destination on destination.id = activation.destination_id
    where activation.id in (select activation_id from chosen)
    order by activation.id`.execute(tx);
  return rows.map((row) => RetriableRow.parse(row));
}

/** Makes the open failed records under a filter part of the exports that retry them: one export an activation. */
export async function markRetrying(
  tx: Db,
  order: {
    workspaceId: number;
    filter: FailedRecordFilter;
    exports: readonly { id: number; activationId: number }[];
  },
): Promise<void> {
  await sql`/* failed_records.mark_retrying */
    update failed_record
    set state = 'RETRYING', retried_by = retry.export_id, updated_at = clock_timestamp()
    from unnest(
      ${order.exports.map((started) => started.id)}::bigint[],
      ${order.exports.map((started) => started.activationId)}::bigint[]
    ) as retry(export_id, activation_id)
    where failed_record.activation_id = retry.activation_id and ${isOpen(order.workspaceId, order.filter)}`.execute(tx);
}

/**
 * Discards the open failed records under a filter: in every export in which they failed they turn from failed to
 * skipped, in all and by segment, and their code gives way to `code`. One statement, however many there are.
 * @returns how many.
 */
export async function discardFailedRecordRows(
  tx: Db,
  order: { workspaceId: number; filter: FailedRecordFilter; code: DeliveryCode },
): Promise<number> {
  const { rows } = await sql<{ discarded: number }>`/* failed_records.discard */
    with chosen as materialized (${lockOpen(order.workspaceId, order.filter)}),
    discarded as (
      update failed_record
      set state = 'DISCARDED', updated_at = clock_timestamp()
      from chosen
      where failed_record.id = chosen.id
    ),
    shift as (
      select reason.key::bigint as export_id, chosen.lane, split_part(reason.value, ';', 2) as code,
        split_part(reason.value, ';', 1) as segments, count(*) as records
      from chosen cross join lateral jsonb_each_text(chosen.exports) as reason
      group by reason.key, chosen.lane, reason.value
    ),
    counted as (
      select shift.export_id, shift.lane, counter.name, sum(counter.sign * shift.records) as total
      from shift cross join lateral (
        values ('failed', -1), ('code.' || shift.code, -1), ('skipped', 1), ('code.' || ${order.code}::text, 1)
        union all
        select 'segment.' || number || outcome.name, outcome.sign
        from unnest(string_to_array(nullif(shift.segments, ''), ',')) as number
        cross join (values ('.failed', -1), ('.skipped', 1)) as outcome(name, sign)
      ) as counter(name, sign)
      group by shift.export_id, shift.lane, counter.name
    ),
    change as (
      select export_id, lane, jsonb_object_agg(name, total) as counts from counted group by export_id, lane
    ),
    -- In one order, so that two decisions at once cannot wait for each other.
    locked as materialized (
      select part.export_id, part.lane, change.counts
      from export_lane part join change on change.export_id = part.export_id and change.lane = part.lane
      order by part.export_id, part.lane
      for no key update of part
    ),
    shifted as (
      update export_lane
      set counts = add_counts(export_lane.counts, locked.counts)
      from locked
      where export_lane.export_id = locked.export_id and export_lane.lane = locked.lane
    )
    select count(*) as discarded from chosen`.execute(tx);
  return rows[0]?.discarded ?? 0;
}

/** Locks in one order: two decisions at once, or a decision and a lane's commit, cannot wait for each other. */
function lockOpen(workspaceId: number, filter: FailedRecordFilter): RawBuilder<unknown> {
  return sql`
    select failed_record.id, failed_record.activation_id, failed_record.lane, failed_record.exports
    from failed_record
    where ${isOpen(workspaceId, filter)}
    order by ${lockOrder}
    for no key update`;
}

/** The order in which a lane's commit has them too: by their key, not by an id that it cannot know beforehand. */
const lockOrder = sql`failed_record.activation_id, failed_record.profile_id, failed_record.id`;

function isOpen(workspaceId: number, filter: FailedRecordFilter): RawBuilder<unknown> {
  const conditions = failedRecordConditions(workspaceId, filter);
  return sql.join([...conditions, sql`failed_record.state = 'OPEN'`], sql` and `);
}

const StateRow = z.object({ id: z.number(), state: z.enum(['OPEN', 'RETRYING', 'RECOVERED', 'DISCARDED']) });

const RetriableRow = z
  .object({ id: z.number(), state: z.enum(['ACTIVE', 'PAUSED']), destination_id: z.number(), enabled: z.boolean() })
  .transform(
    (row): RetriableActivation => ({
      activationId: row.id,
      activationState: row.state,
      destinationId: row.destination_id,
      destinationEnabled: row.enabled,
    }),
  );
