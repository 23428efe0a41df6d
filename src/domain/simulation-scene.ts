/** The scene of a simulation: what the engine would look at, read in one snapshot, with the change applied in memory. */

import { findActivation, hasDestination } from '../storage/activations.js';
import { findUnmappableTypes } from '../storage/attribute-types.js';
import type { Db } from '../storage/database.js';
import {
  type ActivationTarget,
  findPageContext,
  type PageContext,
  readSegmentNames,
} from '../storage/delivery-target.js';
import { findAnyMember } from '../storage/memberships.js';
import { foreseeRevision } from '../storage/profile-writes.js';
import { listProfilesByIds, listProfilesByKeys } from '../storage/profiles.js';
import { listSegmentsByKeys } from '../storage/segments.js';
import { listTriggerRules } from '../storage/trigger-rules.js';
import { checkSegmentsExist } from './activation-input.js';
import { checkAttributeTypes, type UnmappableType } from './attribute-path.js';
import { belowInput, InputIssues } from './input-issues.js';
import type { Profile } from './profile.js';
import type { ProfileChange } from './profile-change.js';
import { type FoldedChanges, foldChanges } from './profile-group.js';
import { readSegments } from './profile-write.js';
import type { MappedSegment, NamedSegment, RecordSource } from './record.js';
import type { Segment } from './segment.js';
import type { CheckedSimulation } from './simulation-input.js';
import type { TriggeringChange, TriggerRules } from './trigger.js';

/** Everything that decides a simulation. */
export interface SimulationScene extends Pick<PageContext, 'now' | 'target'> {
  /** As it is saved, with what is tried in place of its own. */
  activation: ActivationTarget;
  rules: TriggerRules;
  /** After the change; null if no profile was named and no segment has a member. */
  profile: (RecordSource & { revision: number }) | null;
  /** Null asks for an export of the profile as it is. */
  change: TriggeringChange | null;
  /** Segments that are not mapped but may stand in the record. */
  names: NamedSegment[];
}

/**
 * Reads the scene; writes nothing.
 * @param asked `now` is the time of the change; the destination's rules go by the database's clock, as pages do.
 * @throws {InvalidInputError} with every fault found.
 */
export async function readScene(
  db: Db,
  asked: { workspaceId: number; checked: CheckedSimulation; now: Date },
): Promise<SimulationScene> {
  const { workspaceId, checked } = asked;
  // A thousand profiles long: outside of the snapshot, as where activations are saved.
  const types = await findUnmappableTypes(db, workspaceId, checked.attributes ?? []);
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => readSnapshot(tx, { ...asked, types }));
}

/** What all steps of reading share. */
interface Reading {
  workspaceId: number;
  checked: CheckedSimulation;
  now: Date;
  /** What stored profiles hold at the tried attributes. */
  types: (UnmappableType | null)[];
}

async function readSnapshot(tx: Db, reading: Reading): Promise<SimulationScene> {
  const { workspaceId, checked } = reading;
  const issues = new InputIssues([]);
  const context = await findContext(tx, reading, issues);
  const tried = await readTriedSegments(tx, reading, issues);
  checkAttributeTypes(issues, reading.types);
  const before = await findNamedProfile(tx, reading, issues);
  const folded = checked.change && (await foldChange(tx, reading, { change: checked.change, before, issues }));
  issues.throwIfAny();
  if (!context) throw new Error('The destination of a simulation is missing, and no issue says so.');
  const { now, target } = context;
  const activation = toTriedActivation(context, checked, tried);
  const rules = await readRules(tx, workspaceId, { activation, target });
  const profile = folded
    ? await changeProfile(tx, { profileId: checked.profileId, before, folded })
    : (before ?? (await findMember(tx, workspaceId, activation)));
  const names = target.membershipScope === 'ALL' && profile ? await readSegmentNames(tx, segmentIdsOf(profile)) : [];
  const change = folded?.after ? { before, after: folded.after, written: folded.written } : null;
  return { now, target, activation, rules, profile, change, names };
}

async function findContext(
  tx: Db,
  { workspaceId, checked }: Reading,
  issues: InputIssues,
): Promise<PageContext | null> {
  const { activationId, destinationId } = checked;
  if (activationId !== null) {
    const saved = await findActivation(tx, workspaceId, activationId);
    if (saved)
      return await findPageContext(tx, {
        destinationId: saved.destinationId,
        activationIds: [saved.id],
        exportIds: [],
      });
    issues.add('NOT_FOUND', 'activationId', 'There is no such activation in this workspace: check `activationId`.');
  } else if (destinationId !== null) {
    if (await hasDestination(tx, workspaceId, destinationId))
      return await findPageContext(tx, { destinationId, activationIds: [], exportIds: [] });
    issues.add('NOT_FOUND', 'destinationId', 'There is no such destination in this workspace: check `destinationId`.');
  }
  return null;
}

