/** Changes of an activation's settings: attributes, segments, and what that starts. */

import { replaceMappings } from '../storage/activation-segments.js';
import { updateActivationRow } from '../storage/activations.js';
import { findUnmappableTypes } from '../storage/attribute-types.js';
import type { Db } from '../storage/database.js';
import { findExportTarget, insertExports } from '../storage/export-starts.js';
import { findExport } from '../storage/exports.js';
import { listSegmentsByKeys } from '../storage/segments.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import type { Activation, ActivationChange, ActivationUpdate } from './activation.js';
import { checkSegmentIds, checkSegmentsExist, getActivation } from './activation-input.js';
import { checkAttributePaths, checkAttributeTypes, type UnmappableType } from './attribute-path.js';
import { type Backfill, checkBackfill, startBackfill } from './backfill.js';
import type { Export } from './export.js';
import { InputIssues } from './input-issues.js';
import { checkSchedule } from './schedule.js';
import { planSchedule } from './scheduled-export.js';
import type { Segment } from './segment.js';
import { runTransaction } from './transaction.js';
import type { ChangeDetection } from './trigger.js';
import { ConflictError } from './user-error.js';
import type { Caller } from './viewer.js';

/**
 * Changes an activation, and starts what follows from its segments.
 * @throws {InvalidInputError} @throws {NotFoundError} @throws {ConflictError} VERSION_CONFLICT.
 */
export async function updateActivation(db: Db, caller: Caller, input: ActivationChange): Promise<ActivationUpdate> {
  const checked = checkChange(input);
  const types = await findUnmappableTypes(db, caller.workspaceId, checked.attributes ?? []);
  const { activation, ...started } = await runTransaction(db, (tx) =>
    updateUnderLock(tx, caller, { ...checked, types }),
  );
  const find = async (id: number | null): Promise<Export | null> =>
    id === null ? null : await findExport(db, caller.workspaceId, id);
  return { activation, backfill: await find(started.backfillId), exits: await find(started.exitsId) };
}

interface CheckedChange extends ActivationChange {
  attributes: string[] | undefined;
  backfill: Backfill;
  changeDetection: ChangeDetection | undefined;
}

function checkChange(input: ActivationChange): CheckedChange {
  const attributes = input.attributes === null ? [] : input.attributes;
  const issues = new InputIssues();
  if (attributes) checkAttributePaths(issues, attributes);
  if (input.segmentIds === null)
    issues.add('REQUIRED', 'segmentIds', '`segmentIds` cannot be cleared: give 1–250, or delete the activation.');
  if (input.segmentIds) checkSegmentIds(issues, input.segmentIds);
  const backfill = checkBackfill(issues, input.backfill);
  if (input.schedule) checkSchedule(issues, input.schedule);
  issues.throwIfAny();
  const changeDetection = input.changeDetection === null ? 'EXPORT_IF_CHANGED' : input.changeDetection;
  return { ...input, attributes, backfill, changeDetection };
}

/** What a change started, by id. */
interface Started {
  activation: Activation;
  backfillId: number | null;
  exitsId: number | null;
}

async function updateUnderLock(
  tx: Db,
  caller: Caller,
  change: CheckedChange & { types: (UnmappableType | null)[] },
): Promise<Started> {
  const { workspaceId } = caller;
  await lockWorkspace(tx, workspaceId, 'exclusive');
  const current = await getActivation(tx, workspaceId, change.id);
  if (current.version !== change.expectedVersion) throw versionConflict(current, change.expectedVersion);
  const issues = new InputIssues();
  checkAttributeTypes(issues, change.types);
  const segmentIds = change.segmentIds ?? null;
  const found = segmentIds && (await listSegmentsByKeys(tx, workspaceId, segmentIds));
  const segments = found && segmentIds && checkSegmentsExist(issues, found);
  issues.throwIfAny();
  const schedule = await planSchedule(tx, change.schedule, current);
  const activation = await updateActivationRow(tx, workspaceId, { ...change, schedule });
  if (!activation) throw versionConflict(await getActivation(tx, workspaceId, change.id), change.expectedVersion);
  const started = segments && (await remap(tx, caller, { change, segments }));
  return { activation, backfillId: null, exitsId: null, ...started };
}

/** Makes these the activation's segments, and starts the exports of those that leave and of those that come. */
async function remap(
  tx: Db,
  { workspaceId, actor }: Caller,
  { change, segments }: { change: CheckedChange; segments: readonly Segment[] },
): Promise<Omit<Started, 'activation'>> {
  const before = (await findExportTarget(tx, workspaceId, change.id))?.segmentKeys ?? [];
  const after = segments.map((segment) => segment.segmentId);
  const removed = before.filter((segmentId) => !after.includes(segmentId));
  const added = after.filter((segmentId) => !before.includes(segmentId));
  const activationId = change.id;
  const order = { workspaceId, createdBy: actor };
  const activationIds = [activationId];
  // While they are mapped: an export takes its segments from the mapping.
  const [exits] =
    change.sendExits && removed.length > 0
      ? await insertExports(tx, { ...order, activationIds, trigger: 'EXITS', segmentKeys: removed })
      : [];
  await replaceMappings(
    tx,
    activationId,
    segments.map((segment) => segment.id),
  );
  const isBackfilled = added.length > 0;
  const { backfill } = change;
  const backfillId = isBackfilled
    ? await startBackfill(tx, { ...order, activationId, backfill, segmentKeys: added })
    : null;
  return { backfillId, exitsId: exits?.id ?? null };
}

function versionConflict(current: Activation, expected: number): ConflictError {
  const message = `The activation is at version ${current.version}, not ${expected}: merge with \`current\` and send again.`;
  return new ConflictError('VERSION_CONFLICT', message, {
    path: ['input', 'expectedVersion'],
    current: { kind: 'Activation', id: current.id },
  });
}
