/** Segments: named audiences that profiles belong to. */

import type { Db } from '../storage/database.js';
import { findUnfinishedExits } from '../storage/exports.js';
import { deleteSegmentRow, findSegment, insertSegment, updateSegmentRow } from '../storage/segments.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { noteTarget } from './audit.js';
import { InputIssues } from './input-issues.js';
import { runTransaction } from './transaction.js';
import { ConflictError, InvalidStateError, NotFoundError } from './user-error.js';

/** A segment as it is stored. */
export interface Segment {
  id: number;
  /** The customer's id, opaque. */
  segmentId: string;
  /** Namespace that records file it under. */
  namespace: string;
  name: string;
  description: string | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** Input of {@link Segments.create}. */
export interface NewSegment {
  segmentId: string;
  name: string;
  namespace?: string | null;
  description?: string | null;
}

/** Input of {@link Segments.update}; what is undefined stays, null clears. */
export interface SegmentChange {
  segmentId: string;
  expectedVersion: number;
  name?: string | null;
  description?: string | null;
}

/** Changes segments of one workspace at a time. */
export interface Segments {
  /** @throws {InvalidInputError} @throws {ConflictError} ALREADY_EXISTS. */
  create(workspaceId: number, input: NewSegment): Promise<Segment>;
  /** @throws {InvalidInputError} @throws {NotFoundError} @throws {ConflictError} VERSION_CONFLICT. */
  update(workspaceId: number, input: SegmentChange): Promise<Segment>;
  /** Deletes a segment and its memberships. @throws {NotFoundError} @throws {InvalidStateError} IN_USE. */
  delete(workspaceId: number, segmentId: string): Promise<Segment>;
}

/** Namespace of segments that name none. */
export const DEFAULT_NAMESPACE = 'ups';

/** Makes the service. */
export function createSegments(dependencies: { db: Db }): Segments {
  const { db } = dependencies;
  return {
    async create(workspaceId, input) {
      checkNewSegment(input);
      const segment = {
        ...input,
        namespace: input.namespace ?? DEFAULT_NAMESPACE,
        description: input.description ?? null,
      };
      return await runTransaction(db, async (tx) => {
        const created = await insertSegment(tx, workspaceId, segment);
        if (!created) throw alreadyExists(await getSegment(tx, workspaceId, input.segmentId));
        noteTarget(tx, { kind: 'Segment', id: created.id });
        return created;
      });
    },

    async update(workspaceId, input) {
      checkSegmentChange(input);
      return await runTransaction(db, async (tx) => {
        const updated = await updateSegmentRow(tx, workspaceId, input);
        if (!updated) throw versionConflict(await getSegment(tx, workspaceId, input.segmentId), input.expectedVersion);
        noteTarget(tx, { kind: 'Segment', id: updated.id });
        return updated;
      });
    },

    async delete(workspaceId, segmentId) {
      return await runTransaction(db, async (tx) => {
        // Exclusive: no writer adds a membership, no activation maps it, while it goes.
        await lockWorkspace(tx, workspaceId, 'exclusive');
        const segment = await getSegment(tx, workspaceId, segmentId);
        noteTarget(tx, { kind: 'Segment', id: segment.id });
        const exits = await findUnfinishedExits(tx, segment.id);
        if (exits !== null) throw exitsUnsent(segment, exits);
        if (await deleteSegmentRow(tx, segment.id)) return segment;
        throw inUse(segment);
      });
    },
  };
}

/** @throws {NotFoundError} naming the input's `segmentId`. */
async function getSegment(db: Db, workspaceId: number, segmentId: string): Promise<Segment> {
  const segment = await findSegment(db, workspaceId, segmentId);
  if (segment) return segment;
  throw new NotFoundError('There is no such segment in this workspace: check `segmentId`.', ['input', 'segmentId']);
}

function checkNewSegment(input: NewSegment): void {
  const issues = new InputIssues();
  issues.checkText('segmentId', input.segmentId, { min: 1, max: 256 });
  issues.checkText('name', input.name, { min: 1, max: 255 });
  if (input.namespace != null) issues.checkText('namespace', input.namespace, { min: 1, max: 256 });
  if (input.description != null) issues.checkText('description', input.description, { min: 0, max: 1000 });
  issues.throwIfAny();
}

function checkSegmentChange(input: SegmentChange): void {
  const issues = new InputIssues();
  if (input.name === null) issues.add('REQUIRED', 'name', '`name` cannot be cleared; give 1–255 characters.');
  if (input.name != null) issues.checkText('name', input.name, { min: 1, max: 255 });
  if (input.description != null) issues.checkText('description', input.description, { min: 0, max: 1000 });
  issues.throwIfAny();
}

function alreadyExists(current: Segment): ConflictError {
  return new ConflictError(
    'ALREADY_EXISTS',
    `There is a segment ${current.segmentId} already: update it, or choose another id.`,
    {
      path: ['input', 'segmentId'],
      current: { kind: 'Segment', id: current.id },
    },
  );
}

function versionConflict(current: Segment, expected: number): ConflictError {
  const message = `Segment ${current.segmentId} is at version ${current.version}, not ${expected}: merge with \`current\` and send again.`;
  return new ConflictError('VERSION_CONFLICT', message, {
    path: ['input', 'expectedVersion'],
    current: { kind: 'Segment', id: current.id },
  });
}

/** Records of exits name the segment in its namespace, and whom they are of is read from its memberships. */
function exitsUnsent({ segmentId }: Segment, exportId: number): InvalidStateError {
  const message = `The exits of segment ${segmentId} are still being sent: wait for their export or cancel it, then delete.`;
  return new InvalidStateError('IN_USE', message, {
    path: ['input', 'segmentId'],
    current: { kind: 'Export', id: exportId },
  });
}

function inUse(segment: Segment): InvalidStateError {
  const message = `Segment ${segment.segmentId} is in an activation: take it out there, or delete the activation, first.`;
  return new InvalidStateError('IN_USE', message, {
    path: ['input', 'segmentId'],
    current: { kind: 'Segment', id: segment.id },
  });
}
