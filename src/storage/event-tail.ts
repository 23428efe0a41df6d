/**
 * A destination's events behind a position, as committed: the rows that its subscribers see.
 *
 * The events lie in 17 sequences: one a lane, and one for what happens outside a lane. In each, positions start at 1
 * and have no gaps, because they are given under the lock of the lane's (or the destination's) row: whoever reads
 * `position > passed` in order misses nothing, and a missing number means that retention removed it.
 */

import { sql } from 'kysely';
import type { DeliveryOrigin } from '../domain/delivery.js';
import type { DestinationHealth } from '../domain/destination.js';
import type { ExportState } from '../domain/export.js';
import type { Db } from './database.js';
import { CommittedEventRow } from './event-tail-row.js';

/** Channel of notifications; keys are destination ids in decimal. Writers notify after their commit. */
export const DELIVERY_EVENT_CHANNEL = 'delivery_event';

/** Index of the state events' sequence; 0–15 are the lanes'. */
export const STATE_SEQUENCE = 16;

/** Newest position passed in each of the 17 sequences; 0 = none. */
export type Positions = readonly number[];

/** The results of one activation's records in one page. */
export interface CommittedDeliveries {
  kind: 'DELIVERIES';
  /** Id of the row in delivery_event. */
  id: number;
  committedAt: Date;
  /** 0–15. */
  sequence: number;
  position: number;
  activationId: number;
  origin: DeliveryOrigin;
  exportIds: number[];
  delivered: number;
  failed: number;
  skipped: number;
  deferred: number;
  attempts: number;
  bytes: number;
  possibleDuplicates: number;
  /** Failures, skips and deferrals: how often each DeliveryCode occurred. */
  codes: Record<string, number>;
}

/** An export took another state. */
export interface CommittedExportState {
  kind: 'EXPORT_STATE';
  committedAt: Date;
  /** Always {@link STATE_SEQUENCE}. */
  sequence: number;
  position: number;
  /** Positions of lanes 0–15 that a subscriber must have passed first. */
  follows: number[];
  exportId: number;
  activationId: number | null;
  state: ExportState;
}

/** The destination's health changed. */
export interface CommittedHealth {
  kind: 'HEALTH';
  committedAt: Date;
  /** Always {@link STATE_SEQUENCE}. */
  sequence: number;
  position: number;
  /** Positions of lanes 0–15 that a subscriber must have passed first. */
  follows: number[];
  health: DestinationHealth;
}

/** A committed event of a destination. */
export type CommittedEvent = CommittedDeliveries | CommittedExportState | CommittedHealth;

/** Which events. */
export interface EventsAfterRequest {
  workspaceId: number;
  destinationId: number;
  positions: Positions;
  /** Events at most of each sequence; at least 1. */
  limit: number;
}

/** What one snapshot holds. */
export interface EventBatch {
  /** In order within each sequence; oldest first as far as that allows. */
  events: CommittedEvent[];
  /** Newest positions in the same snapshot. */
  newest: Positions;
}

/** What a subscription is about. */
export interface TailRequest {
  workspaceId: number;
  destinationId: number;
  exportId?: number | null;
  activationId?: number | null;
}

/** What a subscription finds when it starts; all of one snapshot. */
export interface TailStart {
  newest: Positions;
  /** Whether the export asked for is one of this destination; true if none was asked for. */
  hasExport: boolean;
  isExportFinished: boolean;
  /** Whether the activation asked for is one of this destination; true if none was asked for. */
  hasActivation: boolean;
}

/** An export, as far as its progress is concerned. */
export interface ExportStanding {
  destinationId: number;
  isFinished: boolean;
  /** Newest positions of its destination in the same snapshot. */
  newest: Positions;
}

/**
 * Reads the next events behind a position, in one statement.
 * @returns null if there is no such destination in the workspace (any more).
 */
