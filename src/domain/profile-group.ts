/** Several changes of one profile, applied in order and written once. */

import { InputIssues } from './input-issues.js';
import { laneOf } from './lane.js';
import {
  applyProfileChange,
  type ChangeContext,
  type MembershipChange,
  type ProfileChange,
  type ProfileState,
} from './profile-change.js';
import { checkAttributeBytes, checkSegments } from './profile-input.js';
import type { InputIssue } from './user-error.js';

/** The changes of one profile, in their order. */
export interface ProfileGroup {
  profileId: string;
  lane: number;
  /** Places in the request. */
  places: number[];
  changes: ProfileChange[];
}

/** What a group's changes make of a state; one step a change: what became of it, or why it was refused. */
export interface FoldedChanges {
  /** Null if nothing was created. */
  after: ProfileState | null;
  steps: ('CREATED' | 'UPDATED' | 'UNCHANGED' | InputIssue[])[];
  membershipChanges: MembershipChange[];
  /** Attributes that accepted changes wrote, equal ones too. */
  written: Record<string, unknown>[];
}

/** Gathers changes by profile, in the order of each profile's first one. */
export function groupByProfile(workspaceId: number, requested: readonly ProfileChange[]): ProfileGroup[] {
  const groups = new Map<string, ProfileGroup>();
  requested.forEach((change, place) => {
    const { profileId } = change;
    const group = groups.get(profileId);
    if (group) {
      group.places.push(place);
      group.changes.push(change);
    } else {
      const lane = laneOf(workspaceId, profileId);
      groups.set(profileId, { profileId, lane, places: [place], changes: [change] });
    }
  });
  return [...groups.values()];
}

/**
 * Applies a group's changes one after the other; a refused one leaves the state as it was.
 * @param before null for a profile that does not exist yet.
 */
export function foldChanges(
  before: ProfileState | null,
  group: Pick<ProfileGroup, 'changes'>,
  context: ChangeContext,
): FoldedChanges {
  const folded: FoldedChanges = { after: before, steps: [], membershipChanges: [], written: [] };
  for (const change of group.changes) {
    const issues = new InputIssues();
    checkSegments(change.memberships, context.segments, issues);
    const applied = issues.count === 0 ? applyProfileChange(folded.after, change, context) : null;
    // Writing them out takes as long as merging them: only if they differ.
    if (applied && applied.after.attributes !== folded.after?.attributes)
      checkAttributeBytes(applied.after, change.path, issues);
    if (!applied || issues.count > 0) {
      folded.steps.push(issues.all);
      continue;
    }
    folded.steps.push(folded.after === null ? 'CREATED' : applied.changed ? 'UPDATED' : 'UNCHANGED');
    folded.after = applied.after;
    folded.membershipChanges.push(...applied.membershipChanges);
    if (change.attributes) folded.written.push(change.attributes);
  }
  return folded;
}

/** Refuses every change of a profile that does not exist. */
export function refuseMissing(group: ProfileGroup): FoldedChanges {
  const steps = group.changes.map((change) => {
    const issues = new InputIssues();
    issues.add(
      'NOT_FOUND',
      [...change.path, 'profileId'],
      'There is no such profile: create it first, or mend the id.',
    );
    return issues.all;
  });
  return { after: null, steps, membershipChanges: [], written: [] };
}