async function readTriedSegments(tx: Db, { workspaceId, checked }: Reading, issues: InputIssues): Promise<Segment[]> {
  const { segmentIds } = checked;
  if (!segmentIds) return [];
  return checkSegmentsExist(issues, await listSegmentsByKeys(tx, workspaceId, segmentIds));
}

/** The profile that the request names; null if it names none, or one that its change would create. */
async function findNamedProfile(
  tx: Db,
  { workspaceId, checked }: Reading,
  issues: InputIssues,
): Promise<Profile | null> {
  const { profileId, change } = checked;
  if (profileId === null) return null;
  const [found = null] = await listProfilesByKeys(tx, workspaceId, [profileId]);
  if (!found && !change)
    issues.add('NOT_FOUND', 'profileId', 'There is no such profile in this workspace: check it, or give a `change`.');
  return found;
}

/** Applies the change as a write would, and reports what the write would refuse. */
async function foldChange(
  tx: Db,
  reading: Reading,
  work: { change: ProfileChange; before: Profile | null; issues: InputIssues },
): Promise<FoldedChanges> {
  const { workspaceId, now } = reading;
  const changes = [work.change];
  const segments = await readSegments(tx, { workspaceId, changes });
  const folded = foldChanges(work.before, { changes }, { now, segments });
  for (const step of folded.steps) {
    if (typeof step === 'string') continue;
    for (const { code, path, message } of belowInput(step)) work.issues.add(code, path, message);
  }
  return folded;
}

/** The profile as a write would leave it. */
async function changeProfile(
  tx: Db,
  { profileId, before, folded }: { profileId: string | null; before: Profile | null; folded: FoldedChanges },
): Promise<SimulationScene['profile']> {
  if (profileId === null || !folded.after) throw new Error('A simulated change made no profile.');
  return { ...folded.after, profileId, revision: await foreseeRevision(tx, before?.revision ?? null) };
}

async function findMember(tx: Db, workspaceId: number, activation: ActivationTarget): Promise<Profile | null> {
  const id = await findAnyMember(
    tx,
    activation.mapped.map((segment) => segment.id),
  );
  if (id === null) return null;
  const [profile = null] = await listProfilesByIds(tx, workspaceId, [id]);
  return profile;
}

/** With tried settings it is as `updateActivation` would leave it; one that is not saved has no id yet, and gets version 1. */
function toTriedActivation(context: PageContext, checked: CheckedSimulation, tried: Segment[]): ActivationTarget {
  const { activationId, segmentIds, attributes } = checked;
  const saved = activationId === null ? null : (context.activations.get(activationId) ?? null);
  const isTried = segmentIds !== null || attributes !== null;
  const { id, version, paused, discardedUntil, mapped } = saved ?? NOT_SAVED;
  return {
    id,
    version: isTried ? version + 1 : version,
    attributes: attributes ?? saved?.attributes ?? [],
    paused,
    discardedUntil,
    mapped: segmentIds ? tried.map((segment) => toMapped(segment, mapped, context.now)) : mapped,
  };
}

const NOT_SAVED: Omit<ActivationTarget, 'attributes'> = {
  id: 0,
  version: 0,
  paused: false,
  discardedUntil: 0,
  mapped: [],
};

/** A segment that is mapped already keeps the times of its mapping. */
function toMapped(segment: Segment, mapped: readonly MappedSegment[], now: Date): MappedSegment {
  const { mappingCreatedAt = now, mappingUpdatedAt = now } = mapped.find(({ id }) => id === segment.id) ?? {};
  return { ...segment, mappingCreatedAt, mappingUpdatedAt };
}

async function readRules(
  tx: Db,
  workspaceId: number,
  { activation, target }: Pick<SimulationScene, 'activation' | 'target'>,
): Promise<TriggerRules> {
  const saved = (await listTriggerRules(tx, workspaceId)).find(({ activationId }) => activationId === activation.id);
  return {
    activationId: activation.id,
    destinationId: target.destinationId,
    attributes: activation.attributes,
    changeDetection: saved?.changeDetection ?? 'EXPORT_IF_CHANGED',
    consent: target.consent,
    segments: activation.mapped,
  };
}

function segmentIdsOf(profile: RecordSource): number[] {
  return Object.keys(profile.memberships).map(Number);
}