export async function readEventsAfter(db: Db, request: EventsAfterRequest): Promise<EventBatch | null> {
  const { rows } = await sql<{ newest: number[]; events: unknown }>`/* event_tail.read_after */
    with passed as (
      select position, number - 1 as sequence
      from unnest(${[...request.positions]}::bigint[]) with ordinality as given (position, number)
    ),
    deliveries as (
      select event.*
      from passed
      join lane on lane.destination_id = ${request.destinationId} and lane.lane = passed.sequence
      cross join lateral (
        select lane as sequence, position, committed_at, ${deliveriesBody} as body
        from delivery_event
        where workspace_id = ${request.workspaceId} and destination_id = ${request.destinationId}
          and delivery_event.lane = passed.sequence and position > passed.position
        order by position
        limit ${request.limit}
      ) as event
      -- A lane without news costs no look into the partitions.
      where lane.position > passed.position
    ),
    states as (
      select ${STATE_SEQUENCE}::int as sequence, position, committed_at, ${stateBody} as body
      from state_event
      where destination_id = ${request.destinationId}
        and position > (select position from passed where sequence = ${STATE_SEQUENCE})
      order by position
      limit ${request.limit}
    ),
    ordered as (
      -- Clocks of two nodes may disagree: the running maximum keeps each sequence in order.
      select body, sequence, position, max(committed_at) over (partition by sequence order by position) as place
      from (select * from deliveries union all select * from states) as event
    )
    select ${newestPositions} as newest,
      coalesce((select jsonb_agg(body order by place, sequence, position) from ordered), '[]') as events
    from destination
    where id = ${request.destinationId} and workspace_id = ${request.workspaceId}`.execute(db);
  const row = rows[0];
  return row ? { newest: row.newest, events: CommittedEventRow.array().parse(row.events) } : null;
}

/** Reads where a subscription starts; null if there is no such destination in the workspace. */
export async function findTailStart(db: Db, request: TailRequest): Promise<TailStart | null> {
  const exportId = request.exportId ?? null;
  const activationId = request.activationId ?? null;
  const { rows } = await sql<TailStart>`/* event_tail.find_start */
    select ${newestPositions} as newest,
      ${exportId}::bigint is null or wanted.id is not null as "hasExport",
      coalesce(wanted.finished_at is not null, false) as "isExportFinished",
      ${activationId}::bigint is null or exists (
        select from activation where activation.id = ${activationId} and activation.destination_id = destination.id
      ) as "hasActivation"
    from destination
    left join export as wanted on wanted.id = ${exportId} and wanted.destination_id = destination.id
    where destination.id = ${request.destinationId} and destination.workspace_id = ${request.workspaceId}`.execute(db);
  return rows[0] ?? null;
}

/**
 * Reads the positions right before the oldest events that are kept, for a cursor that is older.
 * Where nothing is kept it is the newest position.
 */
export async function readOldestPositions(db: Db, destinationId: number): Promise<Positions> {
  const { rows } = await sql<{ oldest: number[] }>`/* event_tail.oldest */
    select array(
      select coalesce(
        (select position - 1 from delivery_event
         where destination_id = destination.id and delivery_event.lane = number order by position limit 1),
        lane.position, 0)
      from generate_series(0, 15) as number
      left join lane on lane.destination_id = destination.id and lane.lane = number
      order by number
    ) || coalesce(
      (select position - 1 from state_event where destination_id = destination.id order by position limit 1),
      destination.position) as oldest
    from destination
    where id = ${destinationId}`.execute(db);
  return rows[0]?.oldest ?? [];
}

/** Reads how an export stands; null if there is none in the workspace. */
export async function findExportStanding(
  db: Db,
  request: { workspaceId: number; exportId: number },
): Promise<ExportStanding | null> {
  const { rows } = await sql<ExportStanding>`/* event_tail.find_export */
    select wanted.destination_id as "destinationId", wanted.finished_at is not null as "isFinished",
      ${newestPositions} as newest
    from export as wanted
    join destination on destination.id = wanted.destination_id
    where wanted.id = ${request.exportId} and wanted.workspace_id = ${request.workspaceId}`.execute(db);
  return rows[0] ?? null;
}

/** Header columns only: the arrays of a page stay where they are. */
const deliveriesBody = sql`jsonb_build_object(
  'kind', 'DELIVERIES', 'id', id, 'committedAt', committed_at, 'sequence', delivery_event.lane, 'position', position,
  'activationId', activation_id, 'origin', origin, 'exportIds', export_ids, 'delivered', delivered, 'failed', failed,
  'skipped', skipped, 'deferred', deferred, 'attempts', attempts, 'bytes', bytes,
  'possibleDuplicates', possible_duplicates, 'codes', codes)`;

const stateBody = sql`jsonb_build_object(
  'kind', case when export_id is null then 'HEALTH' else 'EXPORT_STATE' end, 'committedAt', committed_at,
  'sequence', ${STATE_SEQUENCE}::int, 'position', position, 'follows', follows, 'exportId', export_id,
  'activationId', activation_id, 'state', export_state, 'health', health)`;

/** The newest 17 positions of the row `destination`. */
const newestPositions = sql`array(
  select coalesce(lane.position, 0)
  from generate_series(0, 15) as number
  left join lane on lane.destination_id = destination.id and lane.lane = number
  order by number
) || destination.position`;
