/** Samples of a destination's members: present ones, bounded, from everywhere among old and new profiles. */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './database.js';
import { isPresent } from './memberships.js';

/** A present member of an activated segment. */
export interface SampledMember {
  lane: number;
  /** profile.id */
  profileKey: number;
}

const MemberRow = z
  .object({ lane: z.number(), profile_id: z.number() })
  .transform((row): SampledMember => ({ lane: row.lane, profileKey: row.profile_id }));

/**
 * Draws distinct present members of the segments that a destination's activations name, as many from each lane as the
 * others, ordered by lane.
 * @param draw `size` members at most; `random`, 0 up to 1, decides which lane comes first and where among the profiles
 * each begins.
 * @returns fewer than `size` if there are fewer.
 */
export async function drawMembers(
  db: Db,
  destinationId: number,
  draw: { size: number; random: number },
): Promise<SampledMember[]> {
  const { rows } = await sql`/* member_sample.draw */
    with mapped as materialized (
      select distinct activation_segment.segment_id
      from activation_segment
      join activation on activation.id = activation_segment.activation_id
      where activation.destination_id = ${destinationId}
    ),
    start as materialized (
      ${laneStarts(draw.random)}
    ),
    member as (
      select distinct start.lane, found.profile_id, found.profile_id < start.id as is_before
      from start
      cross join mapped
      cross join lateral (
        (${nextMembers(sql`membership.profile_id >= start.id`, draw.size)})
        union all
        (${nextMembers(sql`membership.profile_id < start.id`, draw.size)})
      ) as found
    ),
    chosen as (
      select lane, profile_id
      from member
      order by
        row_number() over (partition by lane order by is_before, profile_id),
        mod(lane + ${firstTurn(draw.random)}, ${sql.lit(LANES)})
      limit ${draw.size}
    )
    select lane, profile_id from chosen order by lane, profile_id`.execute(db);
  return rows.map((row) => MemberRow.parse(row));
}

/**
 * Where each lane begins: at another sixteenth of its range of profile ids, which are given in order of creation, so
 * that a sample has old and new profiles.
 */
function laneStarts(random: number): RawBuilder<unknown> {
  return sql`
    select lane, first + floor((last - first + 1) * mod(${random}::numeric + lane / ${sql.lit(LANES)}.0, 1))::bigint as id
    from (
      select lanes.lane, min(ends.first) as first, max(ends.last) as last
      from generate_series(0, ${sql.lit(LANES - 1)}) as lanes(lane)
      cross join mapped
      cross join lateral (
        select min(membership.profile_id) as first, max(membership.profile_id) as last
        from membership
        where membership.segment_id = mapped.segment_id and membership.lane = lanes.lane
          and membership.status <> 'EXITED'
      ) as ends
      group by lanes.lane
    ) as known
    where first is not null`;
}

/** The first members of a segment in a lane, out of the index alone: among them, those of all segments are complete. */
function nextMembers(side: RawBuilder<unknown>, size: number): RawBuilder<unknown> {
  return sql`
    select membership.profile_id
    from membership
    where membership.segment_id = mapped.segment_id and membership.lane = start.lane and ${isPresent} and ${side}
    order by membership.profile_id
    limit ${laneShare(size)}`;
}

/**
 * How many members to read of one lane. Lanes are hashes, hence of uneven size: five standard deviations above the
 * mean, so that a sample of all members finds all of them.
 */
function laneShare(size: number): number {
  const mean = size / LANES;
  return Math.ceil(mean + 5 * Math.sqrt(mean) + 8);
}

/** Which turn lane 0 gets when a sample has fewer members than there are lanes: every lane comes first at times. */
function firstTurn(random: number): RawBuilder<unknown> {
  return sql.lit(Math.floor(random * LANES));
}

/** Lanes of every destination. */
const LANES = 16;
