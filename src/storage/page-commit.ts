/** The statements of a page's commit, in the order in which it runs them: the fence of lanes.ts comes first. */

import { type RawBuilder, sql } from 'kysely';
import type { DeferralRow, FailureRow, RetriedRecord, SettledReason } from '../domain/settlement.js';
import { numberArray } from './array-literal.js';
import type { Db } from './database.js';
import { nextInPace } from './export-pace.js';
import type { LaneClaim } from './lanes.js';

/** Where the pages of a commit belong: they are of one destination, and each row says its lane. */
export type DestinationOfPages = Pick<LaneClaim, 'workspaceId' | 'destinationId'>;

/**
 * Tells which of a lane's profiles are not there any more, and keeps the others from being erased until the transaction
 * ends: a failed record goes with its profile, so none may be added after it.
 */
export async function findErasedProfiles(tx: Db, lane: number, profileKeys: readonly number[]): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`/* page_commit.find_erased */
    select id from profile
    where lane = ${lane} and id = any(${[...profileKeys]}::bigint[])
    order by id
    for key share`.execute(tx);
  const present = new Set(rows.map((row) => row.id));
  return new Set(profileKeys.filter((key) => !present.has(key)));
}

/**
 * Keeps records given up on: one undecided row a profile and activation, tried again or anew. A row that an export
 * retries stays with that export, unless the export is what failed.
 */
export async function keepFailedRecords(
  tx: Db,
  claim: DestinationOfPages,
  failures: readonly FailureRow[],
): Promise<void> {
  if (failures.length === 0) return;
  await sql`/* page_commit.keep_failed_records */
    insert into failed_record as kept (
      workspace_id, destination_id, activation_id, lane, profile_id, code, message, aws_code, aws_request_id,
      attempts, size_bytes, limit_bytes, exports
    )
    select ${claim.workspaceId}, ${claim.destinationId}, activation_id, lane, profile_id, code, message, aws_code,
      aws_request_id, attempts, size_bytes, limit_bytes, exports
    from jsonb_to_recordset(${JSON.stringify(failures.map(failureColumns))}::jsonb) as failure(
      lane smallint, activation_id bigint, profile_id bigint, code text, message text, aws_code text, aws_request_id text,
      attempts int, size_bytes bigint, limit_bytes bigint, exports jsonb
    )
    order by activation_id, profile_id
    on conflict (activation_id, profile_id) where state in ('OPEN', 'RETRYING') do update
    set state = case
        when kept.state = 'RETRYING' and not excluded.exports ? kept.retried_by::text then 'RETRYING' else 'OPEN' end,
      code = excluded.code, message = excluded.message, aws_code = excluded.aws_code,
      aws_request_id = excluded.aws_request_id, attempts = kept.attempts + excluded.attempts,
      size_bytes = excluded.size_bytes, limit_bytes = excluded.limit_bytes,
      exports = kept.exports || excluded.exports, updated_at = clock_timestamp()`.execute(tx);
}

function failureColumns(failure: FailureRow): Record<string, unknown> {
  return {
    lane: failure.lane,
    activation_id: failure.activationId,
    profile_id: failure.profileKey,
    code: failure.code,
    message: failure.message,
    aws_code: failure.awsCode,
    aws_request_id: failure.awsRequestId,
    attempts: failure.attempts,
    size_bytes: failure.sizeBytes,
    limit_bytes: failure.limitBytes,
    exports: Object.fromEntries(
      Object.entries(failure.exports).map(([exportId, segments]) => [exportId, `${segments};${failure.code}`]),
    ),
  };
}

/**
 * Marks failed records that a retry delivered or rightly skipped.
 * @returns how many of those delivered failed in each export, by its id: it counts them as `recovered`.
 */
export async function recoverFailedRecords(tx: Db, retried: readonly RetriedRecord[]): Promise<Map<number, number>> {
  if (retried.length === 0) return new Map();
  const { rows } = await sql<{ export_id: number; records: number }>`/* page_commit.recover_failed_records */
    with locked as materialized (
      select failed_record.id, retried.delivered
      from failed_record join unnest(
        ${retried.map((record) => record.activationId)}::bigint[],
        ${retried.map((record) => record.profileKey)}::bigint[],
        ${retried.map((record) => record.exportId)}::bigint[],
        ${retried.map((record) => record.delivered)}::boolean[]
      ) as retried(activation_id, profile_id, export_id, delivered)
      on failed_record.activation_id = retried.activation_id and failed_record.profile_id = retried.profile_id
        and failed_record.retried_by = retried.export_id and failed_record.state = 'RETRYING'
      order by failed_record.activation_id, failed_record.profile_id
      for no key update of failed_record
    ),
    settled as (
      update failed_record
      set state = 'RECOVERED', updated_at = clock_timestamp()
      from locked
      where failed_record.id = locked.id
      returning failed_record.exports, locked.delivered
    )
    select key::bigint as export_id, count(*) as records
    from settled cross join lateral jsonb_object_keys(settled.exports) as key
    where settled.delivered
    group by key`.execute(tx);
  return new Map(rows.map((row) => [row.export_id, row.records]));
}

