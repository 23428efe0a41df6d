/** Reads one line of bulk ingest: a profile, or memberships of one, in the API's form or in XDM's. */

import { IngestFields, isRecord } from './ingest-fields.js';
import { belowInput, InputIssues } from './input-issues.js';
import type { MembershipStatus } from './profile.js';
import type { MembershipSetting, ProfileChange } from './profile-change.js';
import {
  checkAttributes,
  checkIdentities,
  checkMemberships,
  checkProfileId,
  type IdentityInput,
  type Located,
  type MembershipInput,
} from './profile-input.js';
import type { InputIssue } from './user-error.js';

/** A line that was read, or why it is refused; paths start at the line's own fields. */
export type ReadLine = { change: ProfileChange; issues: null } | { change: null; issues: InputIssue[] };

/** Longest line of bulk ingest, without its end. */
export const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Reads a line of `POST /ingest/profiles`: `profileId`, `attributes`, `identities` or `identityMap`, `memberships` or
 * `segmentMembership`. Without `profileId` the primary identity makes it: `<namespace>:<id>`.
 */
export function readProfileLine(bytes: Buffer | null): ReadLine {
  return readLine(bytes, (fields) => {
    fields.allowOnly(['profileId', 'attributes', 'identities', 'identityMap', 'memberships', 'segmentMembership']);
    const attributes = fields.record('attributes');
    if (attributes) checkAttributes(attributes, ['attributes'], fields.issues);
    const found = findIdentities(fields);
    const identities = found && checkIdentities(found.identities, [found.name], fields.issues);
    const memberships = findMemberships(fields, fields.either('memberships', 'segmentMembership'));
    return { profileId: findProfileId(fields), attributes, identities, memberships, path: [] };
  });
}

/**
 * Reads a line of `POST /ingest/memberships`: `profileId` (or `identityMap` with a primary identity), and either
 * `segmentId`, `status`, `lastQualificationTime`, `validUntil`, or `segmentMembership`.
 */
export function readMembershipLine(bytes: Buffer | null): ReadLine {
  return readLine(bytes, (fields) => {
    const flat = ['segmentId', 'status', 'lastQualificationTime', 'validUntil'];
    fields.allowOnly(['profileId', 'identityMap', 'segmentMembership', ...flat]);
    const memberships =
      fields.either('segmentMembership', 'segmentId') === 'segmentMembership'
        ? findMemberships(fields, 'segmentMembership')
        : checkMemberships([toMembership(fields, fields.requiredText('segmentId'))], [], fields.issues);
    return { profileId: findProfileId(fields), attributes: null, identities: null, memberships, path: [] };
  });
}

function readLine(bytes: Buffer | null, read: (fields: IngestFields) => ProfileChange): ReadLine {
  const issues = new InputIssues();
  const value = parseLine(bytes, issues);
  const change = value && read(new IngestFields(value, [], issues));
  if (change && issues.count === 0) return { change, issues: null };
  return { change: null, issues: belowInput(issues.all) };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parseLine(bytes: Buffer | null, issues: InputIssues): Record<string, unknown> | null {
  if (bytes === null) {
    issues.add(
      'OUT_OF_RANGE',
      [],
      `The line is longer than ${MAX_LINE_BYTES} bytes: send less of the profile at once.`,
    );
    return null;
  }
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    if (isRecord(value)) return value;
    issues.add('MALFORMED', [], 'The line is no JSON object: send one object a line.');
  } catch (error) {
    // The parser's own texts echo the line.
    const fault = error instanceof SyntaxError ? 'JSON' : 'UTF-8';
    issues.add('MALFORMED', [], `The line is not valid ${fault}: send one JSON object a line, in UTF-8.`);
  }
  return null;
}

function findProfileId(fields: IngestFields): string {
  const { issues } = fields;
  if (fields.has('profileId')) {
    const profileId = fields.requiredText('profileId');
    if (issues.count === 0) checkProfileId(profileId, ['profileId'], issues);
    return profileId;
  }
  const primary = mapIdentities(fields).filter((identity) => identity.primary);
  const [identity] = primary;
  if (identity && primary.length === 1) {
    const profileId = `${identity.namespace}:${identity.value}`;
    checkProfileId(profileId, ['identityMap'], issues);
    return profileId;
  }
  const problem = identity ? 'has several primary identities' : 'has neither `profileId` nor a primary identity';
  issues.add('REQUIRED', ['profileId'], `The line ${problem}: give \`profileId\`, or one \`primary: true\`.`);
  return '';
}

function findIdentities(fields: IngestFields): { name: string; identities: Located<IdentityInput>[] } | null {
  const name = fields.either('identities', 'identityMap');
  if (!fields.has(name)) return null;
  if (name === 'identityMap') return { name, identities: mapIdentities(fields) };
  const identities = (fields.list(name) ?? []).map((identity) => ({
    namespace: identity.requiredText('namespace'),
    value: identity.requiredText('value'),
    path: identity.path,
  }));
  return { name, identities };
}

/** `{ namespace: [{ id, primary, … }] }`; other fields of an identity, such as `authenticatedState`, are not kept. */
function mapIdentities(fields: IngestFields): (Located<IdentityInput> & { primary: boolean })[] {
  const map = fields.object('identityMap');
  if (!map) return [];
  return map.keys().flatMap((namespace) =>
    (map.list(namespace) ?? []).map((identity) => ({
      namespace,
      value: identity.requiredText('id'),
      path: identity.path,
      primary: identity.isTrue('primary'),
    })),
  );
}

function findMemberships(fields: IngestFields, name: string): MembershipSetting[] {
  const listed =
    name === 'segmentMembership'
      ? mapMemberships(fields)
      : (fields.list(name) ?? []).map((membership) => toMembership(membership, membership.requiredText('segmentId')));
  return checkMemberships(listed, [name], fields.issues);
}

/** `{ namespace: { segmentId: { lastQualificationTime, validUntil, status, … } } }`; `version`, `payload` are not kept. */
function mapMemberships(fields: IngestFields): Located<MembershipInput & { namespace?: string }>[] {
  const namespaces = fields.object('segmentMembership')?.objects() ?? [];
  return namespaces.flatMap(([namespace, segments]) =>
    segments.objects().map(([segmentId, membership]) => ({ ...toMembership(membership, segmentId), namespace })),
  );
}

function toMembership(fields: IngestFields, segmentId: string): Located<MembershipInput> {
  return {
    segmentId,
    status: readStatus(fields),
    lastQualificationTime: fields.text('lastQualificationTime'),
    validUntil: fields.text('validUntil'),
    path: fields.path,
  };
}

const STATUSES: ReadonlyMap<string, MembershipStatus> = new Map([
  ['realized', 'REALIZED'],
  ['existing', 'EXISTING'],
  ['exited', 'EXITED'],
]);

function readStatus(fields: IngestFields): MembershipStatus {
  const text = fields.requiredText('status');
  const status = STATUSES.get(text.toLowerCase());
  if (!status && text !== '')
    fields.issues.add('MALFORMED', [...fields.path, 'status'], '`status` is none of realized, existing, exited.');
  return status ?? 'REALIZED';
}
