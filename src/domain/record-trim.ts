/** Trimming: memberships that are left out of a record over the stream's size limit. */

import type { DeliveryCause } from './delivery-cause.js';
import type { StoredMembership } from './profile.js';
import { isPresentMembership } from './profile-change.js';
import { type ForcedExits, measureMembership, type RecordPlan, type RecordSource } from './record.js';

/** What a record is about, and how much too large it is. */
export interface TrimRequest {
  exits: ForcedExits;
  causes: readonly DeliveryCause[];
  /** How many bytes must go. */
  excessBytes: number;
}

/**
 * Leaves memberships out until enough bytes are gone: unmapped ones first, then those that are exited, each in the order
 * of their segments' internal ids. What the record is built for stays: an exit whose news is trimmed would never be
 * heard of.
 * @returns the profile with fewer memberships; its record may be too large even so.
 */
export function trimMemberships(source: RecordSource, plan: RecordPlan, request: TrimRequest): RecordSource {
  const memberships = { ...source.memberships };
  let excessBytes = request.excessBytes;
  for (const [id, membership] of listTrimmable(source, plan, request)) {
    if (excessBytes <= 0) break;
    excessBytes -= measureMembership(id, membership, plan);
    delete memberships[id];
  }
  return { ...source, memberships };
}

function listTrimmable(
  source: RecordSource,
  plan: RecordPlan,
  { exits, causes }: TrimRequest,
): [string, StoredMembership][] {
  const news = new Set(causes.filter(({ kind }) => kind === 'MEMBERSHIP').map(({ subject }) => subject));
  const candidates = Object.entries(source.memberships).filter(([id]) => {
    const segment = plan.segments.get(id);
    const isForced = exits !== 'ALL' && exits.has(id);
    return segment !== undefined && !isForced && !news.has(segment.segmentId);
  });
  const unmapped = candidates.filter(([id]) => !plan.mappedIds.has(id));
  // With every exit forced, the present ones are the news.
  const exited = candidates.filter(
    ([id, membership]) => plan.mappedIds.has(id) && !isPresentMembership(membership, plan.now),
  );
  return [...unmapped, ...exited];
}
