/** Starts and cancels exports. Audiences are listed and records sent by the lanes' owners. */

import type { Db } from '../storage/database.js';
import { type ExportTarget, findExportTarget, insertExports } from '../storage/export-starts.js';
import { findExport, markCanceling } from '../storage/exports.js';
import { findExistingProfileIds } from '../storage/profile-writes.js';
import { recordExportState } from '../storage/state-events.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { checkDistinct, checkSegmentIds } from './activation-input.js';
import type { Export } from './export.js';
import { checkIdempotencyKey, type IdempotentCall, keyReused, runOnce } from './idempotency.js';
import { InputIssues } from './input-issues.js';
import { laneOf } from './lane.js';
import { checkRecordRate } from './record-rate.js';
import { runTransaction } from './transaction.js';
import { InvalidStateError, NotFoundError } from './user-error.js';
import type { Caller } from './viewer.js';

/** Input of {@link ExportRequests.trigger}. Of `segmentIds` and `profileIds` one may be given. */
export interface ExportRequest {
  /** Internal id. */
  activationId: number;
  /** Customer's ids of segments of the activation, 1–250; null means all. */
  segmentIds?: string[] | null;
  /** Customer's ids, 1–500; null means the segments' present members. */
  profileIds?: string[] | null;
  maxRecordsPerSecond?: number | null;
  idempotencyKey?: string | null;
}

/** Starts and cancels exports of the caller's workspace. */
export interface ExportRequests {
  /**
   * @throws {InvalidInputError} @throws {InvalidStateError} DESTINATION_DISABLED or ACTIVATION_PAUSED.
   * @throws {ConflictError} IDEMPOTENCY_KEY_REUSED.
   */
  trigger(viewer: Caller, request: ExportRequest): Promise<Export>;
  /** No effect while CANCELING. @throws {NotFoundError} @throws {InvalidStateError} EXPORT_FINISHED. */
  cancel(workspaceId: number, id: number): Promise<Export>;
}

/** What the service needs. */
export interface ExportRequestsOptions {
  db: Db;
  /** Tells the workers that a destination has work; called after the commit. */
  wake(destinationId: number): void;
}

const MAX_PROFILES = 500;

/** Makes the service. */
export function createExportRequests(options: ExportRequestsOptions): ExportRequests {
  const { db } = options;
  return {
    async trigger(viewer, request) {
      const started = await trigger(db, viewer, request);
      options.wake(started.destinationId);
      return started;
    },

    async cancel(workspaceId, id) {
      const canceled = await runTransaction(db, (tx) => cancel(tx, workspaceId, id));
      options.wake(canceled.destinationId);
      return canceled;
    },
  };
}

async function trigger(db: Db, viewer: Caller, request: ExportRequest): Promise<Export> {
  const { workspaceId } = viewer;
  const { idempotencyKey, ...input } = request;
  checkRequest(request);
  const call: IdempotentCall = { workspaceId, operation: 'triggerExport', key: idempotencyKey, input };
  const { answer } = await runTransaction(db, (tx) =>
    runOnce(tx, call, async () => {
      // Shared: the activation is not deleted, nor its segments changed, between the look at it and the start.
      await lockWorkspace(tx, workspaceId, 'shared');
      checkTarget(await findExportTarget(tx, workspaceId, input.activationId), input);
      await checkProfilesExist(tx, workspaceId, input.profileIds ?? []);
      const [started] = await insertExports(tx, {
        workspaceId,
        activationIds: [input.activationId],
        trigger: 'MANUAL',
        createdBy: viewer.actor,
        segmentKeys: input.segmentIds ?? null,
        profileIds: input.profileIds ?? null,
        maxRecordsPerSecond: input.maxRecordsPerSecond,
      });
      if (!started) throw new Error(`Activation ${input.activationId} vanished under the workspace's lock.`);
      return [{ kind: 'Export', id: started.id }];
    }),
  );
  const started = await findExport(db, workspaceId, answer[0].id);
  if (started) return started;
  throw keyReused(answer[0], 'for an export that is not kept any more');
}

