/** Records: what of a profile is sent, and as what. Pure: a profile, an activation and a destination in, bytes out. */

import type { Activation } from './activation.js';
import type { Destination } from './destination.js';
import type { MembershipStatus, StoredMembership } from './profile.js';
import type { Segment } from './segment.js';

/** What a record is built from; times of memberships are texts as given. */
export interface RecordSource {
  profileId: string;
  attributes: Record<string, unknown>;
  identities: Record<string, string[]>;
  /** By internal id of the segment, as decimal text. */
  memberships: Record<string, StoredMembership>;
}

/** A segment of the activation, with the times of its mapping. */
export interface MappedSegment extends Segment {
  mappingCreatedAt: Date;
  mappingUpdatedAt: Date;
}

/** Everything but the profile that decides a record; made once a page. */
export interface RecordPlan {
  attributePaths: string[][];
  /** By internal id of the segment, as decimal text. */
  mapped: Map<string, MappedSegment>;
  /** Segments outside the activation that records show: none unless the scope is ALL. */
  unmapped: Map<string, Pick<Segment, 'namespace' | 'segmentId'>>;
  includeNames: boolean;
  includeTimestamps: boolean;
  twoState: boolean;
}

/** The settings of a destination that decide its records. */
export type RecordSettings = Pick<
  Destination,
  'includeSegmentNames' | 'includeSegmentTimestamps' | 'membershipScope' | 'membershipStatuses'
>;

type JsonObject = Record<string, unknown>;

/** Prepares what records of an activation hold. `unmapped` are the workspace's other segments, for scope ALL. */
export function planRecords(
  activation: Pick<Activation, 'attributes'>,
  destination: RecordSettings,
  segments: { mapped: MappedSegment[]; unmapped: Pick<Segment, 'id' | 'namespace' | 'segmentId'>[] },
): RecordPlan {
  return {
    attributePaths: activation.attributes.map((path) => path.split('.')),
    mapped: new Map(segments.mapped.map((segment) => [String(segment.id), segment])),
    unmapped: new Map(segments.unmapped.map((segment) => [String(segment.id), segment])),
    includeNames: destination.includeSegmentNames,
    includeTimestamps: destination.includeSegmentTimestamps,
    twoState: destination.membershipStatuses === 'TWO_STATE',
  };
}

/** Whether the profile is a present member (realized or existing) of one of these segments (internal ids as text). */
export function isPresentMember(source: Pick<RecordSource, 'memberships'>, segmentIds: Iterable<string>): boolean {
  for (const id of segmentIds) {
    const membership = source.memberships[id];
    if (membership && membership.status !== 'EXITED') return true;
  }
  return false;
}

/** Builds a record's data: UTF-8 JSON of mapped attributes, memberships and identities; what is absent is left out. */
export function buildRecordData(source: RecordSource, plan: RecordPlan): Buffer {
  return Buffer.from(JSON.stringify(mapProfile(source, plan)), 'utf8');
}

/** The profile as a record shows it. */
export function mapProfile(source: RecordSource, plan: RecordPlan): JsonObject {
  const record = emptyObject();
  for (const path of plan.attributePaths) copyAttribute(source.attributes, record, path);
  const memberships = mapMemberships(source, plan);
  if (memberships) record['segmentMembership'] = memberships;
  const identities = mapIdentities(source.identities);
  if (identities) record['identityMap'] = identities;
  return record;
}

/** Objects without prototype: a key such as `__proto__` is data like any other. */
function emptyObject(): JsonObject {
  return Object.create(null);
}

/** Copies one value under its nested path; absent values, nulls, arrays and maps are left out. */
function copyAttribute(attributes: JsonObject, record: JsonObject, path: string[]): void {
  let value: unknown = attributes;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return;
    value = value[name];
  }
  if (value === null || typeof value === 'object') return;
  let target = record;
  for (const name of path.slice(0, -1)) {
    const inner = target[name];
    const next = isObject(inner) ? inner : emptyObject();
    target[name] = next;
    target = next;
  }
  target[path.at(-1) ?? ''] = value;
}

function mapMemberships(source: RecordSource, plan: RecordPlan): JsonObject | null {
  const namespaces = emptyObject();
  let found = false;
  for (const [id, membership] of Object.entries(source.memberships)) {
    const mapped = plan.mapped.get(id);
    const segment = mapped ?? plan.unmapped.get(id);
    if (!segment) continue;
    found = true;
    const entry = mapMembership(membership, plan.twoState);
    if (mapped) addSegmentDetails(entry, mapped, plan);
    const namespace = namespaces[segment.namespace];
    if (isObject(namespace)) namespace[segment.segmentId] = entry;
    else namespaces[segment.namespace] = Object.assign(emptyObject(), { [segment.segmentId]: entry });
  }
  return found ? namespaces : null;
}

const STATUS_TEXTS: Record<MembershipStatus, string> = {
  REALIZED: 'realized',
  EXISTING: 'existing',
  EXITED: 'exited',
};

function mapMembership(membership: StoredMembership, twoState: boolean): JsonObject {
  const status = twoState && membership.status === 'EXISTING' ? 'REALIZED' : membership.status;
  return { lastQualificationTime: membership.qualifiedAt, status: STATUS_TEXTS[status] };
}

function addSegmentDetails(entry: JsonObject, segment: MappedSegment, plan: RecordPlan): void {
  if (plan.includeNames) entry['name'] = segment.name;
  if (!plan.includeTimestamps) return;
  entry['createdAt'] = segment.createdAt.getTime();
  entry['updatedAt'] = segment.updatedAt.getTime();
  entry['mappingCreatedAt'] = segment.mappingCreatedAt.getTime();
  entry['mappingUpdatedAt'] = segment.mappingUpdatedAt.getTime();
}

function mapIdentities(identities: Record<string, string[]>): JsonObject | null {
  const record = emptyObject();
  let found = false;
  for (const [namespace, values] of Object.entries(identities)) {
    if (values.length === 0) continue;
    found = true;
    record[namespace] = values.map((id) => ({ id }));
  }
  return found ? record : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
