/** Activations: standing orders that say which segments and attributes go to which destination. */

import { replaceMappings } from '../storage/activation-segments.js';
import { deleteActivationRow, findActivation, hasDestination, insertActivation } from '../storage/activations.js';
import { findUnmappableTypes } from '../storage/attribute-types.js';
import type { Db } from '../storage/database.js';
import { findExport, findUnfinishedExport } from '../storage/exports.js';
import { discardFailedRecordRows } from '../storage/failed-record-decisions.js';
import { listSegmentsByKeys } from '../storage/segments.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { updateActivation } from './activation-change.js';
import { checkSegmentIds, checkSegmentsExist, getActivation } from './activation-input.js';
import { checkAttributePaths, checkAttributeTypes, type UnmappableType } from './attribute-path.js';
import { type Backfill, type BackfillChoice, checkBackfill, startBackfill } from './backfill.js';
import type { Export } from './export.js';
import { checkIdempotencyKey, keyReused, type MadeObjects, runOnce } from './idempotency.js';
import { InputIssues } from './input-issues.js';
import { checkSchedule, type Schedule } from './schedule.js';
import { planSchedule } from './scheduled-export.js';
import { runTransaction } from './transaction.js';
import type { ChangeDetection } from './trigger.js';
import { InvalidStateError } from './user-error.js';
import type { Caller } from './viewer.js';

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
  changeDetection: ChangeDetection;
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
  /** What becomes of present members; null exports all. */
  backfill?: BackfillChoice | null;
  /** Null: EXPORT_IF_CHANGED. */
  changeDetection?: ChangeDetection | null;
  schedule?: Schedule | null;
  idempotencyKey?: string | null;
}

/** An activation that was made, with the backfill that was started; null with mode NONE. */
export interface Activated {
  activation: Activation;
  backfill: Export | null;
}

/** Input of {@link Activations.update}; what is undefined stays, null attributes are none, as is a null schedule. */
export interface ActivationChange {
  /** Internal id. */
  id: number;
  expectedVersion: number;
  attributes?: string[] | null;
  segmentIds?: string[] | null;
  /** What becomes of present members of the segments added; null exports all. */
  backfill?: BackfillChoice | null;
  changeDetection?: ChangeDetection | null;
  schedule?: Schedule | null;
  /** Send each member of the segments removed once more, with status exited. */
  sendExits?: boolean | null;
}

/** An activation that was changed, with what was started: null where no segment was added or removed, or nothing asked. */
export interface ActivationUpdate extends Activated {
  exits: Export | null;
}

/** Changes activations of one workspace at a time. */
export interface Activations {
  /** @throws {InvalidInputError} @throws {ConflictError} IDEMPOTENCY_KEY_REUSED. */
  activate(caller: Caller, input: NewActivation): Promise<Activated>;
  /** @throws {InvalidInputError} @throws {NotFoundError} @throws {ConflictError} VERSION_CONFLICT. */
  update(caller: Caller, input: ActivationChange): Promise<ActivationUpdate>;
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
    async activate(caller, input) {
      const activated = await activate(db, caller, input);
      options.wake(activated.activation.destinationId);
      return activated;
    },

    async update(caller, input) {
      const updated = await updateActivation(db, caller, input);
      options.wake(updated.activation.destinationId);
      return updated;
    },

    async delete(workspaceId, id) {
      const deleted = await runTransaction(db, (tx) => deleteUnderLock(tx, workspaceId, id));
      options.wake(deleted.destinationId);
      return deleted;
    },
  };
}

async function activate(db: Db, caller: Caller, input: NewActivation): Promise<Activated> {
  const { workspaceId } = caller;
  const { idempotencyKey, ...order } = checkOrder(input);
  // Before the lock, which holds up every writer of the workspace.
  const types = await findUnmappableTypes(db, workspaceId, order.attributes);
  const call = { workspaceId, operation: 'activateSegments', key: idempotencyKey, input: order };
  const { answer } = await runTransaction(db, (tx) =>
    runOnce(tx, call, () => activateUnderLock(tx, caller, { ...order, types })),
  );
  const [made, backfill] = answer;
  const activation = await findActivation(db, workspaceId, made.id);
  if (activation) return { activation, backfill: backfill ? await findExport(db, workspaceId, backfill.id) : null };
  throw keyReused(made, 'for an activation that was deleted since');
}

interface CheckedOrder extends NewActivation {
  backfill: Backfill;
  changeDetection: ChangeDetection;
}

function checkOrder(input: NewActivation): CheckedOrder {
  const issues = new InputIssues();
  checkIdempotencyKey(issues, input.idempotencyKey);
  checkAttributePaths(issues, input.attributes);
  checkSegmentIds(issues, input.segmentIds);
  const backfill = checkBackfill(issues, input.backfill);
  if (input.schedule) checkSchedule(issues, input.schedule);
  issues.throwIfAny();
  return { ...input, backfill, changeDetection: input.changeDetection ?? 'EXPORT_IF_CHANGED' };
}

async function activateUnderLock(
  tx: Db,
  caller: Caller,
  order: CheckedOrder & { types: (UnmappableType | null)[] },
): Promise<MadeObjects> {
  const { workspaceId } = caller;
  // Exclusive: a membership written around the activation is seen either by its backfill or by the writer.
  await lockWorkspace(tx, workspaceId, 'exclusive');
  const issues = new InputIssues();
  checkAttributeTypes(issues, order.types);
  if (!(await hasDestination(tx, workspaceId, order.destinationId)))
    issues.add('NOT_FOUND', 'destinationId', 'There is no such destination in this workspace: check `destinationId`.');
  const found = await listSegmentsByKeys(tx, workspaceId, order.segmentIds);
  const segments = checkSegmentsExist(issues, found);
  issues.throwIfAny();
  const schedule = await planSchedule(tx, order.schedule, { state: 'ACTIVE', schedule: null });
  const activation = await insertActivation(tx, { ...order, workspaceId, schedule: schedule ?? null });
  await replaceMappings(
    tx,
    activation.id,
    segments.map((segment) => segment.id),
  );
  const backfill = await startBackfill(tx, {
    workspaceId,
    activationId: activation.id,
    backfill: order.backfill,
    segmentKeys: null,
    createdBy: caller.actor,
  });
  const made = { kind: 'Activation' as const, id: activation.id };
  return backfill === null ? [made] : [made, { kind: 'Export', id: backfill }];
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

function exportRunning(exportId: number): InvalidStateError {
  const message = 'An export of the activation is running: wait for it or cancel it, then delete the activation.';
  return new InvalidStateError('EXPORT_RUNNING', message, {
    path: ['input', 'id'],
    current: { kind: 'Export', id: exportId },
  });
}
