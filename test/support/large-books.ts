/**
 * Tables as they are after long use, made by the server itself: what a statement reads must not grow with them.
 * TRIBUTARY_TEST_ROWS is how many rows the large ones have.
 */

import { sql } from 'kysely';
import { laneOf } from '../../src/domain/lane.js';
import { type Db, openDatabase } from '../../src/storage/database.js';
import type { LaneClaim } from '../../src/storage/lanes.js';
import { addActivation, addDestination, addExport, type Books, openBooks } from './books.js';
import type { TestDatabase } from './test-database.js';

/** What stands on the books. */
export interface LargeBooks extends Books {
  /** Rows of each of the large tables. */
  rows: number;
  /** A destination that is halted and has a quarter of the rows waiting, as has the paused activation. */
  haltedDestinationId: number;
  pausedActivationId: number;
  /** Running, with a page for each 500 rows. */
  runningExportId: number;
  /** Finished; half of all events are of the large one, fifty of the small one, in the time of 500 events. */
  largeExportId: number;
  smallExportId: number;
  /** A profile with its internal id. */
  profileKey: number;
  profileId: string;
}

const ROWS = Number(process.env['TRIBUTARY_TEST_ROWS'] ?? 50_000);
const WORKSPACE = 1;
const OTHER_DESTINATIONS = 8;

/** Fills what the engine works on: profiles, memberships, pending records, pages of a running export. */
export async function fillLargeBooks(database: TestDatabase): Promise<LargeBooks> {
  const books = await withoutTimeout(database, fillBooks);
  return { ...books, db: database.db };
}

/** A million rows take longer than any statement of the product may. */
async function withoutTimeout<Answer>(
  { connection }: TestDatabase,
  work: (db: Db) => Promise<Answer>,
): Promise<Answer> {
  await using sessions = openDatabase({ connection, statementTimeoutMs: 0 });
  return await work(sessions.db);
}

async function fillBooks(db: Db): Promise<LargeBooks> {
  const rows = ROWS;
  await sql`insert into workspace (name, external_id) values ('large', 'large')`.execute(db);
  const books = await openBooks(db, WORKSPACE);
  for (let count = 0; count < OTHER_DESTINATIONS; count += 1) await addDestination(db, WORKSPACE);
  const haltedDestinationId = await addDestination(db, WORKSPACE);
  await sql`update destination set health_status = 'HALTED', next_probe_at = now() + interval '1 hour'
    where id = ${haltedDestinationId}`.execute(db);
  const halted = await addActivation({ ...books, destinationId: haltedDestinationId });
  const pausedActivationId = await addActivation(books);
  await sql`update activation set state = 'PAUSED' where id = ${pausedActivationId}`.execute(db);
  const finished = { state: 'SUCCEEDED', finishedAt: new Date() } as const;
  const runningExportId = await addExport(books, {
    lanes: Object.fromEntries(Array.from({ length: 16 }, (_, lane) => [lane, { received: rows / 16, counts: {} }])),
  });
  const largeExportId = await addExport(books, finished);
  const smallExportId = await addExport(books, finished);
  await sql`update export_lane set state = 'DONE' where export_id <> ${runningExportId}`.execute(db);
  const filled: LargeBooks = {
    ...books,
    rows,
    haltedDestinationId,
    pausedActivationId,
    runningExportId,
    largeExportId,
    smallExportId,
    profileKey: 0,
    profileId: 'profile-3',
  };
  await fillProfiles(filled);
  await fillPending(filled, halted);
  await fillPages(filled);
  await fillFailedRecords(filled);
  await sql`vacuum analyze`.execute(db);
  return filled;
}

/** A claim on a lane of the books' destination, as the first worker would have it. */
export function claimOn({ workspaceId, destinationId }: Books, lane: number): LaneClaim {
  return { workspaceId, destinationId, lane, workerId: 1, epoch: 1, position: 0, takenOver: false };
}

/** Internal ids of profiles of a lane, from its first one on; `profile-<id>` is what the customer calls them. */
export function profileKeysOf(lane: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => index * 16 + 16 + lane);
}

