/** Checks what comes in about profiles: bounds, forms, and texts that cannot be stored. */

import type { InputIssues } from './input-issues.js';
import { parseMembershipTime } from './membership-time.js';
import type { MembershipStatus } from './profile.js';
import type { ChangeContext, MembershipSetting, ProfileChange, ProfileState } from './profile-change.js';

/** An identity to store. */
export interface IdentityInput {
  /** 1–256 characters. */
  namespace: string;
  /** 1–1,024 characters, opaque. */
  value: string;
}

/** A membership to set. */
export interface MembershipInput {
  segmentId: string;
  status: MembershipStatus;
  lastQualificationTime?: string | null;
  validUntil?: string | null;
}

/** A profile to create or change; what is null or left out stays. */
export interface ProfileInput {
  profileId: string;
  attributes?: Record<string, unknown> | null;
  identities?: IdentityInput[] | null;
  memberships?: MembershipInput[] | null;
}

/** A membership to set, of any profile. */
export interface SegmentMembershipInput extends MembershipInput {
  profileId: string;
}

/** Something of an input, and where it stands there. */
export type Located<Part> = Part & { path: string[] };

/** Largest attributes of a profile, as JSON in UTF-8. */
const MAX_ATTRIBUTE_BYTES = 256 * 1024;
/** Deepest attributes; the object itself is the first level. */
const MAX_ATTRIBUTE_LEVELS = 32;
const MAX_IDENTITIES = 100;
const MAX_MEMBERSHIPS = 250;

/** Checks an input of the API. Faults go to `issues`; the answer is of use only if there are none. */
export function checkProfileInput(input: ProfileInput, path: string[], issues: InputIssues): ProfileChange {
  checkProfileId(input.profileId, [...path, 'profileId'], issues);
  const attributes = input.attributes ?? null;
  if (attributes) checkAttributes(attributes, [...path, 'attributes'], issues);
  const identities = input.identities?.map((identity, index) => locate(identity, [...path, 'identities', `${index}`]));
  const memberships = input.memberships?.map((membership, index) =>
    locate(membership, [...path, 'memberships', `${index}`]),
  );
  return {
    profileId: input.profileId,
    attributes,
    identities: identities ? checkIdentities(identities, [...path, 'identities'], issues) : null,
    memberships: memberships ? checkMemberships(memberships, [...path, 'memberships'], issues) : [],
    path,
  };
}

/** Checks a profile's id: 1–256 characters. */
export function checkProfileId(profileId: string, path: string[], issues: InputIssues): void {
  issues.checkText(path, profileId, { min: 1, max: 256 });
}

/** Checks that attributes can be stored and read back exactly: depth, texts, keys and numbers. */
export function checkAttributes(attributes: Record<string, unknown>, path: string[], issues: InputIssues): void {
  checkValue(attributes, 1, { issues, path: [...path] });
}

/** Checks identities, and gathers their values by namespace in the order given. */
export function checkIdentities(
  identities: readonly Located<IdentityInput>[],
  path: string[],
  issues: InputIssues,
): Record<string, string[]> {
  if (identities.length > MAX_IDENTITIES) {
    issues.add('OUT_OF_RANGE', path, `There are ${identities.length} identities; give at most ${MAX_IDENTITIES}.`);
    return {};
  }
  const found = new Map<string, string[]>();
  for (const { namespace, value, path: at } of identities) {
    issues.checkText([...at, 'namespace'], namespace, { min: 1, max: 256 });
    issues.checkText([...at, 'value'], value, { min: 1, max: 1024 });
    const values = found.get(namespace) ?? [];
    if (values.includes(value)) issues.add('DUPLICATE', at, 'This identity is given twice: give it once.');
    found.set(namespace, [...values, value]);
  }
  return Object.fromEntries(found);
}

/** Checks the memberships of one profile; none may name the same segment twice. */
export function checkMemberships(
  memberships: readonly Located<MembershipInput & { namespace?: string }>[],
  path: string[],
  issues: InputIssues,
): MembershipSetting[] {
  if (memberships.length > MAX_MEMBERSHIPS) {
    issues.add('OUT_OF_RANGE', path, `There are ${memberships.length} memberships; give at most ${MAX_MEMBERSHIPS}.`);
    return [];
  }
  const seen = new Set<string>();
  return memberships.map((membership) => {
    if (seen.has(membership.segmentId))
      issues.add('DUPLICATE', membership.path, 'There is another membership of the same segment: give one.');
    seen.add(membership.segmentId);
    return checkMembership(membership, issues);
  });
}

