/** Schedules of activations in the database: the columns, which of them are due, and what a run leaves there. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { ActivationState } from '../domain/activation.js';
import type { Schedule } from '../domain/schedule.js';
import type { Db } from './database.js';

/** A schedule with its next due time; null while the activation is paused. */
export interface PlannedSchedule extends Schedule {
  nextRunAt: Date | null;
}

/** An activation whose due time has come, and which may export. */
export interface DueActivation {
  id: number;
  workspaceId: number;
  schedule: Schedule;
  /** The oldest due time that no export stands for. */
  dueAt: Date;
  /** When its newest scheduled export finished; null if it had none. */
  busyUntil: Date | null;
}

/** The columns of a schedule; null clears them. `last_run_at` stays: it is what CHANGED_SINCE_LAST counts from. */
export function toScheduleColumns(schedule: PlannedSchedule | null) {
  return {
    schedule_cron: schedule?.cron ?? null,
    schedule_time_zone: schedule?.timeZone ?? null,
    schedule_mode: schedule?.mode ?? null,
    next_run_at: schedule?.nextRunAt ?? null,
  };
}

/** Reads the columns of a schedule; null if there is none. */
export function parseSchedule(row: unknown): Schedule | null {
  const { schedule_cron: cron, schedule_time_zone: timeZone, schedule_mode: mode } = ScheduleColumns.parse(row);
  return cron === null || timeZone === null || mode === null ? null : { cron, timeZone, mode };
}

/** Reads what decides an activation's next due time; null if there is no such activation. */
export async function findActivationSchedule(
  tx: Db,
  id: number,
): Promise<{ state: ActivationState; schedule: Schedule | null } | null> {
  const { rows } = await sql`/* activation_schedules.find */
    select state, schedule_cron, schedule_time_zone, schedule_mode
    from activation
    where id = ${id}`.execute(tx);
  if (rows[0] === undefined) return null;
  return {
    state: z.object({ state: z.enum(['ACTIVE', 'PAUSED']) }).parse(rows[0]).state,
    schedule: parseSchedule(rows[0]),
  };
}

/** Sets the next due time. */
export async function setNextRun(tx: Db, id: number, nextRunAt: Date | null): Promise<void> {
  await sql`/* activation_schedules.set_next_run */
    update activation
    set next_run_at = ${nextRunAt}
    where id = ${id}`.execute(tx);
}

/**
 * SQL: whether an activation's due time has come and nothing is in its way: it delivers, its destination is enabled,
 * and its last scheduled export is over.
 */
const isDue = (now: Date) => sql<boolean>`(
  activation.next_run_at <= ${now}
  and activation.state = 'ACTIVE'
  and exists (select from destination where destination.id = activation.destination_id and destination.enabled)
  and not exists (
    select from export
    where export.activation_id = activation.id and export.trigger = 'SCHEDULED' and export.finished_at is null
  )
)`;

/** Lists the activations that are due, the longest overdue first; locks nothing. */
export async function listDueActivations(db: Db, now: Date): Promise<DueActivation[]> {
  const { rows } = await sql`/* activation_schedules.list_due */
    select activation.id, activation.workspace_id, activation.next_run_at, activation.schedule_cron,
      activation.schedule_time_zone, activation.schedule_mode,
      (
        select max(export.finished_at) from export
        where export.activation_id = activation.id and export.trigger = 'SCHEDULED'
      ) as busy_until
    from activation
    where ${isDue(now)}
    order by activation.next_run_at, activation.id`.execute(db);
  return rows.flatMap((row) => {
    const schedule = parseSchedule(row);
    return schedule ? [{ ...DueRow.parse(row), schedule }] : [];
  });
}

/**
 * Takes a due activation until the transaction ends, and moves its due time on. The newest run begins now: whoever
 * calls holds the workspace's lock alone, so that each change of a profile is committed before, and read by the export,
 * or has a later time.
 * @returns when the run before began, null if this is the first; undefined if another node took it, or it is not due
 * any more.
 */
export async function beginRun(
  tx: Db,
  due: DueActivation,
  times: { now: Date; nextRunAt: Date | null },
): Promise<{ lastRunAt: Date | null } | undefined> {
  const { rows } = await sql<{ last_run_at: Date | null }>`/* activation_schedules.begin_run */
    with taken as (
      select activation.id, activation.last_run_at
      from activation
      where activation.id = ${due.id} and ${isDue(times.now)}
        and date_trunc('milliseconds', activation.next_run_at) = ${due.dueAt}
      for update skip locked
    )
    update activation
    set last_run_at = clock_timestamp(), next_run_at = ${times.nextRunAt}
    from taken
    where activation.id = taken.id
    returning taken.last_run_at`.execute(tx);
  return rows[0] && { lastRunAt: rows[0].last_run_at };
}

const ScheduleColumns = z.object({
  schedule_cron: z.string().nullable(),
  schedule_time_zone: z.string().nullable(),
  schedule_mode: z.enum(['CHANGED_SINCE_LAST', 'FULL']).nullable(),
});

const DueRow = z
  .object({ id: z.number(), workspace_id: z.number(), next_run_at: z.date(), busy_until: z.date().nullable() })
  .transform((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    dueAt: row.next_run_at,
    busyUntil: row.busy_until,
  }));
