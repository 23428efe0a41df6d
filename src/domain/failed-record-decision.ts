/** Decides about failed records in bulk: retry or discard. */

import type { Db } from '../storage/database.js';
import { insertExports } from '../storage/export-starts.js';
import { countRetried, listExportsByIds } from '../storage/exports.js';
import {
  discardFailedRecordRows,
  lockFailedRecordStates,
  lockRetriable,
  markRetrying,
  type RetriableActivation,
} from '../storage/failed-record-decisions.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import type { Export } from './export.js';
import type { FailedRecordFilter } from './failed-record.js';
import { checkIdempotencyKey, type MadeObjects, runOnce } from './idempotency.js';
import { InputIssues } from './input-issues.js';
import { checkRecordRate } from './record-rate.js';
import { runTransaction } from './transaction.js';
import { InvalidStateError } from './user-error.js';
import type { Caller } from './viewer.js';

/** A filter as a client gave it: `ids` in step with the input's list, null where one names no failed record. */
export interface FailedRecordChoice extends Omit<FailedRecordFilter, 'ids'> {
  ids?: (number | null)[] | null;
}

/** Input of {@link FailedRecordDecisions.retry}. */
export interface RetryRequest {
  filter: FailedRecordChoice;
  maxRecordsPerSecond?: number | null;
  idempotencyKey?: string | null;
}

/** Decides about failed records of the caller's workspace. */
export interface FailedRecordDecisions {
  /**
   * Starts one export for each activation concerned.
   * @returns the exports, and how many records they retry.
   * @throws {InvalidInputError} RECORD_NOT_OPEN. @throws {InvalidStateError} DESTINATION_DISABLED or ACTIVATION_PAUSED.
   * @throws {ConflictError} IDEMPOTENCY_KEY_REUSED.
   */
  retry(viewer: Caller, request: RetryRequest): Promise<{ exports: Export[]; retried: number }>;
  /** Turns failed into skipped. @returns how many. @throws {InvalidInputError} RECORD_NOT_OPEN. */
  discard(viewer: Caller, filter: FailedRecordChoice): Promise<number>;
}

/** What the service needs. */
export interface FailedRecordDecisionsOptions {
  db: Db;
  /** Tells the workers that a destination has work; called after the commit. */
  wake(destinationId: number): void;
}

const MAX_IDS = 500;

/** Makes the service. */
export function createFailedRecordDecisions(options: FailedRecordDecisionsOptions): FailedRecordDecisions {
  const { db } = options;
  return {
    async retry(viewer, request) {
      const exports = await retry(db, viewer, request);
      for (const started of exports) options.wake(started.destinationId);
      const retried = await countRetried(
        db,
        exports.map((started) => started.id),
      );
      return { exports, retried };
    },

    async discard({ workspaceId }, choice) {
      const issues = new InputIssues();
      checkChoice(issues, choice);
      issues.throwIfAny();
      return await runTransaction(db, async (tx) => {
        const filter = await checkRecordsOpen(tx, workspaceId, choice);
        return await discardFailedRecordRows(tx, { workspaceId, filter, code: 'FAILED_RECORD_DISCARDED' });
      });
    },
  };
}

async function retry(db: Db, viewer: Caller, request: RetryRequest): Promise<Export[]> {
  const { workspaceId } = viewer;
  const issues = new InputIssues();
  checkIdempotencyKey(issues, request.idempotencyKey);
  checkChoice(issues, request.filter);
  checkRecordRate(issues, 'maxRecordsPerSecond', request.maxRecordsPerSecond);
  issues.throwIfAny();
  const call = {
    workspaceId,
    operation: 'retryFailedRecords',
    key: request.idempotencyKey,
    input: { ...request.filter, maxRecordsPerSecond: request.maxRecordsPerSecond },
  };
  const { answer } = await runTransaction(db, (tx) => runOnce(tx, call, () => startRetries(tx, viewer, request)));
  const ids = answer.filter((made) => made.kind === 'Export').map((made) => made.id);
  const exports = await listExportsByIds(db, workspaceId, ids);
  return exports.filter((started) => started !== null);
}

async function startRetries(tx: Db, viewer: Caller, request: RetryRequest): Promise<MadeObjects> {
  const { workspaceId } = viewer;
  // Shared: no activation is deleted between the look at its records and the start of their export.
  await lockWorkspace(tx, workspaceId, 'shared');
  const filter = await checkRecordsOpen(tx, workspaceId, request.filter);
  const activations = await lockRetriable(tx, workspaceId, filter);
  for (const activation of activations) checkDeliverable(activation);
  const exports = await insertExports(tx, {
    workspaceId,
    activationIds: activations.map((activation) => activation.activationId),
    trigger: 'RETRY',
    createdBy: viewer.actor,
    maxRecordsPerSecond: request.maxRecordsPerSecond,
  });
  await markRetrying(tx, { workspaceId, filter, exports });
  const [first, ...others] = exports.map((started) => ({ kind: 'Export' as const, id: started.id }));
  // Nothing was open: the answer of an idempotent call must still name something.
  return first ? [first, ...others] : [{ kind: 'Workspace', id: workspaceId }];
}

/** A bulk decision without a bound is a slip more often than a wish. */
function checkChoice(issues: InputIssues, choice: FailedRecordChoice): void {
  const { ids, destinationId, activationId, exportId } = choice;
  if (ids == null && destinationId == null && activationId == null && exportId == null) {
    const message = 'Give at least one of `ids`, `destinationId`, `activationId`, `exportId` in `filter`.';
    issues.add('REQUIRED', 'filter', message);
  }
  if (ids != null && (ids.length < 1 || ids.length > MAX_IDS))
    issues.add('OUT_OF_RANGE', ['filter', 'ids'], `\`ids\` has ${ids.length} entries; give 1–${MAX_IDS}.`);
  if (choice.profileId != null) issues.checkText(['filter', 'profileId'], choice.profileId, { min: 1, max: 256 });
}

/** @throws {InvalidInputError} NOT_FOUND or RECORD_NOT_OPEN for each of `ids` that cannot be decided about. */
async function checkRecordsOpen(tx: Db, workspaceId: number, choice: FailedRecordChoice): Promise<FailedRecordFilter> {
  const { ids, ...filter } = choice;
  if (ids == null) return filter;
  const known = ids.map((id) => id ?? 0);
  const states = await lockFailedRecordStates(tx, workspaceId, known);
  const issues = new InputIssues();
  states.forEach((state, index) => {
    const path = ['filter', 'ids', String(index)];
    if (state === null)
      issues.add('NOT_FOUND', path, 'There is no such failed record in this workspace: leave it out.');
    else if (state !== 'OPEN')
      issues.add('RECORD_NOT_OPEN', path, `The failed record is ${state.toLowerCase()} already: leave it out.`);
  });
  issues.throwIfAny();
  return { ...filter, ids: known };
}

function checkDeliverable(activation: RetriableActivation): void {
  const { activationId, destinationId } = activation;
  if (!activation.destinationEnabled) {
    const message = 'The destination of some of these records is disabled: enable it, or leave them out.';
    throw new InvalidStateError('DESTINATION_DISABLED', message, {
      path: ['input', 'filter'],
      current: { kind: 'KinesisDestination', id: destinationId },
    });
  }
  if (activation.activationState === 'ACTIVE') return;
  const message = 'The activation of some of these records is paused: resume it, or leave them out.';
  throw new InvalidStateError('ACTIVATION_PAUSED', message, {
    path: ['input', 'filter'],
    current: { kind: 'Activation', id: activationId },
  });
}
