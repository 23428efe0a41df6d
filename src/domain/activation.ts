/** Activations: standing orders that say which segments and attributes go to which destination. */

import { replaceMappings } from '../storage/activation-segments.js';
import {
  deleteActivationRow,
  findActivation,
  hasDestination,
  insertActivation,
  updateActivationRow,
} from '../storage/activations.js';
import { findUnmappableTypes } from '../storage/attribute-types.js';
import type { Db } from '../storage/database.js';
import { findUnfinishedExport } from '../storage/exports.js';
import { discardFailedRecordRows } from '../storage/failed-record-decisions.js';
import { listSegmentsByKeys } from '../storage/segments.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { checkSegmentIds, checkSegmentsExist } from './activation-input.js';
import { checkAttributePaths, checkAttributeTypes, type UnmappableType } from './attribute-path.js';
import { checkIdempotencyKey, keyReused, runOnce } from './idempotency.js';
import { InputIssues } from './input-issues.js';
import { checkSchedule, type Schedule } from './schedule.js';
import { planSchedule } from './scheduled-export.js';
import { runTransaction } from './transaction.js';
import { ConflictError, InvalidStateError, NotFoundError } from './user-error.js';

/** Whether an activation delivers. */
export type ActivationState = 'ACTIVE' | 'PAUSED';

