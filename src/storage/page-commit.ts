/** The statements of a page's commit, in the order in which it runs them: the fence of lanes.ts comes first. */

import { sql } from 'kysely';
import type { DeferralRow, FailureRow, RetriedRecord, SettledReason } from '../domain/settlement.js';
import type { Db } from './database.js';
import type { LaneClaim } from './lanes.js';

/** Keeps records given up on: one undecided row a profile and activation, tried again or anew. */
export async function keepFailedRecords(tx: Db, claim: LaneClaim, failures: readonly FailureRow[]): Promise<void> {
  if (failures.length === 0) return;
  await sql`/* page_commit.keep_failed_records */
    insert into failed_record as kept (
      workspace_id, destination_id, activation_id, lane, profile_id, code, message, aws_code, aws_request_id,
      attempts, size_bytes, limit_bytes, exports
    )
    select ${claim.workspaceId}, ${claim.destinationId}, activation_id, ${claim.lane}, profile_id, code, message,
      aws_code, aws_request_id, attempts, size_bytes, limit_bytes, exports
    from jsonb_to_recordset(${JSON.stringify(failures.map(failureColumns))}::jsonb) as failure(
      activation_id bigint, profile_id bigint, code text, message text, aws_code text, aws_request_id text,
      attempts int, size_bytes bigint, limit_bytes bigint, exports jsonb
    )
    on conflict (activation_id, profile_id) where state in ('OPEN', 'RETRYING') do update
    set state = 'OPEN', code = excluded.code, message = excluded.message, aws_code = excluded.aws_code,
      aws_request_id = excluded.aws_request_id, attempts = kept.attempts + excluded.attempts,
      size_bytes = excluded.size_bytes, limit_bytes = excluded.limit_bytes,
      exports = kept.exports || excluded.exports, updated_at = clock_timestamp()`.execute(tx);
}

function failureColumns(failure: FailureRow): Record<string, unknown> {
  return {
    activation_id: failure.activationId,
    profile_id: failure.profileKey,
    code: failure.code,
    message: failure.message,
    aws_code: failure.awsCode,
    aws_request_id: failure.awsRequestId,
    attempts: failure.attempts,
    size_bytes: failure.sizeBytes,
    limit_bytes: failure.limitBytes,
    exports: failure.exports,
  };
}

/**
 * Marks failed records that a retry delivered or rightly skipped; each export in which they failed counts those
 * delivered as `recovered`.
 */
export async function recoverFailedRecords(tx: Db, claim: LaneClaim, retried: readonly RetriedRecord[]): Promise<void> {
  if (retried.length === 0) return;
  await sql`/* page_commit.recover_failed_records */
    with settled as (
      update failed_record
      set state = 'RECOVERED', updated_at = clock_timestamp()
      from unnest(
        ${retried.map((record) => record.activationId)}::bigint[],
        ${retried.map((record) => record.profileKey)}::bigint[],
        ${retried.map((record) => record.exportId)}::bigint[],
        ${retried.map((record) => record.delivered)}::boolean[]
      ) as retried(activation_id, profile_id, export_id, delivered)
      where failed_record.activation_id = retried.activation_id and failed_record.profile_id = retried.profile_id
        and failed_record.retried_by = retried.export_id and failed_record.state = 'RETRYING'
      returning failed_record.exports, retried.delivered
    ),
    recovered as (
      select key::bigint as export_id, count(*) as records
      from settled cross join lateral jsonb_object_keys(settled.exports) as key
      where settled.delivered
      group by key
    )
    update export_lane
    set counts = add_counts(counts, jsonb_build_object('recovered', recovered.records))
    from recovered
    where export_lane.export_id = recovered.export_id and export_lane.lane = ${claim.lane}`.execute(tx);
}

