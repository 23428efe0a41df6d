/** Records: what of a profile is sent, and as what. Pure: a profile, an activation and a destination in, bytes out. */

import type { Activation } from './activation.js';
import type { Destination } from './destination.js';
import type { MembershipStatus, StoredMembership } from './profile.js';
import { isPresentMembership } from './profile-change.js';
import type { Segment } from './segment.js';

/** What a record is built from; times of memberships are texts as given. */
export interface RecordSource {
  profileId: string;
  /** JSON text of each of the activation's attributes, in their order; empty where the profile has none. */
  attributeTexts: readonly string[];
  identities: Record<string, string[]>;
  /** By internal id of the segment, as decimal text. */
  memberships: Record<string, StoredMembership>;
}

/** A segment of the activation, with the times of its mapping. */
export interface MappedSegment extends Segment {
  mappingCreatedAt: Date;
  mappingUpdatedAt: Date;
}

/** The settings of a destination that decide its records. */
export type RecordSettings = Pick<
  Destination,
  'includeSegmentNames' | 'includeSegmentTimestamps' | 'membershipScope' | 'membershipStatuses'
>;

/** Everything but the profile that decides a record, prepared once a page as pieces of JSON text. */
export interface RecordPlan {
  attributes: AttributeNode[];
  /** By internal id of the segment, as decimal text. */
  segments: Map<string, SegmentText>;
  /** Internal ids, as decimal text, of the activation's segments. */
  mappedIds: ReadonlySet<string>;
  /** When it is: memberships past their `validUntil` are exited by then, whatever their row still says. */
  now: Date;
}

/** A mapped attribute, or a name on the way to some. */
interface AttributeNode {
  /** `"name":` */
  label: string;
  /** Place of the attribute in the activation; null for a name on the way. */
  index: number | null;
  children: AttributeNode[];
}

/** What stands around a membership's time in a record. */
interface SegmentText {
  namespace: string;
  /** `"segment id":{"lastQualificationTime":` */
  opening: string;
  /** `,"status":"realized"}`, with the segment's details before the brace. */
  closing: Record<MembershipStatus, string>;
}

/**
 * Prepares what records of an activation hold.
 * @param context `unmapped` are the workspace's other segments, for scope ALL; `now` decides which memberships have ended.
 */
export function planRecords(
  activation: Pick<Activation, 'attributes'>,
  destination: RecordSettings,
  context: { mapped: MappedSegment[]; unmapped: Pick<Segment, 'id' | 'namespace' | 'segmentId'>[]; now: Date },
): RecordPlan {
  const texts = new Map<string, SegmentText>();
  for (const segment of context.unmapped) texts.set(String(segment.id), segmentText(segment, destination, ''));
  for (const segment of context.mapped)
    texts.set(String(segment.id), segmentText(segment, destination, segmentDetails(segment, destination)));
  return {
    attributes: attributeTree(activation.attributes.map((path, index) => ({ names: path.split('.'), index }))),
    segments: texts,
    mappedIds: new Set(context.mapped.map((segment) => String(segment.id))),
    now: context.now,
  };
}

/** Whether the profile is a present member (realized or existing, not past its `validUntil`) of one of these segments. */
export function isPresentMember(
  source: Pick<RecordSource, 'memberships'>,
  segmentIds: Iterable<string>,
  now: Date,
): boolean {
  for (const id of segmentIds) if (isPresentMembership(source.memberships[id], now)) return true;
  return false;
}

/**
 * Builds a record's data: UTF-8 JSON of mapped attributes, memberships and identities; what is absent is left out.
 * Written as text from prepared pieces: building an object and stringifying it costs three times as much.
 */
export function buildRecordData(source: RecordSource, plan: RecordPlan): Buffer {
  const attributes = writeAttributes(plan.attributes, source.attributeTexts);
  const memberships = writeMemberships(source.memberships, plan);
  const identities = writeIdentities(source.identities);
  const parts = [attributes];
  if (memberships !== '') parts.push(`"segmentMembership":{${memberships}}`);
  if (identities !== '') parts.push(`"identityMap":{${identities}}`);
  return Buffer.from(`{${parts.filter((part) => part !== '').join(',')}}`, 'utf8');
}

