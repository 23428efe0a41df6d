/** Replays: exports of the profiles that a destination got in a window of time, in their present state. */

import type { Db } from '../storage/database.js';
import { insertExports } from '../storage/export-starts.js';
import { listExportsByIds } from '../storage/exports.js';
import { findReplayTarget, listReplayActivations, type ReplayTarget } from '../storage/replays.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import type { Export } from './export.js';
import { checkIdempotencyKey, type MadeObjects, runOnce } from './idempotency.js';
import { InputIssues } from './input-issues.js';
import { checkRecordRate } from './record-rate.js';
import { runTransaction } from './transaction.js';
import { InvalidStateError } from './user-error.js';
import type { Caller } from './viewer.js';

/** Input of {@link Replays.start}. */
export interface ReplayRequest {
  /** Internal id. */
  destinationId: number;
  /** Delivered at this time or later. */
  from: Date;
  /** Delivered before this time; null, or a time to come, means now. */
  to?: Date | null;
  maxRecordsPerSecond?: number | null;
  idempotencyKey?: string | null;
}

/** Starts replays of the caller's workspace. */
export interface Replays {
  /**
   * Starts one export for each activation that delivered in the window; for none if nothing was delivered.
   * @throws {InvalidInputError} @throws {InvalidStateError} DESTINATION_DISABLED or ACTIVATION_PAUSED.
   * @throws {ConflictError} IDEMPOTENCY_KEY_REUSED.
   */
  start(caller: Caller, request: ReplayRequest): Promise<Export[]>;
}

/** What the service needs. */
export interface ReplaysOptions {
  db: Db;
  /** Tells the workers that a destination has work; called after the commit. */
  wake(destinationId: number): void;
}

/** Makes the service. */
export function createReplays({ db, wake }: ReplaysOptions): Replays {
  return {
    async start(caller, request) {
      const { idempotencyKey, ...input } = request;
      const issues = new InputIssues();
      checkIdempotencyKey(issues, idempotencyKey);
      checkRecordRate(issues, 'maxRecordsPerSecond', request.maxRecordsPerSecond);
      issues.throwIfAny();
      const { workspaceId } = caller;
      const call = { workspaceId, operation: 'replayDeliveries', key: idempotencyKey, input };
      const { answer } = await runTransaction(db, (tx) => runOnce(tx, call, () => startReplays(tx, caller, request)));
      const ids = answer.filter((made) => made.kind === 'Export').map((made) => made.id);
      const exports = await listExportsByIds(db, workspaceId, ids);
      wake(request.destinationId);
      return exports.filter((started) => started !== null);
    },
  };
}

async function startReplays(tx: Db, caller: Caller, request: ReplayRequest): Promise<MadeObjects> {
  const { workspaceId } = caller;
  const { destinationId } = request;
  // Shared: no activation is paused or deleted between the look at its deliveries and the start of its export.
  await lockWorkspace(tx, workspaceId, 'shared');
  const target = await findReplayTarget(tx, workspaceId, destinationId);
  const window = checkWindow(target, request);
  const activations = await listReplayActivations(tx, destinationId, window);
  const paused = activations.find((activation) => activation.state === 'PAUSED');
  if (paused) throw activationPaused(paused.activationId);
  const exports = await insertExports(tx, {
    workspaceId,
    activationIds: activations.map((activation) => activation.activationId),
    trigger: 'REPLAY',
    createdBy: caller.actor,
    since: window.from,
    until: window.to,
    maxRecordsPerSecond: request.maxRecordsPerSecond,
  });
  const [first, ...others] = exports.map((started) => ({ kind: 'Export' as const, id: started.id }));
  // Nothing was delivered: the answer of an idempotent call must still name something.
  return first ? [first, ...others] : [{ kind: 'Workspace', id: workspaceId }];
}

/** @returns the window, ending now at the latest: what comes later is no delivery yet. */
function checkWindow(target: ReplayTarget | null, request: ReplayRequest): { from: Date; to: Date } {
  const { from } = request;
  const issues = new InputIssues();
  if (!target)
    issues.add('NOT_FOUND', 'destinationId', 'There is no such destination in this workspace: check `destinationId`.');
  const now = target?.now ?? new Date();
  const to = request.to && request.to < now ? request.to : now;
  const oldest = target?.keptSince ?? from;
  if (from >= now) issues.add('OUT_OF_RANGE', 'from', `\`from\` is not in the past: give a time before ${text(now)}.`);
  else if (from < oldest)
    issues.add(
      'OUT_OF_RANGE',
      'from',
      `Deliveries before ${text(oldest)} are not kept any more: give that time or a later one.`,
    );
  if (request.to && request.to <= from)
    issues.add('OUT_OF_RANGE', 'to', `\`to\` is not after \`from\`: give a time after ${text(from)}, or leave it out.`);
  issues.throwIfAny();
  if (target?.enabled === false) throw destinationDisabled(request.destinationId);
  return { from, to };
}

function text(time: Date): string {
  return time.toISOString();
}

function destinationDisabled(id: number): InvalidStateError {
  return new InvalidStateError('DESTINATION_DISABLED', 'The destination is disabled: enable it first.', {
    path: ['input', 'destinationId'],
    current: { kind: 'KinesisDestination', id },
  });
}

function activationPaused(id: number): InvalidStateError {
  const message = 'An activation that delivered in the window is paused: resume or delete it, then replay.';
  return new InvalidStateError('ACTIVATION_PAUSED', message, {
    path: ['input', 'destinationId'],
    current: { kind: 'Activation', id },
  });
}
