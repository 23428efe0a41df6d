/** Records: what of a profile is sent, and as what. Pure: a profile, an activation and a destination in, bytes out. */

import type { Activation } from './activation.js';
import { isMap } from './attribute-path.js';
import type { Destination } from './destination.js';
import type { MembershipStatus, StoredMembership } from './profile.js';
import { isPresentMembership } from './profile-change.js';
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
  /** Segments taken out of the activation, which stand in a record only as a forced exit. */
  leaving: Map<string, SegmentText>;
  /** Internal ids, as decimal text, of the activation's segments. */
  mappedIds: ReadonlySet<string>;
  /** When it is: memberships past their `validUntil` are exited by then, whatever their row still says. */
  now: Date;
}

/** Segments (internal ids, as decimal text) that stand as exited in one record; ALL: every one. */
export type ForcedExits = ReadonlySet<string> | 'ALL';

/** No forced exits. */
export const NO_EXITS: ForcedExits = new Set<string>();

/** A segment as records name it. */
export type NamedSegment = Pick<Segment, 'id' | 'namespace' | 'segmentId'>;

/** A mapped attribute, or a name on the way to some. */
interface AttributeNode {
  name: string;
  /** `"name":` */
  label: string;
  isMapped: boolean;
  children: AttributeNode[];
}

/** What stands around a membership's time in a record. */
interface SegmentText {
  /** The customer's id. */
  segmentId: string;
  namespace: string;
  /** `"segment id":{"lastQualificationTime":` */
  opening: string;
  /** `,"status":"realized"}`, with the segment's details before the brace. */
  closing: Record<MembershipStatus, string>;
}

/**
 * Prepares what records of an activation hold.
 * @param context `unmapped` are the workspace's other segments, for scope ALL; `leaving` those that an export sends exits
 * of; `now` decides which memberships have ended.
 */
export function planRecords(
  activation: Pick<Activation, 'attributes'>,
  destination: RecordSettings,
  context: { mapped: MappedSegment[]; unmapped: NamedSegment[]; leaving?: NamedSegment[]; now: Date },
): RecordPlan {
  const texts = new Map<string, SegmentText>();
  for (const segment of context.unmapped) texts.set(String(segment.id), segmentText(segment, destination, ''));
  for (const segment of context.mapped)
    texts.set(String(segment.id), segmentText(segment, destination, segmentDetails(segment, destination)));
  return {
    attributes: attributeTree(activation.attributes.map((path) => path.split('.'))),
    segments: texts,
    leaving: new Map(
      (context.leaving ?? []).map((segment) => [String(segment.id), segmentText(segment, destination, '')]),
    ),
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
 * Builds a record: JSON of mapped attributes, memberships and identities; what is absent is left out. Written from
 * prepared pieces: building an object and stringifying it costs three times as much.
 * @param exits memberships that stand as exited whatever the profile says.
 */
export function buildRecordText(source: RecordSource, plan: RecordPlan, exits: ForcedExits = NO_EXITS): string {
  let text = writeAttributes(plan.attributes, source.attributes);
  const memberships = writeMemberships(source.memberships, plan, exits);
  if (memberships !== '') text += `${text === '' ? '' : ','}"segmentMembership":{${memberships}}`;
  const identities = writeIdentities(source.identities);
  if (identities !== '') text += `${text === '' ? '' : ','}"identityMap":{${identities}}`;
  return `{${text}}`;
}

/**
 * Bytes by which a record shrinks at least if it leaves out a membership that it holds; 0 if no record holds it.
 * @param id internal id of the segment, as decimal text.
 */
export function measureMembership(id: string, membership: StoredMembership, plan: RecordPlan): number {
  const segment = plan.segments.get(id);
  if (!segment) return 0;
  // `exited` is the shortest status. The comma counts: the last of a namespace has none, but takes more away with it.
  return Buffer.byteLength(`,${writeMembership(segment, membership, 'EXITED')}`, 'utf8');
}

/** Encodes texts as UTF-8, into one buffer that they share: one for each costs 1.3 µs a record more. */
export function encodeTexts(texts: readonly string[]): Buffer[] {
  const sizes = texts.map((text) => Buffer.byteLength(text, 'utf8'));
  const shared = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0));
  let start = 0;
  return texts.map((text, index) => {
    const end = start + (sizes[index] ?? 0);
    shared.write(text, start, 'utf8');
    const own = shared.subarray(start, end);
    start = end;
    return own;
  });
}

