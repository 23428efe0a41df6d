/**
 * Due pending records of lanes, with the snapshot that their page is decided by: of a small page one statement reads both. Live
 * changes come in small pages, whose time is the journeys to the database.
 */

import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { numberArray } from './array-literal.js';
import type { Db } from './database.js';
import { selectPageContext } from './delivery-target.js';
import { maySend } from './destination-health.js';
import { selectProfilesOf } from './page-profiles.js';
import { type PageSnapshot, toSnapshot } from './page-snapshot.js';
import type { Candidate } from './page-source.js';
import { plannedOnce } from './prepared.js';
import { now, waitingActivations } from './waiting-activations.js';

const DueRow = z
  .object({
    lane: z.number(),
    activation_id: z.number(),
    profile_id: z.number(),
    exports: z.record(z.string(), z.string()),
    version: z.number(),
    attempts: z.number(),
    outcome_unknown: z.boolean(),
    causes: z.record(z.string(), z.number()),
    waited_ms: z.number(),
    size_bytes: z.number(),
  })
  .transform(
    (row): DueRecord => ({
      lane: row.lane,
      candidate: {
        activationId: row.activation_id,
        profileKey: row.profile_id,
        exports: row.exports,
        pending: {
          version: row.version,
          attempts: row.attempts,
          outcomeUnknown: row.outcome_unknown,
          causes: row.causes,
          waitedMs: row.waited_ms,
        },
      },
      sizeBytes: row.size_bytes,
    }),
  );

const DueRows = z.array(DueRow);

/** A due record of one of the lanes that were asked for. */
export interface DueRecord {
  lane: number;
  candidate: Candidate;
  /** Stored bytes of its profile; 0 if it was erased. */
  sizeBytes: number;
}

/** Whose due records are wanted; `limit` is for each lane. */
export interface WantedRecords {
  destinationId: number;
  lanes: readonly number[];
  limit: number;
}

/** Due records, and their snapshot. */
export interface DuePage {
  /** In the order of the lanes that were asked for. */
  due: DueRecord[];
  /** Null if the profiles' stored bytes are more than was allowed, if there are none, or if the destination was deleted. */
  snapshot: PageSnapshot | null;
}

/**
 * Reads the due pending records of lanes of a destination; only those that may be sent or must be settled: one that waits
 * for its halted destination would keep those of deleted activations from being settled. In each lane the activation comes
 * first whose records have been due the longest, with the longest due of them first, and the others after it. With them comes
 * what their page is decided by, as of the same moment, if the profiles have `maxBytes` at most together.
 */
export async function readDuePage(db: Db, wanted: WantedRecords & { maxBytes: number }): Promise<DuePage> {
  const { rows } = await sql<{
    part: 'due' | 'context' | 'profile';
    text: string | null;
  }>`/* due_page.read (prepared) */
    with due as materialized (${selectDueRecords(wanted)}
    ),
    size as materialized (select sum(size_bytes) <= ${wanted.maxBytes}::bigint as is_small from due)
    select 'due' as part, json_agg(due order by place, not_before)::text as text from due
    union all
    select 'context', context from (${selectPageContext(contextOfDue(wanted.destinationId))}) as found
    where (select is_small from size)
    union all
    select 'profile', profile
    from (${selectProfilesOf(sql`(select distinct lane, profile_id from due)`)}) as stored
    where (select is_small from size)`.execute(db);
  const texts = (part: string) => rows.flatMap((row) => (row.part === part && row.text !== null ? [row.text] : []));
  const [due = '[]'] = texts('due');
  return { due: DueRows.parse(JSON.parse(due)), snapshot: toSnapshot(texts('context')[0], texts('profile')) };
}

function contextOfDue(destinationId: number) {
  return {
    destinationId,
    activationIds: sql`(select array_agg(distinct activation_id) from due)`,
    exportIds: sql`(select array_agg(distinct key::bigint) from due cross join lateral jsonb_object_keys(exports) as key)`,
  };
}

function selectDueRecords({ destinationId: id, lanes, limit }: WantedRecords): RawBuilder<unknown> {
  const destinationId = plannedOnce(id, 'bigint');
  const most = plannedOnce(limit, 'bigint');
  return sql`
    select due.lane, due.activation_id, due.profile_id, due.exports, due.version, due.attempts, due.outcome_unknown,
      due.causes, due.waited_ms, due.not_before, wanted.place, coalesce(profile.size_bytes, 0) as size_bytes
    from unnest(${plannedOnce(numberArray(lanes), 'smallint[]')}) with ordinality as wanted(lane, place)
    cross join lateral (
      select record.*
      from (
        select waiting.activation_id
        from ${waitingActivations({ destinationId, lane: sql`wanted.lane` })} as waiting
        where waiting.due_at <= ${now}
          and (waiting.state is null or waiting.state = 'ACTIVE' and exists (
            select from destination
            where id = ${destinationId} and ${maySend}
          ))
        order by waiting.due_at
      ) as first
      -- One activation after the other, until there are enough: sorted together, all would be read to their limits.
      cross join lateral (
        select waiting.lane, waiting.activation_id, waiting.profile_id, waiting.exports, waiting.version,
          waiting.attempts, waiting.outcome_unknown, waiting.causes, waiting.not_before,
          extract(epoch from clock_timestamp() - waiting.created_at)::float8 * 1000 as waited_ms
        from pending_record waiting
        where waiting.destination_id = ${destinationId} and waiting.lane = wanted.lane
          and waiting.activation_id = first.activation_id and waiting.not_before <= ${now}
        order by waiting.not_before
        limit ${most}
      ) as record
      limit ${most}
    ) as due
    left join lateral (
      select size_bytes from profile where profile.lane = due.lane and profile.id = due.profile_id limit 1
    ) as profile on true`;
}