/** Checks one membership. */
export function checkMembership(
  membership: Located<MembershipInput & { namespace?: string }>,
  issues: InputIssues,
): MembershipSetting {
  const { segmentId, status, path } = membership;
  const lastQualificationTime = membership.lastQualificationTime ?? null;
  const validUntil = membership.validUntil ?? null;
  issues.checkText([...path, 'segmentId'], segmentId, { min: 1, max: 256 });
  checkTime(lastQualificationTime, [...path, 'lastQualificationTime'], issues);
  checkTime(validUntil, [...path, 'validUntil'], issues);
  const namespace = membership.namespace ?? null;
  return { segmentId, namespace, status, lastQualificationTime, validUntil, path };
}

/** Checks that every segment of a change exists, and has the namespace that the input files it under. */
export function checkSegments(
  memberships: readonly MembershipSetting[],
  segments: ChangeContext['segments'],
  issues: InputIssues,
): void {
  for (const { segmentId, namespace, path } of memberships) {
    const segment = segments.get(segmentId);
    if (!segment) {
      // Where a namespace is given, the segment's id is the path's last part already.
      const at = namespace === null ? [...path, 'segmentId'] : path;
      issues.add('NOT_FOUND', at, 'There is no such segment: create it first, or mend the id.');
    } else if (namespace !== null && namespace !== segment.namespace) {
      const message = `Segment ${segmentId} has the namespace ${segment.namespace}, not ${namespace}: file it under its own.`;
      issues.add('NOT_ALLOWED', path, message);
    }
  }
}

/** Checks that the attributes that a change leads to are small enough. */
export function checkAttributeBytes(state: ProfileState, path: string[], issues: InputIssues): void {
  const bytes = Buffer.byteLength(JSON.stringify(state.attributes));
  if (bytes <= MAX_ATTRIBUTE_BYTES) return;
  const message = `The profile's attributes would have ${bytes} bytes as JSON; at most ${MAX_ATTRIBUTE_BYTES} are kept. Remove some with null.`;
  issues.add('OUT_OF_RANGE', [...path, 'attributes'], message);
}

function locate<Part extends object>(part: Part, path: string[]): Located<Part> {
  return { ...part, path };
}

function checkTime(time: string | null, path: string[], issues: InputIssues): void {
  if (time === null || parseMembershipTime(time)) return;
  const message = `\`${path.at(-1)}\` is no time in UTC as \`2020-05-25T21:24:39Z\`, \`…+00:00\` or \`…+0000\`.`;
  issues.add('MALFORMED', path, message);
}

/** `path` is one list that grows and shrinks on the way: a copy for each value would cost more than the check. */
interface ValueCheck {
  issues: InputIssues;
  path: string[];
}

function checkValue(value: unknown, level: number, check: ValueCheck): void {
  if (typeof value === 'string') checkString(value, check);
  if (typeof value === 'number') checkNumber(value, check);
  if (typeof value !== 'object' || value === null) return;
  if (level > MAX_ATTRIBUTE_LEVELS) {
    const message = `Attributes may have ${MAX_ATTRIBUTE_LEVELS} levels; this one lies deeper: flatten it.`;
    check.issues.add('OUT_OF_RANGE', [...check.path], message);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    check.path.push(key);
    checkString(key, check);
    checkValue(inner, level + 1, check);
    check.path.pop();
  }
}

function checkString(text: string, { issues, path }: ValueCheck): void {
  if (!text.includes('\0') && text.isWellFormed()) return;
  const message = `\`${path.join('.')}\` holds a NUL or half a surrogate pair; send valid Unicode text.`;
  issues.add('MALFORMED', [...path], message);
}

function checkNumber(value: number, { issues, path }: ValueCheck): void {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return;
  const message = `\`${path.join('.')}\` is a number beyond ±(2^53 − 1), which would be rounded: send it as a string.`;
  issues.add('OUT_OF_RANGE', [...path], message);
}