/** Names that paths share become one node, in order of first appearance. */
function attributeTree(paths: { names: string[]; index: number }[]): AttributeNode[] {
  const groups = new Map<string, { names: string[]; index: number }[]>();
  for (const { names, index } of paths) {
    const [name = '', ...rest] = names;
    groups.set(name, [...(groups.get(name) ?? []), { names: rest, index }]);
  }
  return [...groups].map(([name, group]) => ({
    label: `${JSON.stringify(name)}:`,
    index: group.find((path) => path.names.length === 0)?.index ?? null,
    children: attributeTree(group.filter((path) => path.names.length > 0)),
  }));
}

function writeAttributes(nodes: AttributeNode[], texts: readonly string[]): string {
  let text = '';
  for (const { label, index, children } of nodes) {
    const written = index === null ? writeBranch(children, texts) : scalarText(texts[index] ?? '');
    if (written !== '') text += `${text === '' ? '' : ','}${label}${written}`;
  }
  return text;
}

function writeBranch(nodes: AttributeNode[], texts: readonly string[]): string {
  const inner = writeAttributes(nodes, texts);
  return inner === '' ? '' : `{${inner}}`;
}

/** Nulls, arrays and maps are left out. */
function scalarText(text: string): string {
  return text === 'null' || text.startsWith('{') || text.startsWith('[') ? '' : text;
}

function writeMemberships(memberships: RecordSource['memberships'], plan: RecordPlan): string {
  const namespaces = new Map<string, string>();
  for (const id in memberships) {
    const membership = memberships[id];
    const segment = plan.segments.get(id);
    if (!segment || !membership) continue;
    const status = isPresentMembership(membership, plan.now) ? membership.status : 'EXITED';
    const entry = `${segment.opening}${JSON.stringify(membership.qualifiedAt)}${segment.closing[status]}`;
    const before = namespaces.get(segment.namespace);
    namespaces.set(segment.namespace, before === undefined ? entry : `${before},${entry}`);
  }
  return [...namespaces].map(([namespace, entries]) => `${JSON.stringify(namespace)}:{${entries}}`).join(',');
}

function writeIdentities(identities: Record<string, string[]>): string {
  let text = '';
  for (const namespace in identities) {
    const values = identities[namespace];
    if (!values || values.length === 0) continue;
    const entries = values.map((id) => `{"id":${JSON.stringify(id)}}`).join(',');
    text += `${text === '' ? '' : ','}${JSON.stringify(namespace)}:[${entries}]`;
  }
  return text;
}

function segmentText(
  segment: Pick<Segment, 'namespace' | 'segmentId'>,
  destination: RecordSettings,
  details: string,
): SegmentText {
  const existing = destination.membershipStatuses === 'TWO_STATE' ? 'realized' : 'existing';
  return {
    namespace: segment.namespace,
    opening: `${JSON.stringify(segment.segmentId)}:{"lastQualificationTime":`,
    closing: {
      REALIZED: `,"status":"realized"${details}}`,
      EXISTING: `,"status":"${existing}"${details}}`,
      EXITED: `,"status":"exited"${details}}`,
    },
  };
}

/** Name and times of a mapped segment, as the destination asks for them. */
function segmentDetails(segment: MappedSegment, destination: RecordSettings): string {
  const name = destination.includeSegmentNames ? `,"name":${JSON.stringify(segment.name)}` : '';
  if (!destination.includeSegmentTimestamps) return name;
  const times = {
    createdAt: segment.createdAt,
    updatedAt: segment.updatedAt,
    mappingCreatedAt: segment.mappingCreatedAt,
    mappingUpdatedAt: segment.mappingUpdatedAt,
  };
  return (
    name +
    Object.entries(times)
      .map(([field, time]) => `,"${field}":${time.getTime()}`)
      .join('')
  );
}
