/** Checks inputs about activations: forms first, then what is stored. */

import { findActivation } from '../storage/activations.js';
import type { Db } from '../storage/database.js';
import type { Activation } from './activation.js';
import type { InputIssues } from './input-issues.js';
import type { Segment } from './segment.js';
import { NotFoundError } from './user-error.js';

/** Most segments of an activation. */
export const MAX_SEGMENTS = 250;

/** Checks that 1–250 segments are named, none twice; further faults are not looked for if there are too many. */
export function checkSegmentIds(issues: InputIssues, segmentIds: readonly string[]): void {
  if (segmentIds.length < 1 || segmentIds.length > MAX_SEGMENTS) {
    const message = `\`segmentIds\` has ${segmentIds.length} segments; give 1–${MAX_SEGMENTS}.`;
    issues.add('OUT_OF_RANGE', 'segmentIds', message);
    return;
  }
  segmentIds.forEach((segmentId, index) => {
    issues.checkText(['segmentIds', String(index)], segmentId, { min: 1, max: 256 });
  });
  checkDistinct(issues, 'segmentIds', segmentIds);
}

/** Reports each entry that stands in the list before. */
export function checkDistinct(issues: InputIssues, field: string, values: readonly string[]): void {
  const seen = new Set<string>();
  values.forEach((value, index) => {
    if (seen.has(value))
      issues.add('DUPLICATE', [field, String(index)], `\`${field}.${index}\` is there before already: leave one out.`);
    seen.add(value);
  });
}

/**
 * Reports the segments that are not there.
 * @param found one entry an id, in step with the input's `segmentIds`; null where there is none.
 * @returns those found.
 */
export function checkSegmentsExist(issues: InputIssues, found: readonly (Segment | null)[]): Segment[] {
  return found.flatMap((segment, index) => {
    if (segment) return [segment];
    const message = `There is no segment with the id in \`segmentIds.${index}\`: create it, or take it out.`;
    issues.add('NOT_FOUND', ['segmentIds', String(index)], message);
    return [];
  });
}

/** The activation that the input's `id` names. @throws {NotFoundError} */
export async function getActivation(db: Db, workspaceId: number, id: number): Promise<Activation> {
  const activation = await findActivation(db, workspaceId, id);
  if (activation) return activation;
  throw new NotFoundError('There is no such activation in this workspace: check `id`.', ['input', 'id']);
}