/** Everybody is in s0, twenty are in s1, half were in s2. */
async function fillProfiles(books: LargeBooks): Promise<void> {
  const lane = laneOf(WORKSPACE, books.profileId);
  await sql`
    insert into profile (lane, id, workspace_id, profile_id, revision, size_bytes, updated_at)
    select case number when 3 then ${lane}::int else number % 16 end, number, ${WORKSPACE}, 'profile-' || number, 1000, 100,
      now() - number * interval '1 second'
    from generate_series(1, ${books.rows}::int) as number`.execute(books.db);
  books.profileKey = 3;
  await sql`select setval('profile_key', ${books.rows})`.execute(books.db);
  await sql`
    insert into membership (lane, segment_id, profile_id, status, qualified_at, expires_at, updated_at)
    select profile.lane, segment.id, profile.id, segment.status, '2026-01-01T00:00:00Z', segment.expires_at,
      profile.updated_at
    from profile
    join lateral (values
      (${books.segmentIds[0]}::bigint, 'REALIZED', null::timestamptz, true),
      (${books.segmentIds[1]}, 'REALIZED', null, profile.id % ${Math.floor(books.rows / 20)}::int = 0),
      (${books.segmentIds[2]}, case profile.id % 4 when 0 then 'EXITED' else 'EXISTING' end, now() + interval '1 day', profile.id % 2 = 0)
    ) as segment(id, status, expires_at, is_member) on segment.is_member`.execute(books.db);
}

/**
 * A quarter each waits for a paused activation, for a halted destination and for a time to come; the rest is due. The
 * oldest wait for what does not come.
 */
async function fillPending(books: LargeBooks, haltedActivationId: number): Promise<void> {
  await sql`
    insert into pending_record (lane, activation_id, profile_id, destination_id, causes, not_before)
    select profile.lane,
      case profile.id / 16 % 4 when 0 then ${books.pausedActivationId}::bigint when 1 then ${haltedActivationId} else ${books.activationId} end,
      profile.id,
      case profile.id / 16 % 4 when 1 then ${books.haltedDestinationId}::bigint else ${books.destinationId} end,
      '{"MEMBERSHIP:s0": 1}',
      now() + case profile.id / 16 % 4 when 3 then interval '1 hour' when 2 then -interval '1 minute' else -interval '1 day' end
        - profile.id * interval '1 millisecond'
    from profile`.execute(books.db);
}

/** Nearly all are decided on; a thousandth are open, of which a tenth have another code and are of the small export. */
async function fillFailedRecords(books: LargeBooks): Promise<void> {
  await sql`
    insert into failed_record (
      workspace_id, destination_id, activation_id, lane, profile_id, state, code, message, attempts, size_bytes, exports,
      failed_at, updated_at
    )
    select ${WORKSPACE}, ${books.destinationId}, ${books.activationId}, number % 16, number,
      case when number % 1000 = 500 then 'OPEN' else 'RECOVERED' end,
      case when number % 10000 = 500 then 'RETRIES_EXHAUSTED' else 'RECORD_TOO_LARGE' end, 'Too large.', 1, 1100000,
      jsonb_build_object(case when number % 10000 = 500 then ${books.smallExportId}::text else ${books.largeExportId}::text end, '0;RECORD_TOO_LARGE'),
      now() - number * interval '1 second', now()
    from generate_series(1, ${books.rows}::int) as number`.execute(books.db);
}

/** What is left to send of the running export, and the lanes of a hundredth as many exports that are done. */
async function fillPages(books: LargeBooks): Promise<void> {
  await sql`
    insert into export_page (export_id, lane, page, size, profile_ids, segment_sets)
    select ${books.runningExportId}, lane, page, count(*), array_agg(id), array_agg('0'::text)
    from (select lane, id, (row_number() over (partition by lane order by id) - 1) / 500 as page from profile) as listed
    group by lane, page`.execute(books.db);
  await sql`
    update export_lane set state = 'READY', pages = (
      select count(*) from export_page where export_id = export_lane.export_id and lane = export_lane.lane
    ) where export_id = ${books.runningExportId}`.execute(books.db);
  await sql`
    with done as (
      insert into export (workspace_id, destination_id, activation_id, trigger, state, segment_ids, segment_keys,
        preparing_lanes, open_lanes, created_by_kind, created_by_name, created_at, started_at, finished_at)
      select ${WORKSPACE}, ${books.destinationId}, ${books.activationId},
        case number % 500 when 9 then 'REPLAY' else 'SCHEDULED' end,
        case number % 500 when 7 then 'FAILED' else 'SUCCEEDED' end, ${books.segmentIds}::bigint[], '{s0,s1,s2}', 0, 0,
        'SYSTEM', 'test', moment, moment, moment
      from generate_series(1, ${books.rows}::int / 100) as number
      cross join lateral (select now() - number * interval '1 minute' as moment) as at
      returning id
    )
    insert into export_lane (export_id, lane, destination_id, state)
    select done.id, lane, ${books.destinationId}, 'DONE' from done cross join generate_series(0, 15) as lane`.execute(
    books.db,
  );
}

