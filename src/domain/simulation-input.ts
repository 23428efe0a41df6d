/** What a simulation is asked, and the faults of it that show without looking at what is stored. */

import { checkSegmentIds } from './activation-input.js';
import { checkAttributePaths } from './attribute-path.js';
import { InputIssues } from './input-issues.js';
import type { ProfileChange } from './profile-change.js';
import { checkProfileId, checkProfileInput, type ProfileInput } from './profile-input.js';

/** What to simulate. Null is what was left out. */
export interface SimulationRequest {
  /** Internal id of a saved activation. */
  activationId: number | null;
  /** Internal id of the destination of an activation that is not saved yet. */
  destinationId: number | null;
  /** Customer's ids to try, 1–250; null: the activation's own. */
  segmentIds: string[] | null;
  /** Dot paths to try, 0–100; null: the activation's own. */
  attributes: string[] | null;
  /** The customer's id; null: the change's profile or, without a change, any present member. */
  profileId: string | null;
  /** Null: an export of the profile as it is. */
  change: ProfileInput | null;
}

/** A request whose arguments have the right form, and fit together. */
export interface CheckedSimulation extends Omit<SimulationRequest, 'change'> {
  change: ProfileChange | null;
}

/** Checks the form of a request. @throws {InvalidInputError} with every fault found. */
export function checkSimulation(request: SimulationRequest): CheckedSimulation {
  const { segmentIds, attributes, profileId } = request;
  const issues = new InputIssues([]);
  checkTarget(request, issues);
  if (segmentIds) checkSegmentIds(issues, segmentIds);
  if (attributes) checkAttributePaths(issues, attributes);
  if (profileId !== null) checkProfileId(profileId, ['profileId'], issues);
  const change = request.change && checkProfileInput(request.change, ['change'], issues);
  if (change && profileId !== null && change.profileId !== profileId)
    issues.add('NOT_ALLOWED', 'profileId', '`profileId` is not that of `change`: give the same, or leave it out.');
  issues.throwIfAny();
  return { ...request, profileId: change?.profileId ?? profileId, change };
}

function checkTarget({ activationId, destinationId, segmentIds }: SimulationRequest, issues: InputIssues): void {
  if (activationId !== null && destinationId !== null)
    issues.add('NOT_ALLOWED', 'destinationId', '`activationId` names a destination already: give one of the two.');
  if (activationId === null && destinationId === null)
    issues.add('REQUIRED', 'activationId', 'Give `activationId`, or `destinationId` for an activation not saved yet.');
  if (destinationId !== null && segmentIds === null)
    issues.add('REQUIRED', 'segmentIds', '`destinationId` alone says nothing of whom to export: give 1–250 segments.');
}