async function cancel(tx: Db, workspaceId: number, id: number): Promise<Export> {
  const found = await findExport(tx, workspaceId, id);
  if (!found) throw new NotFoundError('There is no such export in this workspace: check `id`.', ['input', 'id']);
  if (await markCanceling(tx, id)) await recordExportState(tx, { ...found, exportId: id, state: 'CANCELING' });
  const current = (await findExport(tx, workspaceId, id)) ?? found;
  if (current.state === 'CANCELING') return current;
  throw new InvalidStateError(
    'EXPORT_FINISHED',
    `The export is ${current.state} already: there is nothing to cancel.`,
    {
      path: ['input', 'id'],
      current: { kind: 'Export', id },
    },
  );
}

function checkRequest(request: ExportRequest): void {
  const { segmentIds, profileIds } = request;
  const issues = new InputIssues();
  checkIdempotencyKey(issues, request.idempotencyKey);
  if (segmentIds != null && profileIds != null)
    issues.add('NOT_ALLOWED', 'profileIds', '`profileIds` and `segmentIds` exclude each other: give one of them.');
  if (segmentIds != null) checkSegmentIds(issues, segmentIds);
  if (profileIds != null) checkProfileIds(issues, profileIds);
  checkRecordRate(issues, 'maxRecordsPerSecond', request.maxRecordsPerSecond);
  issues.throwIfAny();
}

function checkProfileIds(issues: InputIssues, profileIds: readonly string[]): void {
  if (profileIds.length < 1 || profileIds.length > MAX_PROFILES) {
    const message = `\`profileIds\` has ${profileIds.length} profiles; give 1–${MAX_PROFILES}.`;
    issues.add('OUT_OF_RANGE', 'profileIds', message);
    return;
  }
  profileIds.forEach((profileId, index) => {
    issues.checkText(['profileIds', String(index)], profileId, { min: 1, max: 256 });
  });
  checkDistinct(issues, 'profileIds', profileIds);
}

/** The audience lists what exists: a profile that does not would vanish without a word. */
async function checkProfilesExist(tx: Db, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  const places = profileIds.map((profileId) => ({ profileId, lane: laneOf(workspaceId, profileId) }));
  const known = await findExistingProfileIds(tx, workspaceId, places);
  const issues = new InputIssues();
  profileIds.forEach((profileId, index) => {
    if (known.has(profileId)) return;
    const message = 'There is no such profile in this workspace: take it out, or create it first.';
    issues.add('NOT_FOUND', ['profileIds', String(index)], message);
  });
  issues.throwIfAny();
}

function checkTarget(target: ExportTarget | null, request: ExportRequest): asserts target is ExportTarget {
  const issues = new InputIssues();
  if (!target)
    issues.add('NOT_FOUND', 'activationId', 'There is no such activation in this workspace: check `activationId`.');
  const known = new Set(target?.segmentKeys);
  request.segmentIds?.forEach((segmentId, index) => {
    if (!target || known.has(segmentId)) return;
    const message = `The segment in \`segmentIds.${index}\` is not in the activation: take it out, or add it there first.`;
    issues.add('NOT_FOUND', ['segmentIds', String(index)], message);
  });
  issues.throwIfAny();
  if (target) checkDeliverable(target);
}

function checkDeliverable(target: ExportTarget): void {
  const path = ['input', 'activationId'];
  if (!target.destinationEnabled) {
    const current = { kind: 'KinesisDestination' as const, id: target.destinationId };
    throw new InvalidStateError('DESTINATION_DISABLED', 'The destination is disabled: enable it first.', {
      path,
      current,
    });
  }
  if (target.activationState === 'ACTIVE') return;
  const current = { kind: 'Activation' as const, id: target.activationId };
  throw new InvalidStateError('ACTIVATION_PAUSED', 'The activation is paused: resume it first.', { path, current });
}
