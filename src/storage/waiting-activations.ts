/**
 * What waits in a lane, by activation. A lane may have a million records of a paused activation, of a halted destination
 * or with a time to come, and none that is due: each activation costs two probes of the index, whatever waits for it.
 * A plain `exists` over the records read all of them, for each lane and with each claim.
 */

import { type RawBuilder, sql } from 'kysely';

/** SQL: the time now, as one value: a condition on the bare function, which is volatile, could not use an index. */
export const now = sql<Date>`(select clock_timestamp())`;

/**
 * SQL for `from`: the activations that have records in the lane, each with its `state`, null if it was deleted, and `due_at`,
 * when its first record is due.
 */
export function waitingActivations(place: { destinationId: RawBuilder<unknown>; lane: RawBuilder<unknown> }) {
  const records = sql`from pending_record where destination_id = ${place.destinationId} and lane = ${place.lane}`;
  return sql`(
    with recursive found(activation_id) as (
      (select activation_id ${records} order by activation_id limit 1)
      union all
      select (select activation_id ${records} and activation_id > found.activation_id order by activation_id limit 1)
      from found
      where found.activation_id is not null
    )
    select found.activation_id, activation.state, head.not_before as due_at
    from found
    cross join lateral (
      select not_before ${records} and activation_id = found.activation_id order by not_before limit 1
    ) as head
    left join activation on activation.id = found.activation_id
  )`;
}
