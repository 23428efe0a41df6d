/** The one path by which profiles are written: the API's mutations and bulk ingest alike. */

import type { Db } from '../storage/database.js';
import { putTriggeredRecords, type TriggeredRecord } from '../storage/pending-records.js';
import {
  insertMemberships,
  insertProfiles,
  lockAllProfiles,
  lockProfiles,
  type MembershipWrite,
  updateProfiles,
  upsertMemberships,
  type WrittenRow,
} from '../storage/profile-writes.js';
import { listSegmentsByKeys } from '../storage/segments.js';
import { listTriggerRules } from '../storage/trigger-rules.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { recordCall } from './audit.js';
import type { LanePlace } from './lane.js';
import { parseMembershipTime } from './membership-time.js';
import type { Profile } from './profile.js';
import type { ChangeContext, MembershipChange, ProfileChange } from './profile-change.js';
import { type FoldedChanges, foldChanges, groupByProfile, type ProfileGroup, refuseMissing } from './profile-group.js';
import { findTriggered, placesOf } from './profile-trigger.js';
import type { InputIssue } from './user-error.js';

/** Changes to write in one transaction. */
export interface ProfileWriteRequest {
  workspaceId: number;
  /** Checked; several of one profile are applied in their order, each on what the one before made of it. */
  changes: readonly ProfileChange[];
  /** True refuses changes of profiles that do not exist (NOT_FOUND); false creates them. */
  existingOnly: boolean;
  now: Date;
}

/** What became of one change. */
export type ChangeOutcome =
  | { status: 'CREATED' | 'UPDATED' | 'UNCHANGED'; profile: Profile }
  | { status: 'REFUSED'; issues: InputIssue[] };

/** One profile that was written, with all that its changes came to. */
export interface ProfileWrite {
  /** Null if it is new. */
  before: Profile | null;
  after: Profile;
  membershipChanges: MembershipChange[];
}

/** What {@link writeProfiles} did. */
export interface WrittenProfiles {
  /** In the order of the changes. */
  outcomes: ChangeOutcome[];
  /** Profiles that changed, in no order; unchanged ones are not written and keep their revision. */
  writes: ProfileWrite[];
  segments: ChangeContext['segments'];
  /** Lanes that have records to deliver by this: to be woken after the commit. */
  triggered: LanePlace[];
}

/** A profile was erased between two steps: the transaction has to be tried again. */
export class ProfileRaceError extends Error {
  override readonly name = 'ProfileRaceError';
}

/**
 * Applies changes to profiles: locks, decides on the state after the locks, writes.
 * @param tx a READ COMMITTED transaction that has written nothing yet.
 * @throws {ProfileRaceError} if it has to be tried again in a new transaction.
 */
export async function writeProfiles(tx: Db, request: ProfileWriteRequest): Promise<WrittenProfiles> {
  const groups = groupByProfile(request.workspaceId, request.changes);
  // In this order, so that all is read under the lock.
  const [, segments, rules, found] = await Promise.all([
    lockWorkspace(tx, request.workspaceId, 'shared'),
    readSegments(tx, request),
    listTriggerRules(tx, request.workspaceId),
    lockAllProfiles(tx, request.workspaceId, groups),
  ]);
  const work = { request, groups, context: { now: request.now, segments } };
  const { existing, locked } = found;
  const decided = locked.length > 0 ? decideExisting(groups, locked, work) : await decideMixed(tx, work, existing);
  const records = findTriggered(decided, { rules, now: request.now });
  const [revised] = await Promise.all([
    reviseProfiles(tx, { request, decided, records }),
    putTriggeredRecords(tx, records),
    writeMemberships(tx, decided),
    recordCall(tx),
  ]);
  const settled = decided.map((one) => refresh(one, revised));
  const writes = settled.flatMap(({ write }) => write ?? []);
  return { outcomes: toOutcomes(request, settled), writes, segments, triggered: placesOf(records) };
}

/** A group that is decided; `write` is null if it changes nothing. What exists already has its old revision until it is revised. */
export interface Settled {
  group: ProfileGroup;
  steps: FoldedChanges['steps'];
  /** Attributes that were written, equal ones too. */
  written: FoldedChanges['written'];
  profile: Profile | null;
  write: ProfileWrite | null;
}

/** What the steps of one call share. */
interface Work {
  request: ProfileWriteRequest;
  groups: readonly ProfileGroup[];
  context: ChangeContext;
}

/** Reads the segments that changes name, by the customer's id; those that are not there are missing. */
export async function readSegments(
  tx: Db,
  request: Pick<ProfileWriteRequest, 'workspaceId' | 'changes'>,
): Promise<ChangeContext['segments']> {
  const named = request.changes.flatMap((change) => change.memberships.map((setting) => setting.segmentId));
  const segmentIds = [...new Set(named)];
  if (segmentIds.length === 0) return new Map();
  const segments = await listSegmentsByKeys(tx, request.workspaceId, segmentIds);
  return new Map(segments.flatMap((segment) => (segment ? [[segment.segmentId, segment]] : [])));
}

/** Where not all exist: adds those that do not, then locks the others. */
async function decideMixed(tx: Db, work: Work, existing: ReadonlySet<string>): Promise<Settled[]> {
  const { request, groups } = work;
  const created = request.existingOnly ? [] : await createMissing(tx, work, existing);
  const done = new Set(created.map(({ group }) => group));
  const open = groups.filter((group) => !done.has(group));
  const locked = open.length > 0 ? await lockProfiles(tx, request.workspaceId, open) : [];
  return [...created, ...decideExisting(open, locked, work)];
}