/**
 * Locks the pending rows of pages in the order of their key, as writers do: several statements go on to write them, each in
 * an order of its own, and a writer whose rows are half of theirs would wait in a circle.
 */
export async function lockPendingRows(
  tx: Db,
  rows: readonly { lane: number; activationId: number; profileKey: number }[],
): Promise<void> {
  if (rows.length < 2) return;
  await sql`/* page_commit.lock_rows (prepared) */
    with given as materialized (
      select * from unnest(
        ${numberArray(rows.map((row) => row.lane))}::smallint[],
        ${numberArray(rows.map((row) => row.activationId))}::bigint[],
        ${numberArray(rows.map((row) => row.profileKey))}::bigint[]
      ) as given(lane, activation_id, profile_id)
      order by lane, activation_id, profile_id
    )
    select from (${lockEach(sql`given`)}) as locked`.execute(tx);
}

/**
 * SQL that locks the pending rows of rows that are given in the order of their key, and selects their keys. One probe a row:
 * joined, all that waits anywhere may be read.
 */
function lockEach(given: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select waiting.lane, waiting.activation_id, waiting.profile_id
    from ${given} as wanted cross join lateral (
      select lane, activation_id, profile_id from pending_record
      where pending_record.lane = wanted.lane and pending_record.activation_id = wanted.activation_id
        and pending_record.profile_id = wanted.profile_id
      for update
    ) as waiting`;
}

/** Puts records back to wait; a row that waits already keeps all its reasons. */
export async function deferRecords(
  tx: Db,
  claim: DestinationOfPages,
  deferrals: readonly DeferralRow[],
): Promise<void> {
  if (deferrals.length === 0) return;
  await sql`/* page_commit.defer_records (prepared) */
    insert into pending_record as waiting (
      lane, activation_id, profile_id, destination_id, exports, attempts, outcome_unknown, not_before
    )
    select lane, activation_id, profile_id, ${claim.destinationId}, exports, attempts, outcome_unknown,
      clock_timestamp() + retry_after_ms * interval '1 millisecond'
    from jsonb_to_recordset(${JSON.stringify(deferrals.map(deferralColumns))}::jsonb) as deferral(
      lane smallint, activation_id bigint, profile_id bigint, exports jsonb, attempts int, outcome_unknown boolean,
      retry_after_ms double precision
    )
    order by lane, activation_id, profile_id
    on conflict (lane, activation_id, profile_id) do update
    set exports = waiting.exports || excluded.exports, attempts = greatest(waiting.attempts, excluded.attempts),
      outcome_unknown = waiting.outcome_unknown or excluded.outcome_unknown, not_before = excluded.not_before`.execute(
    tx,
  );
}

function deferralColumns(deferral: DeferralRow): Record<string, unknown> {
  return {
    lane: deferral.lane,
    activation_id: deferral.activationId,
    profile_id: deferral.profileKey,
    exports: deferral.exports,
    attempts: deferral.attempts,
    outcome_unknown: deferral.outcomeUnknown,
    retry_after_ms: deferral.retryAfterMs,
  };
}

/**
 * Removes exactly the reasons that were settled: the whole row if nothing came meanwhile, else its settled exports and
 * the causes that its page had read. A cause that came again since has a newer version, and stays. The row goes with
 * its last reason. Locks the rows in the order of their key, as writers do.
 */
export async function removeReasons(tx: Db, settled: readonly SettledReason[]): Promise<void> {
  if (settled.length === 0) return;
  const rows = JSON.stringify(
    settled.map((reason) => ({
      lane: reason.lane,
      activation_id: reason.activationId,
      profile_id: reason.profileKey,
      version: reason.version,
      export_ids: reason.exportIds,
    })),
  );
  const { rows: left } = await sql<{ is_left: boolean }>`/* page_commit.remove_rows (prepared) */
    with settled as materialized (
      select * from jsonb_to_recordset(${rows}::jsonb) as settled(
        lane smallint, activation_id bigint, profile_id bigint, version bigint, export_ids text[])
      order by lane, activation_id, profile_id
    ),
    locked as materialized (${lockEach(sql`settled`)}),
    removed as (
      delete from pending_record waiting using locked join settled using (lane, activation_id, profile_id)
      where waiting.lane = settled.lane and waiting.activation_id = settled.activation_id
        and waiting.profile_id = settled.profile_id and waiting.version = settled.version
      returning waiting.profile_id
    )
    select (select count(*) from settled) > (select count(*) from removed) as is_left`.execute(tx);
  if (left[0]?.is_left) await removeOlderReasons(tx, rows);
}

/** For rows that changed since their page read them, which are few. */
async function removeOlderReasons(tx: Db, rows: string): Promise<void> {
  const given = sql`jsonb_to_recordset(${rows}::jsonb) as settled(
    lane smallint, activation_id bigint, profile_id bigint, version bigint, export_ids text[])`;
  await sql`/* page_commit.remove_reasons (prepared) */
    update pending_record waiting
    set exports = waiting.exports - settled.export_ids,
      causes = coalesce((
        select jsonb_object_agg(cause.key, cause.value)
        from jsonb_each(waiting.causes) as cause
        where cause.value::bigint > settled.version
      ), '{}'),
      created_at = waiting.changed_at
    from ${given}
    where waiting.lane = settled.lane and waiting.activation_id = settled.activation_id
      and waiting.profile_id = settled.profile_id and waiting.version <> settled.version`.execute(tx);
  await sql`/* page_commit.remove_emptied (prepared) */
    delete from pending_record waiting using ${given}
    where waiting.lane = settled.lane and waiting.activation_id = settled.activation_id
      and waiting.profile_id = settled.profile_id and waiting.causes = '{}' and waiting.exports = '{}'`.execute(tx);
}

/** What a page does to an export in its lane. */
export interface ExportStep {
  exportId: number;
  /** Added to the lane's counters. */
  counters: Record<string, number>;
  /** How many more (or fewer) of its records wait. */
  deferred: number;
  /**
   * The next record to send, and how long what was sent keeps it back, by the export's rate; null if the page is not of
   * this export's pages.
   */
  checkpoint: { page: number; offset: number; paceMs: number } | null;
  /**
   * Its page stays where it is for so long, unless it was held since it was read (`notBefore`, as text): a hold moves
   * neither position nor checkpoint, so that a commit repeated after its answer was lost would count twice. Null otherwise.
   */
  hold: { delayMs: number; notBefore: string } | null;
}

/** An export that a page moved on. */
export interface MovedExport {
  exportId: number;
  /** Nothing of it is left to send in this lane. */
  isSettled: boolean;
}

/**
 * Moves exports on in a lane, all in one statement: counters, checkpoint, hold; pages that are used up go.
 * @returns those that moved: all but one whose hold is on the books already.
 */
export async function moveExports(tx: Db, claim: LaneClaim, steps: readonly ExportStep[]): Promise<MovedExport[]> {
  if (steps.length === 0) return [];
  const rows = steps.map(({ checkpoint, hold, ...step }) => ({ ...step, ...checkpoint, ...hold }));
  if (steps.length > 1) await lockParts(tx, claim, steps);
  const result = await sql<{ export_id: number; is_settled: boolean }>`/* page_commit.move_exports (prepared) */
    with step as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as step(
        "exportId" bigint, counters jsonb, deferred int, page int, "offset" int,
        "paceMs" double precision, "delayMs" double precision, "notBefore" timestamptz)
    ),
    used_up as (
      delete from export_page using step
      where export_page.export_id = step."exportId" and export_page.lane = ${claim.lane} and export_page.page < step.page
    )
    update export_lane part
    set counts = add_counts(part.counts, step.counters),
      deferred = part.deferred + step.deferred,
      page = coalesce(step.page, part.page),
      page_offset = coalesce(step."offset", part.page_offset),
      not_before = case
        when step."delayMs" is not null then clock_timestamp() + step."delayMs" * interval '1 millisecond'
        when step."paceMs" > 0 then ${nextInPace}
        else part.not_before end
    from step
    where part.export_id = step."exportId" and part.lane = ${claim.lane}
      -- Said once more, by value: joined to the steps alone, it reads the lane's part of every export there ever was.
      and part.export_id = any(${numberArray(steps.map((step) => step.exportId))}::bigint[])
      and (step."notBefore" is null or part.not_before = step."notBefore")
    returning part.export_id, part.state = 'READY' and part.page >= part.pages and part.deferred = 0 as is_settled`.execute(
    tx,
  );
  return result.rows.map((row) => ({ exportId: row.export_id, isSettled: row.is_settled }));
}

/** Locks in the order in which a discard does: else the two wait for each other. */
async function lockParts(tx: Db, claim: LaneClaim, steps: readonly ExportStep[]): Promise<void> {
  await sql`/* page_commit.lock_parts */
    select from export_lane
    where export_id = any(${steps.map((step) => step.exportId)}::bigint[]) and lane = ${claim.lane}
    order by export_id
    for no key update`.execute(tx);
}
