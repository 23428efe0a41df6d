/** Memberships that end by themselves: what `validUntil` says is written as an exit, like one of the customer's. */

import { readClock } from '../storage/clock.js';
import type { Db } from '../storage/database.js';
import { type ExpiredMembership, listExpiredMemberships } from '../storage/membership-expiry.js';
import type { Profiles } from './profile.js';
import type { ProfileChange } from './profile-change.js';

/** Most memberships ended in one turn: their profiles stay locked until it is committed. */
export const EXPIRY_CHUNK = 500;

/** What it works with. */
export interface MembershipExpiryParts {
  db: Db;
  /** Writes the exits, so that they trigger what any exit triggers. */
  profiles: Pick<Profiles, 'apply'>;
}

/** What one turn did. */
export interface ExpiryTurn {
  /** Memberships that ended. Another node may have been faster with the others, or they were prolonged meanwhile. */
  ended: number;
  /** Whether more may be waiting. */
  hasMore: boolean;
}

/**
 * Ends up to {@link EXPIRY_CHUNK} memberships whose time is over. The list only says where to look: each is judged
 * again once its profile is locked, so that one which was prolonged meanwhile stays.
 * @param now default the database's clock.
 */
export async function expireMemberships({ db, profiles }: MembershipExpiryParts, now?: Date): Promise<ExpiryTurn> {
  const at = now ?? (await readClock(db));
  const expired = await listExpiredMemberships(db, { now: at, limit: EXPIRY_CHUNK });
  const workspaceIds = new Set(expired.map(({ workspaceId }) => workspaceId));
  let ended = 0;
  for (const workspaceId of workspaceIds) {
    const changes = expired.filter((one) => one.workspaceId === workspaceId).map((one) => toExit(one, at));
    const outcomes = await profiles.apply(workspaceId, changes, { existingOnly: true });
    ended += outcomes.filter(({ status }) => status === 'UPDATED').length;
  }
  // None ended: whoever was faster is at it still, and finds the rest.
  return { ended, hasMore: expired.length === EXPIRY_CHUNK && ended > 0 };
}

function toExit({ profileId, segmentId }: ExpiredMembership, at: Date): ProfileChange {
  const exit = { segmentId, namespace: null, status: 'EXITED', lastQualificationTime: null, validUntil: null } as const;
  return {
    profileId,
    attributes: null,
    identities: null,
    memberships: [{ ...exit, expiredAt: at, path: [] }],
    path: [],
  };
}
