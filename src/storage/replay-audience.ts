/** Whom a replay covers: the profiles that the activation delivered in its window. */

import { type RawBuilder, sql } from 'kysely';
import { OUTCOME_LETTERS } from './delivery-events.js';
import type { ListingOrder } from './export-audience.js';

/** The profiles of a lane that were delivered in the window, after the ones listed so far. */
export function deliveredProfiles(order: ListingOrder, lane: number): RawBuilder<unknown> {
  return sql`
    select distinct settled.profile_id
    from delivery_event
    cross join lateral unnest(delivery_event.profile_ids, string_to_array(delivery_event.outcomes, null))
      as settled(profile_id, outcome)
    where delivery_event.activation_id = ${order.activationId} and delivery_event.lane = ${lane}
      and delivery_event.committed_at >= ${order.since} and delivery_event.committed_at < ${order.until}
      and delivery_event.delivered > 0
      and settled.outcome = ${OUTCOME_LETTERS.DELIVERED} and settled.profile_id > ${order.listedUntil}`;
}
