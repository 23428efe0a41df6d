/** Profiles: persons' records, with their identities and memberships. */

import type { Db } from '../storage/database.js';
import { listMembershipsByKeys } from '../storage/memberships.js';
import { deleteProfileRows } from '../storage/profile-writes.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { noteTarget } from './audit.js';
import { InputIssues } from './input-issues.js';
import { type LanePlace, laneOf } from './lane.js';
import type { ProfileChange } from './profile-change.js';
import {
  checkMembership,
  checkProfileId,
  checkProfileInput,
  type ProfileInput,
  type SegmentMembershipInput,
} from './profile-input.js';
import {
  type ChangeOutcome,
  ProfileRaceError,
  type ProfileWriteRequest,
  type WrittenProfiles,
  writeProfiles,
} from './profile-write.js';
import { runTransaction } from './transaction.js';
import { InvalidInputError, NotFoundError } from './user-error.js';

/** How a profile stands to a segment. */
export type MembershipStatus = 'REALIZED' | 'EXISTING' | 'EXITED';

/** A membership as the profile's row keeps it, under the segment's internal id. Times are texts as given. */
export interface StoredMembership {
  status: MembershipStatus;
  qualifiedAt: string;
  validUntil?: string;
}

/** A profile as it is stored. */
export interface Profile {
  id: number;
  workspaceId: number;
  lane: number;
  /** The customer's id, opaque. */
  profileId: string;
  attributes: Record<string, unknown>;
  /** Values by namespace, in the order given. */
  identities: Record<string, string[]>;
  /** By internal id of the segment, as decimal text. */
  memberships: Record<string, StoredMembership>;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

/** One profile's place in one segment. */
export interface Membership {
  profileKey: number;
  lane: number;
  /** Internal id of the segment. */
  segmentId: number;
  status: MembershipStatus;
  qualifiedAt: string;
  validUntil: string | null;
  updatedAt: Date;
}

/** Changes profiles of one workspace at a time. */
export interface Profiles {
  /**
   * Creates or changes 1–500 profiles, all or none.
   * @returns the profiles as they are now, in the order of the input; how many are new, and how many others changed.
   * @throws {InvalidInputError}
   */
  upsert(
    workspaceId: number,
    inputs: readonly ProfileInput[],
  ): Promise<{ created: number; updated: number; profiles: Profile[] }>;
  /**
   * Sets 1–500 memberships of existing profiles, all or none.
   * @returns the memberships as they are now, in the order of the input; how many changed.
   * @throws {InvalidInputError}
   */
  setMemberships(
    workspaceId: number,
    inputs: readonly SegmentMembershipInput[],
  ): Promise<{ updated: number; memberships: Membership[] }>;
  /**
   * Erases a profile, its memberships and its failed records.
   * @returns the internal id that it had.
   * @throws {NotFoundError}
   */
  delete(workspaceId: number, profileId: string): Promise<number>;
  /**
   * Writes checked changes in one transaction, each accepted or refused by itself: for bulk ingest.
   * @returns what became of each, in their order.
   */
  apply(
    workspaceId: number,
    changes: readonly ProfileChange[],
    options: { existingOnly: boolean },
  ): Promise<ChangeOutcome[]>;
}

/** Most profiles or memberships of one mutation. */
const MAX_INPUTS = 500;
/** Tries of a transaction that lost a race: one in thousands needs a second one. */
const MAX_TRIES = 5;

/** What the service needs. */
export interface ProfilesOptions {
  db: Db;
  /** Says what is past: `validUntil`, and the time of memberships that give none. */
  clock: () => Date;
  /** Tells the workers that a lane has records to deliver; called after the commit. */
  wakeLane?(place: LanePlace): void;
}

/** Makes the service. */
export function createProfiles({ db, clock, wakeLane = () => {} }: ProfilesOptions): Profiles {
  const write = async (request: Omit<ProfileWriteRequest, 'now'>, inspect = settleNothing) => {
    const written = await inTransaction(db, async (tx) => {
      const done = await writeProfiles(tx, { ...request, now: clock() });
      await inspect(done, tx);
      return done;
    });
    for (const place of written.triggered) wakeLane(place);
    return written;
  };
  return {
    async upsert(workspaceId, inputs) {
      const changes = checkProfiles(inputs);
      const { outcomes } = await write({ workspaceId, changes, existingOnly: false }, refuseAny);
      return {
        created: outcomes.filter(({ status }) => status === 'CREATED').length,
        updated: outcomes.filter(({ status }) => status === 'UPDATED').length,
        profiles: outcomes.flatMap((outcome) => (outcome.status === 'REFUSED' ? [] : [outcome.profile])),
      };
    },

    async setMemberships(workspaceId, inputs) {
      const changes = checkSegmentMemberships(inputs);
      let memberships: Membership[] = [];
      const { outcomes } = await write({ workspaceId, changes, existingOnly: true }, async (written, tx) => {
        await refuseAny(written);
        memberships = await readMemberships(tx, changes, written);
      });
      return { updated: outcomes.filter(({ status }) => status === 'UPDATED').length, memberships };
    },

    async delete(workspaceId, profileId) {
      const id = isProfileId(profileId) ? await eraseProfile(db, workspaceId, profileId) : null;
      if (id !== null) return id;
      throw new NotFoundError('There is no such profile in this workspace: check `profileId`.', ['input', 'profileId']);
    },

    async apply(workspaceId, changes, { existingOnly }) {
      return (await write({ workspaceId, changes, existingOnly })).outcomes;
    },
  };
}

/** @throws {InvalidInputError} with every fault found. */
function checkProfiles(inputs: readonly ProfileInput[]): ProfileChange[] {
  const issues = new InputIssues();
  checkCount('profiles', inputs.length, issues);
  const changes = inputs.map((input, index) => checkProfileInput(input, ['profiles', `${index}`], issues));
  checkDuplicates(
    changes.map(({ profileId, path }) => ({ key: profileId, path: [...path, 'profileId'] })),
    issues,
  );
  issues.throwIfAny();
  return changes;
}

/** @throws {InvalidInputError} with every fault found. */
function checkSegmentMemberships(inputs: readonly SegmentMembershipInput[]): ProfileChange[] {
  const issues = new InputIssues();
  checkCount('memberships', inputs.length, issues);
  const changes = inputs.map((input, index) => {
    const path = ['memberships', `${index}`];
    checkProfileId(input.profileId, [...path, 'profileId'], issues);
    const memberships = [checkMembership({ ...input, path }, issues)];
    return { profileId: input.profileId, attributes: null, identities: null, memberships, path };
  });
  checkDuplicates(
    inputs.map(({ profileId, segmentId }, index) => ({
      key: JSON.stringify([profileId, segmentId]),
      path: ['memberships', `${index}`],
    })),
    issues,
  );
  issues.throwIfAny();
  return changes;
}

/** Throws at once: whatever else is wrong with a million inputs is not worth reading. */
function checkCount(field: string, count: number, issues: InputIssues): void {
  if (count >= 1 && count <= MAX_INPUTS) return;
  const message = `\`${field}\` has ${count} entries; give 1–${MAX_INPUTS}, or use bulk ingest.`;
  issues.add('OUT_OF_RANGE', field, message);
  issues.throwIfAny();
}

function checkDuplicates(entries: readonly { key: string; path: string[] }[], issues: InputIssues): void {
  const seen = new Set<string>();
  for (const { key, path } of entries) {
    if (seen.has(key)) issues.add('DUPLICATE', path, `\`${path.join('.')}\` names the same again: give it once.`);
    seen.add(key);
  }
}

async function settleNothing(_written: WrittenProfiles, _tx: Db): Promise<void> {}

/** Makes the transaction all or none. @throws {InvalidInputError} if any change was refused. */
async function refuseAny({ outcomes }: WrittenProfiles): Promise<void> {
  const issues = outcomes.flatMap((outcome) => (outcome.status === 'REFUSED' ? outcome.issues : []));
  if (issues.length > 0) throw new InvalidInputError(issues.slice(0, 100));
}

async function readMemberships(
  tx: Db,
  changes: readonly ProfileChange[],
  { outcomes, segments }: WrittenProfiles,
): Promise<Membership[]> {
  const keys = changes.flatMap(({ memberships }, index) => {
    const outcome = outcomes[index];
    const segment = segments.get(memberships[0]?.segmentId ?? '');
    if (!segment || !outcome || outcome.status === 'REFUSED') return [];
    return [{ lane: outcome.profile.lane, segmentId: segment.id, profileKey: outcome.profile.id }];
  });
  return await listMembershipsByKeys(tx, keys);
}

function isProfileId(profileId: string): boolean {
  const issues = new InputIssues();
  checkProfileId(profileId, ['profileId'], issues);
  return issues.count === 0;
}

async function eraseProfile(db: Db, workspaceId: number, profileId: string): Promise<number | null> {
  return await inTransaction(db, async (tx) => {
    await lockWorkspace(tx, workspaceId, 'shared');
    const id = await deleteProfileRows(tx, workspaceId, { lane: laneOf(workspaceId, profileId), profileId });
    // By our id: the customer's may tell who it was.
    if (id !== null) noteTarget(tx, { kind: 'Profile', id });
    return id;
  });
}

async function inTransaction<Answer>(db: Db, work: (tx: Db) => Promise<Answer>): Promise<Answer> {
  const isLost = (error: unknown) => error instanceof ProfileRaceError;
  return await runTransaction(db, work, { isolation: 'read committed', tries: MAX_TRIES, isLost });
}