/** Puts records back to wait; a row that waits already keeps all its reasons. */
export async function deferRecords(tx: Db, claim: LaneClaim, deferrals: readonly DeferralRow[]): Promise<void> {
  if (deferrals.length === 0) return;
  await sql`/* page_commit.defer_records */
    insert into pending_record as waiting (
      lane, activation_id, profile_id, destination_id, exports, attempts, outcome_unknown, not_before
    )
    select ${claim.lane}, activation_id, profile_id, ${claim.destinationId}, exports, attempts, outcome_unknown,
      clock_timestamp() + retry_after_ms * interval '1 millisecond'
    from jsonb_to_recordset(${JSON.stringify(deferrals.map(deferralColumns))}::jsonb) as deferral(
      activation_id bigint, profile_id bigint, exports jsonb, attempts int, outcome_unknown boolean,
      retry_after_ms double precision
    )
    order by activation_id, profile_id
    on conflict (lane, activation_id, profile_id) do update
    set exports = waiting.exports || excluded.exports, attempts = greatest(waiting.attempts, excluded.attempts),
      outcome_unknown = waiting.outcome_unknown or excluded.outcome_unknown, not_before = excluded.not_before`.execute(tx);
}

function deferralColumns(deferral: DeferralRow): Record<string, unknown> {
  return {
    activation_id: deferral.activationId,
    profile_id: deferral.profileKey,
    exports: deferral.exports,
    attempts: deferral.attempts,
    outcome_unknown: deferral.outcomeUnknown,
    retry_after_ms: deferral.retryAfterMs,
  };
}

/**
 * Removes exactly the reasons that were settled: the whole row if nothing came meanwhile, else only its settled
 * exports, and the row goes with its last reason.
 */
export async function removeReasons(tx: Db, claim: LaneClaim, settled: readonly SettledReason[]): Promise<void> {
  if (settled.length === 0) return;
  const rows = JSON.stringify(
    settled.map((reason) => ({
      activation_id: reason.activationId,
      profile_id: reason.profileKey,
      version: reason.version,
      export_ids: reason.exportIds,
    })),
  );
  const given = sql`jsonb_to_recordset(${rows}::jsonb) as settled(
    activation_id bigint, profile_id bigint, version bigint, export_ids text[])`;
  await sql`/* page_commit.remove_rows */
    delete from pending_record waiting using ${given}
    where waiting.lane = ${claim.lane} and waiting.activation_id = settled.activation_id
      and waiting.profile_id = settled.profile_id
      and (
        waiting.version = settled.version
        or (waiting.causes = '[]' and waiting.exports - settled.export_ids = '{}')
      )`.execute(tx);
  await sql`/* page_commit.remove_reasons */
    update pending_record waiting
    set exports = waiting.exports - settled.export_ids
    from ${given}
    where waiting.lane = ${claim.lane} and waiting.activation_id = settled.activation_id
      and waiting.profile_id = settled.profile_id and waiting.version <> settled.version`.execute(tx);
}

/** Where an export stands in a lane after a page, and what the page adds to its counters. */
export interface ExportProgressRow {
  exportId: number;
  counters: Record<string, number>;
  deferred: number;
}

/** Adds a page's numbers to the lane's counters of its exports. */
export async function addExportCounts(tx: Db, claim: LaneClaim, rows: readonly ExportProgressRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`/* page_commit.add_export_counts */
    update export_lane
    set counts = add_counts(export_lane.counts, page.counters), deferred = export_lane.deferred + page.deferred
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as page("exportId" bigint, counters jsonb, deferred int)
    where export_lane.export_id = page."exportId" and export_lane.lane = ${claim.lane}`.execute(tx);
}

/** Moves an export's checkpoint on by some records; a page that is used up goes. */
export async function moveCheckpoint(
  tx: Db,
  claim: LaneClaim,
  move: { exportId: number; page: number; offset: number; pageSize: number },
): Promise<void> {
  const usedUp = move.offset >= move.pageSize;
  await sql`/* page_commit.move_checkpoint */
    update export_lane
    set page = ${usedUp ? move.page + 1 : move.page}, page_offset = ${usedUp ? 0 : move.offset}
    where export_id = ${move.exportId} and lane = ${claim.lane}`.execute(tx);
  if (!usedUp) return;
  await sql`/* page_commit.drop_page */
    delete from export_page
    where export_id = ${move.exportId} and lane = ${claim.lane} and page = ${move.page}`.execute(tx);
}

/** Holds an export's page in a lane for a time. */
export async function holdExport(
  tx: Db,
  claim: LaneClaim,
  hold: { exportId: number; holdMs: number },
): Promise<void> {
  await sql`/* page_commit.hold_export */
    update export_lane
    set not_before = clock_timestamp() + ${hold.holdMs} * interval '1 millisecond'
    where export_id = ${hold.exportId} and lane = ${claim.lane}`.execute(tx);
}