/**
 * Fills what lists show: events of three records, with a failure in one of 10,000; statistics as housekeeping merges
 * them.
 */
export async function fillHistory(database: TestDatabase, books: LargeBooks): Promise<void> {
  await withoutTimeout(database, async (db) => {
    await fillEvents({ ...books, db });
    await fillStatistics({ ...books, db });
    await sql`vacuum analyze`.execute(db);
  });
}

async function fillEvents(books: LargeBooks): Promise<void> {
  await sql`
    insert into delivery_event (
      committed_at, workspace_id, destination_id, lane, position, activation_id, activation_version, destination_version,
      origin, export_ids, delivered, failed, skipped, deferred, attempts, bytes, possible_duplicates, codes, profile_ids,
      outcomes, revisions, record_codes, shards, shard_numbers, sequence_numbers, record_attempts, record_bytes, latencies_ms
    )
    select date_trunc('week', now() at time zone 'UTC') at time zone 'UTC' + number * interval '1 second', ${WORKSPACE},
      ${books.destinationId}, number % 16, number / 16 + 1, ${books.activationId}, 1, 1,
      case when of.export is null then 'LIVE' else 'MANUAL' end,
      case when of.export is null then '{}' else array[of.export] end, 3 - of.bad, of.bad, 0, 0, 3, 3000, 0,
      case of.bad when 1 then '{"RECORD_TOO_LARGE": 1}'::jsonb else '{}' end,
      array[number, number + 16, number + 32], case of.bad when 1 then 'FDD' else 'DDD' end, array[1000, 1000, 1000],
      case of.bad when 1 then array['RECORD_TOO_LARGE', '', ''] end, '{shardId-000000000000}', '{1,1,1}',
      '{4950,4951,4952}', '{1,1,1}', '{1000,1000,1000}', '{12.5,12.5,12.5}'
    from generate_series(1, ${books.rows}::int) as number
    cross join lateral (
      select (number % 10000 = 5000)::int as bad, case
        when number % 10 = 7 and number between ${books.rows / 2}::int and ${books.rows / 2}::int + 500 then ${books.smallExportId}::bigint
        when number % 2 = 0 then ${books.largeExportId} end as export
    ) as of`.execute(books.db);
  await sql`
    update export set created_at = span.from, finished_at = span.to
    from (
      select delivery_export.id, min(committed_at) as from, max(committed_at) as to
      from delivery_event cross join lateral unnest(export_ids) as delivery_export(id)
      group by delivery_export.id
    ) as span
    where export.id = span.id`.execute(books.db);
  await sql`update lane set position = ${Math.floor(books.rows / 16) + 1} where destination_id = ${books.destinationId}`.execute(
    books.db,
  );
}

/** By minute for two hours, by quarter of an hour for a day, by hour for a month: of each destination. */
async function fillStatistics(books: LargeBooks): Promise<void> {
  await sql`
    insert into delivery_stat (workspace_id, destination_id, activation_id, lane, span_minutes, started_at, counts)
    select ${WORKSPACE}, destination.id, activation.id, -1, span.minutes,
      date_bin(span.minutes * interval '1 minute', now(), 'epoch') - number * span.minutes * interval '1 minute',
      '{"delivered": 10, "latency.5": 10}'
    from destination
    cross join activation
    cross join (values (1, 3, 120), (15, 9, 104), (60, 27, 744)) as span(minutes, first, last)
    cross join lateral generate_series(span.first, span.last) as number`.execute(books.db);
}
