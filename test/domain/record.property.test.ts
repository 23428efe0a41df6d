/** Records of arbitrary profiles against a plain oracle that builds an object and stringifies it. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredMembership } from '../../src/domain/profile.js';
import { buildRecordText, type MappedSegment, planRecords, type RecordSettings } from '../../src/domain/record.js';

const RUNS = Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 200);

const NAMES = ['a', 'b', '__proto__', 'constructor', 'ä"\\', '\u2028', '\ud800'];
const name = fc.constantFrom(...NAMES);
const attributes = fc.letrec((tie) => ({
  map: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map(ownProperties),
  value: fc.oneof({ depthSize: 'small' }, fc.jsonValue({ maxDepth: 1 }), fc.string({ unit: 'binary' }), tie('map')),
})).map;
const paths = fc
  .uniqueArray(fc.array(name, { minLength: 1, maxLength: 3 }), { selector: (path) => path.join('.'), maxLength: 6 })
  .map((all) => all.filter((path) => !all.some((other) => isAbove(other, path))));
const statuses = fc.constantFrom<StoredMembership['status']>('REALIZED', 'EXISTING', 'EXITED');
const memberships = fc.dictionary(
  fc.constantFrom('1', '2', '3', '4'),
  fc.record({ status: statuses, qualifiedAt: fc.string() }),
  { noNullPrototype: true },
);
const identities = fc
  .array(fc.tuple(name, fc.array(fc.string(), { maxLength: 3 })), { maxLength: 3 })
  .map(ownProperties);
const settings: fc.Arbitrary<RecordSettings> = fc.record({
  includeSegmentNames: fc.boolean(),
  includeSegmentTimestamps: fc.boolean(),
  membershipScope: fc.constantFrom('ALL', 'MAPPED_ONLY'),
  membershipStatuses: fc.constantFrom('THREE_STATE', 'TWO_STATE'),
});

test('any profile becomes the JSON that a plain builder makes of it', () => {
  fc.assert(
    fc.property(attributes, paths, memberships, identities, settings, (given, mappedPaths, held, ids, options) => {
      const source = { profileId: 'p', attributes: given, memberships: held, identities: ids };
      const unmapped = [{ id: 3, namespace: '__proto__', segmentId: 's3"' }];
      const plan = planRecords({ attributes: mappedPaths.map((path) => path.join('.')) }, options, {
        mapped: MAPPED,
        unmapped: options.membershipScope === 'ALL' ? unmapped : [],
        now: new Date(0),
      });

      const text = buildRecordText(source, plan);

      expect(canonical(JSON.parse(text))).toEqual(canonical(oracle({ source, paths: mappedPaths, options })));
    }),
    { numRuns: RUNS },
  );
});

const AT = new Date(5);
const MAPPED: MappedSegment[] = [1, 2].map((id) => ({
  id,
  segmentId: id === 1 ? '__proto__' : 's2',
  namespace: id === 1 ? 'ups' : '__proto__',
  name: `"${id}`,
  description: null,
  version: 1,
  createdAt: AT,
  updatedAt: AT,
  mappingCreatedAt: AT,
  mappingUpdatedAt: AT,
}));

/** Nested entries: no object whose prototype could get in the way. */
type Tree = Map<string, Tree | unknown>;

interface OracleInput {
  source: {
    attributes: Record<string, unknown>;
    memberships: Record<string, StoredMembership>;
    identities: Record<string, string[]>;
  };
  paths: string[][];
  options: RecordSettings;
}

function oracle({ source, paths: wanted, options }: OracleInput): Tree {
  const record: Tree = new Map();
  for (const path of wanted) {
    const value = path.reduce<unknown>((at, part) => ownValue(at, part), source.attributes);
    if (['string', 'number', 'boolean'].includes(typeof value)) put(record, path, value);
  }
  for (const [id, membership] of Object.entries(source.memberships)) {
    const mapped = MAPPED.find((segment) => String(segment.id) === id);
    const isSent = mapped !== undefined || (id === '3' && options.membershipScope === 'ALL');
    if (!isSent) continue;
    const place = ['segmentMembership', mapped?.namespace ?? '__proto__', mapped?.segmentId ?? 's3"'];
    put(record, [...place, 'lastQualificationTime'], membership.qualifiedAt);
    put(record, [...place, 'status'], statusText(membership, options));
    if (mapped && options.includeSegmentNames) put(record, [...place, 'name'], mapped.name);
    if (mapped && options.includeSegmentTimestamps)
      for (const field of ['createdAt', 'updatedAt', 'mappingCreatedAt', 'mappingUpdatedAt'])
        put(record, [...place, field], 5);
  }
  for (const [namespace, values] of Object.entries(source.identities))
    if (values.length > 0)
      put(
        record,
        ['identityMap', namespace],
        values.map((id) => ({ id })),
      );
  return record;
}

function statusText(membership: StoredMembership, options: RecordSettings): string {
  if (membership.status === 'EXITED') return 'exited';
  return membership.status === 'EXISTING' && options.membershipStatuses === 'THREE_STATE' ? 'existing' : 'realized';
}

function ownValue(at: unknown, part: string): unknown {
  const isMap = typeof at === 'object' && at !== null && !Array.isArray(at);
  return isMap ? Object.getOwnPropertyDescriptor(at, part)?.value : undefined;
}

function put(tree: Tree, [part = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    tree.set(part, value);
    return;
  }
  const known = tree.get(part);
  const branch: Tree = known instanceof Map ? known : new Map();
  tree.set(part, branch);
  put(branch, rest, value);
}

/** Maps and objects alike as lists of entries, sorted by name. */
function canonical(value: unknown): unknown {
  if (value instanceof Map) return sorted([...value]);
  if (Array.isArray(value)) return value.map(canonical);
  // As JSON.stringify and JSON.parse leave it: -0 is 0.
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  return sorted(Object.entries(value));
}

function sorted(entries: [string, unknown][]): unknown {
  return entries.map(([key, inner]) => [key, canonical(inner)]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
}

function ownProperties<Value>(entries: [string, Value][]): Record<string, Value> {
  const made: Record<string, Value> = {};
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  return made;
}

function isAbove(shorter: string[], longer: string[]): boolean {
  return shorter.length < longer.length && shorter.every((part, index) => part === longer[index]);
}