/** An activation as it is stored. */
export interface Activation {
  id: number;
  workspaceId: number;
  destinationId: number;
  state: ActivationState;
  /** Dot paths. */
  attributes: string[];
  /** When it exports by itself; null if never. */
  schedule: Schedule | null;
  /** Next due time; past while an export waits for its turn, null without a schedule and while paused. */
  nextRunAt: Date | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** A segment in an activation. */
export interface ActivationSegment {
  activationId: number;
  /** Internal id of the segment. */
  segmentId: number;
  mappingCreatedAt: Date;
  mappingUpdatedAt: Date;
}

/** Input of {@link Activations.activate}. */
export interface NewActivation {
  /** Internal id. */
  destinationId: number;
  /** Dot paths, 0–100. */
  attributes: string[];
  /** Customer's ids, 1–250. */
  segmentIds: string[];
  schedule?: Schedule | null;
  idempotencyKey?: string | null;
}

/** Input of {@link Activations.update}; what is undefined stays, null attributes are none, as is a null schedule. */
export interface ActivationChange {
  /** Internal id. */
  id: number;
  expectedVersion: number;
  attributes?: string[] | null;
  segmentIds?: string[] | null;
  schedule?: Schedule | null;
}

/** Changes activations of one workspace at a time. */
export interface Activations {
  /** @throws {InvalidInputError} @throws {ConflictError} IDEMPOTENCY_KEY_REUSED. */
  activate(workspaceId: number, input: NewActivation): Promise<Activation>;
  /** @throws {InvalidInputError} @throws {NotFoundError} @throws {ConflictError} VERSION_CONFLICT. */
  update(workspaceId: number, input: ActivationChange): Promise<Activation>;
  /**
   * Ends an activation. Its pending records are settled by the lanes' owners, its open failed records are discarded.
   * @throws {NotFoundError} @throws {InvalidStateError} EXPORT_RUNNING.
   */
  delete(workspaceId: number, id: number): Promise<Activation>;
}

/** What the service needs. */
export interface ActivationsOptions {
  db: Db;
  /** Tells the workers that a destination has work; called after the commit. */
  wake(destinationId: number): void;
}

/** Makes the service. */
export function createActivations(options: ActivationsOptions): Activations {
  const { db } = options;
  return {
    activate: (workspaceId, input) => activate(db, workspaceId, input),
    update: (workspaceId, input) => update(db, workspaceId, input),
    async delete(workspaceId, id) {
      const deleted = await runTransaction(db, (tx) => deleteUnderLock(tx, workspaceId, id));
      options.wake(deleted.destinationId);
      return deleted;
    },
  };
}

async function activate(db: Db, workspaceId: number, input: NewActivation): Promise<Activation> {
  const { idempotencyKey, ...order } = input;
  const issues = new InputIssues();
  checkIdempotencyKey(issues, idempotencyKey);
  checkAttributePaths(issues, order.attributes);
  checkSegmentIds(issues, order.segmentIds);
  if (order.schedule) checkSchedule(issues, order.schedule);
  issues.throwIfAny();
  // Before the lock, which holds up every writer of the workspace.
  const types = await findUnmappableTypes(db, workspaceId, order.attributes);
  const call = { workspaceId, operation: 'activateSegments', key: idempotencyKey, input: order };
  const { answer } = await db.transaction().execute((tx) =>
    runOnce(tx, call, async () => {
      const activation = await activateUnderLock(tx, workspaceId, { ...order, types });
      return [{ kind: 'Activation', id: activation.id }];
    }),
  );
  const activation = await findActivation(db, workspaceId, answer[0].id);
  if (activation) return activation;
  throw keyReused(answer[0], 'for an activation that was deleted since');
}

async function activateUnderLock(
  tx: Db,
  workspaceId: number,
  order: NewActivation & { types: (UnmappableType | null)[] },
): Promise<Activation> {
  // Exclusive: a membership written around the activation is seen either by it or by the writer.
  await lockWorkspace(tx, workspaceId, 'exclusive');
  const issues = new InputIssues();
  checkAttributeTypes(issues, order.attributes, order.types);
  if (!(await hasDestination(tx, workspaceId, order.destinationId)))
    issues.add('NOT_FOUND', 'destinationId', 'There is no such destination in this workspace: check `destinationId`.');
  const found = await listSegmentsByKeys(tx, workspaceId, order.segmentIds);
  const segments = checkSegmentsExist(issues, order.segmentIds, found);
  issues.throwIfAny();
  const schedule = await planSchedule(tx, order.schedule, { state: 'ACTIVE', schedule: null });
  const activation = await insertActivation(tx, { ...order, workspaceId, schedule: schedule ?? null });
  await replaceMappings(
    tx,
    activation.id,
    segments.map((segment) => segment.id),
  );
  return activation;
}

async function update(db: Db, workspaceId: number, input: ActivationChange): Promise<Activation> {
  const attributes = input.attributes === null ? [] : input.attributes;
  const issues = new InputIssues();
  if (attributes) checkAttributePaths(issues, attributes);
  if (input.segmentIds === null)
    issues.add('REQUIRED', 'segmentIds', '`segmentIds` cannot be cleared: give 1–250, or delete the activation.');
  if (input.segmentIds) checkSegmentIds(issues, input.segmentIds);
  if (input.schedule) checkSchedule(issues, input.schedule);
  issues.throwIfAny();
  const types = await findUnmappableTypes(db, workspaceId, attributes ?? []);
  const change = { ...input, attributes, types };
  return await db.transaction().execute((tx) => updateUnderLock(tx, workspaceId, change));
}

interface CheckedChange extends ActivationChange {
  attributes: string[] | undefined;
  /** What stored profiles hold at `attributes`. */
  types: (UnmappableType | null)[];
}

async function updateUnderLock(tx: Db, workspaceId: number, change: CheckedChange): Promise<Activation> {
  await lockWorkspace(tx, workspaceId, 'exclusive');
  const current = await getActivation(tx, workspaceId, change.id);
  if (current.version !== change.expectedVersion) throw versionConflict(current, change.expectedVersion);
  const issues = new InputIssues();
  checkAttributeTypes(issues, change.attributes ?? [], change.types);
  const segmentIds = change.segmentIds ?? null;
  const found = segmentIds && (await listSegmentsByKeys(tx, workspaceId, segmentIds));
  const segments = found && segmentIds && checkSegmentsExist(issues, segmentIds, found);
  issues.throwIfAny();
  const schedule = await planSchedule(tx, change.schedule, current);
  const updated = await updateActivationRow(tx, workspaceId, { ...change, schedule });
  if (!updated) throw versionConflict(await getActivation(tx, workspaceId, change.id), change.expectedVersion);
  if (segments)
    await replaceMappings(
      tx,
      updated.id,
      segments.map((segment) => segment.id),
    );
  return updated;
}

async function deleteUnderLock(tx: Db, workspaceId: number, id: number): Promise<Activation> {
  await lockWorkspace(tx, workspaceId, 'exclusive');
  const activation = await getActivation(tx, workspaceId, id);
  const running = await findUnfinishedExport(tx, id);
  if (running !== null) throw exportRunning(running);
  await discardFailedRecordRows(tx, { workspaceId, filter: { activationId: id }, code: 'ACTIVATION_DELETED' });
  await deleteActivationRow(tx, id);
  return activation;
}

/** @throws {NotFoundError} naming the input's `id`. */
async function getActivation(db: Db, workspaceId: number, id: number): Promise<Activation> {
  const activation = await findActivation(db, workspaceId, id);
  if (activation) return activation;
  throw new NotFoundError('There is no such activation in this workspace: check `id`.', ['input', 'id']);
}

function versionConflict(current: Activation, expected: number): ConflictError {
  const message = `The activation is at version ${current.version}, not ${expected}: merge with \`current\` and send again.`;
  return new ConflictError('VERSION_CONFLICT', message, {
    path: ['input', 'expectedVersion'],
    current: { kind: 'Activation', id: current.id },
  });
}

function exportRunning(exportId: number): InvalidStateError {
  const message = 'An export of the activation is running: wait for it or cancel it, then delete the activation.';
  return new InvalidStateError('EXPORT_RUNNING', message, {
    path: ['input', 'id'],
    current: { kind: 'Export', id: exportId },
  });
}