/** Adds the profiles that do not exist. Who was faster with one leaves it to {@link decideExisting}. */
async function createMissing(tx: Db, work: Work, existing: ReadonlySet<string>): Promise<Settled[]> {
  const { request, context } = work;
  const missing = work.groups.filter((group) => !existing.has(group.profileId));
  const folds = missing.map((group) => ({ group, folded: foldChanges(null, group, context) }));
  const rows = folds.flatMap(({ group: { profileId, lane }, folded: { after } }) =>
    after ? [{ profileId, lane, ...after }] : [],
  );
  const inserted = rows.length > 0 ? await insertProfiles(tx, request.workspaceId, rows) : [];
  const written = new Map(inserted.map((row) => [row.profileId, row]));
  return folds.flatMap(({ group, folded }) => {
    if (folded.after === null) return [{ group, ...stepsOf(folded), profile: null, write: null }];
    const row = written.get(group.profileId);
    return row ? [settle(group, { folded, before: null, row, request })] : [];
  });
}

/** Decides what becomes of profiles that are locked. @throws {ProfileRaceError} */
function decideExisting(groups: readonly ProfileGroup[], locked: readonly Profile[], work: Work): Settled[] {
  const { request, context } = work;
  const found = new Map(locked.map((profile) => [profile.profileId, profile]));
  return groups.map((group) => {
    const before = found.get(group.profileId) ?? null;
    if (before === null && !request.existingOnly) throw new ProfileRaceError('A profile was erased meanwhile.');
    const folded = before ? foldChanges(before, group, context) : refuseMissing(group);
    if (before && folded.after && folded.after !== before)
      return settle(group, { folded, before, row: before, request });
    return { group, ...stepsOf(folded), profile: before, write: null };
  });
}

/**
 * Writes the profiles that existed before. One that was written with equal values only, and triggers under EXPORT_ALWAYS,
 * gets a new revision as well: each record of a profile has a higher one.
 * @returns their new rows, by the customer's id.
 */
async function reviseProfiles(
  tx: Db,
  work: { request: ProfileWriteRequest; decided: readonly Settled[]; records: readonly TriggeredRecord[] },
): Promise<ReadonlyMap<string, WrittenRow>> {
  const triggering = new Set(work.records.map((record) => record.profileKey));
  const profiles = work.decided.flatMap(({ profile, write }) => {
    if (!profile) return [];
    return (write ? write.before !== null : triggering.has(profile.id)) ? [profile] : [];
  });
  const rows = profiles.length > 0 ? await updateProfiles(tx, work.request.workspaceId, profiles) : [];
  return new Map(rows.map((row) => [row.profileId, row]));
}

function refresh(one: Settled, revised: ReadonlyMap<string, WrittenRow>): Settled {
  const row = one.profile && revised.get(one.profile.profileId);
  if (!one.profile || !row) return one;
  const profile = { ...one.profile, revision: row.revision, updatedAt: row.updatedAt };
  return { ...one, profile, write: one.write && { ...one.write, after: profile } };
}

async function writeMemberships(tx: Db, decided: readonly Settled[]): Promise<void> {
  const writes = decided.flatMap(({ write }) => write ?? []);
  const ofNew = writes.filter(({ before }) => before === null).flatMap(toMembershipWrites);
  if (ofNew.length > 0) await insertMemberships(tx, ofNew);
  const ofExisting = writes.filter(({ before }) => before !== null).flatMap(toMembershipWrites);
  if (ofExisting.length > 0) await upsertMemberships(tx, ofExisting);
}

function settle(
  group: ProfileGroup,
  outcome: { folded: FoldedChanges; before: Profile | null; row: WrittenRow | Profile; request: ProfileWriteRequest },
): Settled {
  const { folded, before, row, request } = outcome;
  if (!folded.after) throw new Error('A profile was written without a state.');
  const { attributes, identities, memberships } = folded.after;
  const place = { workspaceId: request.workspaceId, lane: group.lane, profileId: group.profileId };
  const { id, revision, createdAt, updatedAt } = row;
  const after = { id, ...place, attributes, identities, memberships, revision, createdAt, updatedAt };
  return {
    group,
    ...stepsOf(folded),
    profile: after,
    write: { before, after, membershipChanges: folded.membershipChanges },
  };
}

function stepsOf({ steps, written }: FoldedChanges): Pick<Settled, 'steps' | 'written'> {
  return { steps, written };
}

function toOutcomes(request: ProfileWriteRequest, settled: readonly Settled[]): ChangeOutcome[] {
  const outcomes: ChangeOutcome[] = request.changes.map(() => ({ status: 'REFUSED', issues: [] }));
  for (const { group, steps, profile } of settled) {
    steps.forEach((step, index) => {
      const place = group.places[index];
      if (place === undefined) return;
      if (typeof step !== 'string') outcomes[place] = { status: 'REFUSED', issues: step };
      else if (profile) outcomes[place] = { status: step, profile };
    });
  }
  return outcomes;
}

/** The final state of every membership touched: a segment that several changes touched is one row. */
function toMembershipWrites({ after, membershipChanges }: ProfileWrite): MembershipWrite[] {
  const segmentIds = [...new Set(membershipChanges.map((change) => change.segmentId))];
  return segmentIds.flatMap((segmentId) => {
    const membership = after.memberships[String(segmentId)];
    if (!membership) return [];
    const { status, qualifiedAt, validUntil = null } = membership;
    const expiresAt = status === 'EXITED' || validUntil === null ? null : parseMembershipTime(validUntil);
    return [{ lane: after.lane, segmentId, profileKey: after.id, status, qualifiedAt, validUntil, expiresAt }];
  });
}