/** Names that paths share become one node, in order of first appearance. */
function attributeTree(paths: string[][]): AttributeNode[] {
  const groups = new Map<string, string[][]>();
  for (const [name = '', ...rest] of paths) groups.set(name, [...(groups.get(name) ?? []), rest]);
  return [...groups].map(([name, group]) => ({
    name,
    label: `${JSON.stringify(name)}:`,
    isMapped: group.some((rest) => rest.length === 0),
    children: attributeTree(group.filter((rest) => rest.length > 0)),
  }));
}

function writeAttributes(nodes: readonly AttributeNode[], attributes: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const node of nodes) {
    if (!Object.hasOwn(attributes, node.name)) continue;
    const written = writeAttribute(node, attributes[node.name]);
    if (written !== '') text += text === '' ? node.label + written : `,${node.label}${written}`;
  }
  return text;
}

/** Nulls, arrays and maps are left out. A path leads through maps only: a number is no place in an array. */
function writeAttribute(node: AttributeNode, value: unknown): string {
  if (typeof value === 'string') return node.isMapped ? quote(value) : '';
  if (node.isMapped) return typeof value === 'object' ? '' : JSON.stringify(value);
  if (!isMap(value)) return '';
  const inner = writeAttributes(node.children, value);
  return inner === '' ? '' : `{${inner}}`;
}

function writeMemberships(memberships: RecordSource['memberships'], plan: RecordPlan, exits: ForcedExits): string {
  // Most records have one namespace: the map is for the others.
  let namespace = '';
  let entries = '';
  let others: Map<string, string> | null = null;
  for (const id in memberships) {
    const membership = memberships[id];
    const isForced = exits === 'ALL' || exits.has(id);
    const segment = plan.segments.get(id) ?? (isForced ? plan.leaving.get(id) : undefined);
    if (!segment || !membership) continue;
    const status = !isForced && isPresentMembership(membership, plan.now) ? membership.status : 'EXITED';
    const entry = writeMembership(segment, membership, status);
    if (entries === '') namespace = segment.namespace;
    if (segment.namespace === namespace) {
      entries += entries === '' ? entry : `,${entry}`;
      continue;
    }
    others ??= new Map();
    others.set(segment.namespace, append(others.get(segment.namespace), entry));
  }
  if (entries === '') return '';
  let text = `${quote(namespace)}:{${entries}}`;
  for (const [name, own] of others ?? []) text += `,${quote(name)}:{${own}}`;
  return text;
}

function writeMembership(segment: SegmentText, membership: StoredMembership, status: MembershipStatus): string {
  return `${segment.opening}${quote(membership.qualifiedAt)}${segment.closing[status]}`;
}

function append(list: string | undefined, entry: string): string {
  return list === undefined ? entry : `${list},${entry}`;
}

function writeIdentities(identities: Record<string, string[]>): string {
  let text = '';
  for (const namespace in identities) {
    const values = identities[namespace];
    if (!values || values.length === 0) continue;
    const entries = values.map((id) => `{"id":${quote(id)}}`).join(',');
    text += `${text === '' ? '' : ','}${quote(namespace)}:[${entries}]`;
  }
  return text;
}

/** A JSON string. Of a short text it is cheaper to see that nothing needs an escape; a long one is faster written natively. */
function quote(text: string): string {
  return text.length > SHORT_LENGTH || NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

const SHORT_LENGTH = 100;

/** Quotes, backslashes, control characters, and surrogates, which may stand alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON escapes.
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;

function segmentText(segment: NamedSegment, destination: RecordSettings, details: string): SegmentText {
  const existing = destination.membershipStatuses === 'TWO_STATE' ? 'realized' : 'existing';
  return {
    segmentId: segment.segmentId,
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
