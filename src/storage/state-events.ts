/** Events outside a lane: states of exports, health. Their positions are given under the destination row's lock. */

import { sql } from 'kysely';
import type { ExportState } from '../domain/export.js';
import type { Db } from './database.js';

/** Writes that an export took a state. `tx` is the transaction that changes it. */
export async function recordExportState(
  tx: Db,
  change: { destinationId: number; exportId: number; activationId: number; state: ExportState },
): Promise<void> {
  await sql`/* state_events.export_state */
    with next as (
      update destination set position = position + 1 where id = ${change.destinationId} returning id, position
    )
    insert into state_event (destination_id, position, export_id, activation_id, export_state, follows)
    select next.id, next.position, ${change.exportId}::bigint, ${change.activationId}::bigint, ${change.state}::text,
      (select array_agg(position order by lane) from lane where destination_id = next.id)
    from next`.execute(tx);
}

/** Writes that a destination's health changed to what its row now says. */
export async function recordHealth(tx: Db, destinationId: number): Promise<void> {
  await sql`/* state_events.health */
    with next as (
      update destination set position = position + 1 where id = ${destinationId}
      returning id, position, health_status, health_code, health_message, health_aws_request_id, health_since,
        next_probe_at
    )
    insert into state_event (destination_id, position, health, follows)
    select next.id, next.position, jsonb_build_object(
        'status', next.health_status, 'code', next.health_code, 'message', next.health_message,
        'awsRequestId', next.health_aws_request_id, 'since', next.health_since,
        'nextProbeAt', next.next_probe_at
      ),
      (select array_agg(position order by lane) from lane where destination_id = next.id)
    from next`.execute(tx);
}
