/** Lanes: claim, fence, release. Each rule's interleaving stands in docs/adr/0002-lanes-and-leases.md. */

import { sql } from 'kysely';
import { numberArray } from './array-literal.js';
import type { Db } from './database.js';
import { maySend } from './destination-health.js';
import { now, waitingActivations } from './waiting-activations.js';

/** A lane held by a worker. The epoch is the fence: it grows with each claim. */
export interface LaneClaim {
  workspaceId: number;
  destinationId: number;
  lane: number;
  workerId: number;
  epoch: number;
  /** Position of the newest delivery event of the lane. */
  position: number;
  /** Whether the lane was taken from a worker whose lease was over. */
  takenOver: boolean;
}

/** A commit was refused: the lane belongs to another worker, or another commit came between. Nothing was written. */
export class LaneLostError extends Error {
  override readonly name = 'LaneLostError';

  constructor(claim: LaneClaim) {
    super(`Lane ${claim.lane} of destination ${claim.destinationId} has another owner than epoch ${claim.epoch}.`);
  }
}

/**
 * SQL: what a lane has to do now. Sending work counts only where the destination may send; canceling and listing
 * are bookkeeping that goes on anyway.
 */
const hasWork = sql`(
  exists (
    select from export_lane part
    join export on export.id = part.export_id
    left join activation on activation.id = export.activation_id
    where part.destination_id = lane.destination_id and part.lane = lane.lane and part.state <> 'DONE'
      and (
        export.state = 'CANCELING'
        or part.state = 'PREPARING'
        or (
          export.state = 'RUNNING' and part.page < part.pages and part.not_before <= clock_timestamp()
          and destination.may_send and coalesce(activation.state, 'ACTIVE') = 'ACTIVE'
        )
      )
  )
  or exists (
    select from ${waitingActivations({ destinationId: sql`lane.destination_id`, lane: sql`lane.lane` })} as waiting
    where waiting.due_at <= ${now}
      and ((destination.may_send and waiting.state = 'ACTIVE') or waiting.state is null)
  )
)`;

/**
 * Claims up to `limit` free lanes that have work, in one statement. A lane is free if it has no worker or its worker's
 * lease is over; the old worker's row is locked too, so that a heartbeat cannot commit between the look and the claim.
 * A lane of the worker itself is free unless excluded: a run that ended on an error gave nothing back.
 * @param exclude lanes that this worker runs: an old call of its own for them has not settled.
 */
export async function claimLanes(
  db: Db,
  workerId: number,
  request: { limit: number; exclude: { destinationId: number; lane: number }[] },
): Promise<LaneClaim[]> {
  const { rows } = await sql<ClaimRow>`/* lanes.claim (prepared) */
    with dead as materialized (
      select id from worker where lease_expires_at <= clock_timestamp() for share skip locked
    ),
    sendable as materialized (
      select id, ${maySend} as may_send
      from destination
    ),
    free as (
      select lane.destination_id, lane.lane, lane.worker_id as old_worker_id
      from lane
      join sendable as destination on destination.id = lane.destination_id
      where (lane.worker_id is null or lane.worker_id = ${workerId} or lane.worker_id in (select id from dead))
        and (lane.destination_id, lane.lane) not in (
          select * from unnest(
            ${request.exclude.map((busy) => busy.destinationId)}::bigint[],
            ${request.exclude.map((busy) => busy.lane)}::smallint[]
          )
        )
        and ${hasWork}
      -- Lanes of one destination together, so that they travel together; destinations in an order of chance.
      order by hashint8extended(lane.destination_id, ${Math.floor(Math.random() * 2 ** 31)}), lane.destination_id, random()
      limit ${request.limit}
      for update of lane skip locked
    )
    update lane
    set worker_id = ${workerId}, epoch = lane.epoch + 1
    from free
    where lane.destination_id = free.destination_id and lane.lane = free.lane
    returning lane.workspace_id, lane.destination_id, lane.lane, lane.epoch, lane.position, free.old_worker_id`.execute(
    db,
  );
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    destinationId: row.destination_id,
    lane: row.lane,
    workerId,
    epoch: row.epoch,
    position: row.position,
    takenOver: row.old_worker_id !== null && row.old_worker_id !== workerId,
  }));
}

interface ClaimRow {
  workspace_id: number;
  destination_id: number;
  lane: number;
  epoch: number;
  position: number;
  old_worker_id: number | null;
}

/** A lane that a commit writes for, and how many events it writes, 0 or more. */
export interface LaneMove {
  claim: LaneClaim;
  steps: number;
}

/**
 * The first statement of every commit for lanes: compares worker, epoch and position, and moves the positions on.
 * @throws {LaneLostError} if one of the lanes is not its claim's any more: the first such.
 */
export async function fenceLanes(tx: Db, moves: readonly LaneMove[]): Promise<void> {
  const column = (read: (move: LaneMove) => number) => numberArray(moves.map(read));
  const { rows } = await sql<{ destination_id: number; lane: number }>`/* lanes.fence (prepared) */
    update lane
    set position = lane.position + given.steps
    from unnest(
      ${column(({ claim }) => claim.destinationId)}::bigint[], ${column(({ claim }) => claim.lane)}::smallint[],
      ${column(({ claim }) => claim.workerId)}::bigint[], ${column(({ claim }) => claim.epoch)}::bigint[],
      ${column(({ claim }) => claim.position)}::bigint[], ${column(({ steps }) => steps)}::int[]
    ) as given(destination_id, lane, worker_id, epoch, position, steps)
    where lane.destination_id = given.destination_id and lane.lane = given.lane
      and lane.worker_id = given.worker_id and lane.epoch = given.epoch and lane.position = given.position
    returning lane.destination_id, lane.lane`.execute(tx);
  if (rows.length === moves.length) return;
  const held = new Set(rows.map((row) => `${row.destination_id}/${row.lane}`));
  const lost = moves.find(({ claim }) => !held.has(`${claim.destinationId}/${claim.lane}`));
  if (lost) throw new LaneLostError(lost.claim);
}

/** {@link fenceLanes} for one lane. */
export async function fenceLane(tx: Db, claim: LaneClaim, steps: number): Promise<void> {
  await fenceLanes(tx, [{ claim, steps }]);
}

/** Gives a lane back; no effect if it is another's by now. */
export async function releaseLane(db: Db, claim: LaneClaim): Promise<void> {
  await sql`/* lanes.release (prepared) */
    update lane
    set worker_id = null
    where destination_id = ${claim.destinationId} and lane = ${claim.lane}
      and worker_id = ${claim.workerId} and epoch = ${claim.epoch}`.execute(db);
}

/** How many lanes have work or an owner that is at work: what workers share. */
export async function countBusyLanes(db: Db): Promise<number> {
  const { rows } = await sql<{ busy: number }>`/* lanes.count_busy */
    with sendable as materialized (
      select id, ${maySend} as may_send
      from destination
    )
    select count(*)::int as busy
    from lane
    join sendable as destination on destination.id = lane.destination_id
    where lane.worker_id is not null or ${hasWork}`.execute(db);
  return rows[0]?.busy ?? 0;
}
