/** What replays start from: the deliveries of a destination in a window of time. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { ActivationState } from '../domain/activation.js';
import type { Db } from './database.js';

/** A destination as a replay looks at it. */
export interface ReplayTarget {
  enabled: boolean;
  /** By the database's clock, rounded up to the millisecond: what was delivered just now lies before it. */
  now: Date;
  /** When the oldest deliveries kept were committed; null if none of the destination's can have been dropped. */
  keptSince: Date | null;
}

/** Finds the destination of a replay; null if the workspace has no such one. */
export async function findReplayTarget(
  db: Db,
  workspaceId: number,
  destinationId: number,
): Promise<ReplayTarget | null> {
  const { rows } = await sql`/* replays.find_target */
    select destination.enabled, date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond' as now,
      case when destination.created_at < oldest.week then oldest.week end as kept_since
    from destination
    cross join (
      -- Named by drop_delivery_partitions and its twin for the week that they hold.
      select min(to_date(right(part.relname, 7), 'IYYY"w"IW'))::timestamp at time zone 'UTC' as week
      from pg_inherits
      join pg_class part on part.oid = pg_inherits.inhrelid
      where pg_inherits.inhparent = 'delivery_event'::regclass
    ) as oldest
    where destination.workspace_id = ${workspaceId} and destination.id = ${destinationId}`.execute(db);
  return rows[0] === undefined ? null : TargetRow.parse(rows[0]);
}

/** An activation with deliveries in the window. */
export interface ReplayActivation {
  activationId: number;
  state: ActivationState;
}

/** Finds the activations of a destination that delivered in the window, `from` inclusive, `to` exclusive; by id. */
export async function listReplayActivations(
  db: Db,
  destinationId: number,
  window: { from: Date; to: Date },
): Promise<ReplayActivation[]> {
  const { rows } = await sql`/* replays.list_activations */
    select id, state
    from activation
    where destination_id = ${destinationId} and exists (
      select from delivery_event
      where activation_id = activation.id and committed_at >= ${window.from} and committed_at < ${window.to}
        and delivered > 0
    )
    order by id`.execute(db);
  return rows.map((row) => ActivationRow.parse(row));
}

const TargetRow = z
  .object({ enabled: z.boolean(), now: z.date(), kept_since: z.date().nullable() })
  .transform((row): ReplayTarget => ({ enabled: row.enabled, now: row.now, keptSince: row.kept_since }));

const ActivationRow = z
  .object({ id: z.number(), state: z.enum(['ACTIVE', 'PAUSED']) })
  .transform((row): ReplayActivation => ({ activationId: row.id, state: row.state }));
