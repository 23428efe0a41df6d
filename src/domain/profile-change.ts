/** What a change makes of a profile: values in, values out, so that it can be done again on a newer state. */

import { parseMembershipTime, toMembershipTime } from './membership-time.js';
import type { MembershipStatus, StoredMembership } from './profile.js';

/** What a change can touch, as it is stored; see `Profile`. */
export interface ProfileState {
  attributes: Record<string, unknown>;
  identities: Record<string, string[]>;
  memberships: Record<string, StoredMembership>;
}

/** A membership to set; checked. */
export interface MembershipSetting {
  /** The customer's id of the segment. */
  segmentId: string;
  /** Namespace that the segment must have; null if the form names none. */
  namespace: string | null;
  status: MembershipStatus;
  /** Word for word; null means now. */
  lastQualificationTime: string | null;
  /** Word for word; null means never. */
  validUntil: string | null;
  /** Given by the expiry alone, in place of the status and times: exit, if the membership is over at this time. */
  expiredAt?: Date;
  /** Where the input names the segment. */
  path: string[];
}

/** What one input asks of one profile; checked by profile-input.ts. */
export interface ProfileChange {
  profileId: string;
  /** Merged as RFC 7396 says; null changes none. */
  attributes: Record<string, unknown> | null;
  /** All identities from now on; null leaves them. */
  identities: Record<string, string[]> | null;
  memberships: MembershipSetting[];
  /** Where the input names the profile's change. */
  path: string[];
}

/** What a change is judged by. */
export interface ChangeContext {
  now: Date;
  /** By the customer's id; has every segment that the change names. */
  segments: ReadonlyMap<string, { id: number; namespace: string }>;
}

/** A membership that a change altered. */
export interface MembershipChange {
  /** Internal id of the segment. */
  segmentId: number;
  before: StoredMembership | null;
  after: StoredMembership;
}

/** What a change came to. */
export interface AppliedChange {
  after: ProfileState;
  /** False if nothing differs; `after` is then the state before. A new profile is always changed. */
  changed: boolean;
  membershipChanges: MembershipChange[];
}

const NOTHING: ProfileState = { attributes: {}, identities: {}, memberships: {} };

/**
 * Applies a checked change.
 * @param before null for a profile that does not exist yet.
 */
export function applyProfileChange(
  before: ProfileState | null,
  change: ProfileChange,
  context: ChangeContext,
): AppliedChange {
  const base = before ?? NOTHING;
  const attributes = mergeAttributes(base.attributes, change.attributes ?? {});
  const identities =
    change.identities && !isSameJson(base.identities, change.identities) ? change.identities : base.identities;
  const { memberships, membershipChanges } = setMemberships(base.memberships, change.memberships, context);
  const changed =
    before === null || attributes !== base.attributes || identities !== base.identities || membershipChanges.length > 0;
  return { after: changed ? { attributes, identities, memberships } : base, changed, membershipChanges };
}

/** Whether a membership counts as present at a time: not exited, and not past its `validUntil`. */
export function isPresentMembership(membership: StoredMembership | undefined, now: Date): boolean {
  return membership !== undefined && membership.status !== 'EXITED' && !hasEnded(membership.validUntil, now);
}

/**
 * Merges attributes as RFC 7396 says: objects merge, null removes, all else replaces.
 * Keys such as `__proto__` stay plain keys.
 * @returns `target` itself if nothing differs.
 */
export function mergeAttributes(
  target: Record<string, unknown>,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  // Most lines make a new profile, and hold nothing to remove: there is nothing to merge.
  if (isEmpty(target) && !isEmpty(patch) && !hasNull(patch)) return patch;
  const merged = new Map(Object.entries(target));
  let changed = false;
  for (const [key, value] of Object.entries(patch)) {
    const old = merged.get(key);
    const next = value === null ? undefined : mergeValue(old, value);
    if (next === old) continue;
    changed = true;
    if (next === undefined) merged.delete(key);
    else merged.set(key, next);
  }
  // fromEntries defines own properties, whatever their names.
  return changed ? Object.fromEntries(merged) : target;
}

/** Whether two JSON values are equal; the order of keys does not count, that of list items does. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isContainer(one) || !isContainer(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  const entries = Object.entries(one);
  if (entries.length !== Object.keys(other).length) return false;
  const others = new Map(Object.entries(other));
  return entries.every(([key, value]) => others.has(key) && isSameJson(value, others.get(key)));
}

function mergeValue(old: unknown, value: unknown): unknown {
  if (!isContainer(value) || Array.isArray(value)) return isSameJson(old, value) ? old : value;
  return isContainer(old) && !Array.isArray(old) ? mergeAttributes(old, value) : mergeAttributes({}, value);
}

function isEmpty(value: Record<string, unknown>): boolean {
  for (const _key in value) return false;
  return true;
}

/** Whether a null stands where it would remove something; in lists it is a value. */
function hasNull(patch: Record<string, unknown>): boolean {
  for (const key in patch) {
    const value = patch[key];
    if (value === null || (isContainer(value) && !Array.isArray(value) && hasNull(value))) return true;
  }
  return false;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function setMemberships(
  before: Record<string, StoredMembership>,
  settings: readonly MembershipSetting[],
  context: ChangeContext,
): { memberships: Record<string, StoredMembership>; membershipChanges: MembershipChange[] } {
  const memberships = new Map(Object.entries(before));
  const membershipChanges: MembershipChange[] = [];
  for (const setting of settings) {
    const segment = context.segments.get(setting.segmentId);
    if (!segment) throw new Error('A membership of an unknown segment came through the checks.');
    const old = memberships.get(String(segment.id));
    const after = setting.expiredAt ? expire(old, setting.expiredAt) : setMembership(old, setting, context.now);
    if (!after || (old && isSameJson(old, after))) continue;
    memberships.set(String(segment.id), after);
    membershipChanges.push({ segmentId: segment.id, before: old ?? null, after });
  }
  return { memberships: Object.fromEntries(memberships), membershipChanges };
}

function setMembership(old: StoredMembership | undefined, setting: MembershipSetting, now: Date): StoredMembership {
  const qualifiedAt = setting.lastQualificationTime ?? toMembershipTime(now);
  if (setting.validUntil === null) return { status: nextStatus(old, setting.status, now), qualifiedAt };
  const status = hasEnded(setting.validUntil, now) ? 'EXITED' : nextStatus(old, setting.status, now);
  return { status, qualifiedAt, validUntil: setting.validUntil };
}

/** Texts of times stay: they tell until when it held. */
function expire(old: StoredMembership | undefined, at: Date): StoredMembership | undefined {
  return old && hasEnded(old.validUntil, at) ? { ...old, status: 'EXITED' } : old;
}

function nextStatus(old: StoredMembership | undefined, given: MembershipStatus, now: Date): MembershipStatus {
  return given === 'REALIZED' && isPresentMembership(old, now) ? 'EXISTING' : given;
}

function hasEnded(validUntil: string | undefined, now: Date): boolean {
  const end = validUntil === undefined ? null : parseMembershipTime(validUntil);
  return end !== null && end <= now;
}
