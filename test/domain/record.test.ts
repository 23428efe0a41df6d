/** Records against the sample records of the product's contract, and the corners of attribute values. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StoredMembership } from '../../src/domain/profile.js';
import {
  buildRecordText,
  encodeTexts,
  isPresentMember,
  type MappedSegment,
  planRecords,
  type RecordSettings,
  type RecordSource,
} from '../../src/domain/record.js';

const PLAIN: RecordSettings = {
  includeSegmentNames: false,
  includeSegmentTimestamps: false,
  membershipScope: 'MAPPED_ONLY',
  membershipStatuses: 'THREE_STATE',
};

const IDENTITIES = {
  ecid: ['14575006536349286404619648085736425115', '66478888669296734530114754794777368480'],
  email_lc_sha256: ['655332b5fa2aea4498bf7a290cff017cb4', '66baf76ef9de8b42df8903f00e0e3dc0b7'],
};
const PERSON = {
  person: { birthDate: 'YYYY-MM-DD', name: { firstName: 'John', lastName: 'Doe' } },
  personalEmail: { address: 'john.doe@acme.com' },
};
const PERSON_PATHS = ['person.birthDate', 'person.name.firstName', 'person.name.lastName', 'personalEmail.address'];
const FOUR_SEGMENTS = [
  '7841ba61-23c1-4bb3-a495-00d3g5fe1e93',
  '59bd2fkd-3c48-4b18-bf56-4f5c5e6967ae',
  '947c1c46-008d-40b0-92ec-3af86eaf41c1',
  '5114d758-ce71-43ba-b53e-e2a91d67b67f',
];
const FOUR_MEMBERSHIPS: Record<string, StoredMembership> = {
  1: { status: 'EXITED', qualifiedAt: '2022-01-11T21:24:39Z' },
  2: { status: 'EXISTING', qualifiedAt: '2022-01-02T23:37:33Z' },
  3: { status: 'EXISTING', qualifiedAt: '2021-08-25T23:37:33Z' },
  4: { status: 'REALIZED', qualifiedAt: '2022-01-11T23:37:33Z' },
};

test('the current sample export is rebuilt: four memberships in two states', () => {
  const source = profile({ attributes: PERSON, identities: IDENTITIES, memberships: FOUR_MEMBERSHIPS });

  const record = build(source, {
    paths: PERSON_PATHS,
    mapped: FOUR_SEGMENTS.map((key, index) => segment(index + 1, key)),
    settings: { ...PLAIN, membershipStatuses: 'TWO_STATE' },
  });

  expect(record).toEqual(sample('export-current'));
});

test('the sample export in three states is rebuilt', () => {
  const source = profile({ attributes: PERSON, identities: IDENTITIES, memberships: FOUR_MEMBERSHIPS });
  const mapped = FOUR_SEGMENTS.map((key, index) => segment(index + 1, key));

  expect(build(source, { paths: PERSON_PATHS, mapped })).toEqual(sample('export-three-states'));
});

test('the sample export of 2020 is rebuilt', () => {
  const source = profile({
    attributes: { person: { email: 'yourstruly@adobe.con' } },
    identities: IDENTITIES,
    memberships: {
      1: { status: 'EXITED', qualifiedAt: '2020-05-25T21:24:39Z' },
      2: { status: 'EXISTING', qualifiedAt: '2020-05-25T23:37:33Z' },
    },
  });
  const mapped = FOUR_SEGMENTS.slice(0, 2).map((key, index) => segment(index + 1, key));

  expect(build(source, { paths: ['person.email'], mapped })).toEqual(sample('export-seed-2020'));
});

test('the sample membership with its times is rebuilt', () => {
  const source = profile({ memberships: { 1: { status: 'REALIZED', qualifiedAt: '2019-04-15T02:41:50+0000' } } });
  const mapped = segment(1, '5b998cb9-9488-4ec3-8d95-fa8338ced490', {
    createdAt: new Date(1648553325000),
    updatedAt: new Date(1648553330000),
    mappingCreatedAt: new Date(1649856570000),
    mappingUpdatedAt: new Date(1649856570000),
  });

  const record = build(source, {
    paths: ['person.email'],
    mapped: [mapped],
    settings: { ...PLAIN, includeSegmentTimestamps: true },
  });

  expect(record).toEqual(sample('membership-timestamps'));
});

test('nulls, arrays and maps are left out, and so is a map that nothing is left of', () => {
  const attributes = { a: null, b: [1], c: { d: null }, e: { f: 0 }, g: '', h: false };

  const record = build(profile({ attributes }), { paths: ['a', 'b', 'c.d', 'e', 'e2', 'g', 'h', 'g.x'] });

  expect(record).toEqual({ g: '', h: false });
});

test('only what is mapped is sent', () => {
  const attributes = { person: { name: 'n', secret: 's' }, other: 1 };

  expect(build(profile({ attributes }), { paths: ['person.name'] })).toEqual({ person: { name: 'n' } });
});

test('attributes, namespaces and segments named __proto__ or constructor are names like others', () => {
  const source: RecordSource = {
    profileId: 'p',
    attributes: JSON.parse('{"__proto__":{"__proto__":"own"},"constructor":{"name":"c"}}'),
    identities: JSON.parse('{"__proto__":["id"],"constructor":["c"]}'),
    memberships: { 1: { status: 'REALIZED', qualifiedAt: 't' } },
  };
  const mapped = [segment(1, '__proto__', { namespace: '__proto__' })];

  const text = buildText(source, {
    paths: ['__proto__.__proto__', 'constructor.name', 'toString', 'a.valueOf'],
    mapped,
  });

  expect(text).toBe(
    '{"__proto__":{"__proto__":"own"},"constructor":{"name":"c"},' +
      '"segmentMembership":{"__proto__":{"__proto__":{"lastQualificationTime":"t","status":"realized"}}},' +
      '"identityMap":{"__proto__":[{"id":"id"}],"constructor":[{"id":"c"}]}}',
  );
});

test('inherited names are no attributes', () => {
  expect(build(profile({ attributes: { a: {} } }), { paths: ['toString', 'a.constructor', 'a.__proto__'] })).toEqual(
    {},
  );
});

test('memberships of unmapped segments are sent in scope ALL only, without names or times', () => {
  const source = profile({
    memberships: { 1: { status: 'REALIZED', qualifiedAt: 't1' }, 2: { status: 'EXITED', qualifiedAt: 't2' } },
  });
  const mapped = [segment(1, 'one')];
  const settings = { ...PLAIN, includeSegmentNames: true };
  const plan = planRecords({ attributes: [] }, settings, {
    mapped,
    unmapped: [
      { id: 1, namespace: 'ups', segmentId: 'one' },
      { id: 2, namespace: 'other', segmentId: 'two' },
    ],
    now: NOW,
  });

  expect(JSON.parse(buildRecordText(source, plan))).toEqual({
    segmentMembership: {
      ups: { one: { lastQualificationTime: 't1', status: 'realized', name: 'Name of one' } },
      other: { two: { lastQualificationTime: 't2', status: 'exited' } },
    },
  });
  expect(build(source, { paths: [], mapped })).toEqual({
    segmentMembership: { ups: { one: { lastQualificationTime: 't1', status: 'realized' } } },
  });
});

test('who exited is no present member, who is existing is one', () => {
  const source = profile({ memberships: FOUR_MEMBERSHIPS });

  expect(isPresentMember(source, ['1'], NOW)).toBe(false);
  expect(isPresentMember(source, ['2'], NOW)).toBe(true);
  expect(isPresentMember(source, ['1', '4'], NOW)).toBe(true);
  expect(isPresentMember(source, ['9'], NOW)).toBe(false);
  expect(isPresentMember(source, [], NOW)).toBe(false);
});

test('who is past `validUntil` is no present member any more, and stands in records as exited', () => {
  const member = { status: 'REALIZED' as const, qualifiedAt: 't' };
  const source = profile({
    memberships: {
      1: { ...member, validUntil: '2026-01-01T00:00:00Z' },
      2: { ...member, validUntil: '2026-01-01T00:00:01+0000' },
    },
  });

  expect(isPresentMember(source, ['1'], NOW)).toBe(false);
  expect(isPresentMember(source, ['2'], NOW)).toBe(true);
  expect(build(source, { paths: [], mapped: [segment(1, 'one'), segment(2, 'two')] })).toEqual({
    segmentMembership: {
      ups: {
        one: { lastQualificationTime: 't', status: 'exited' },
        two: { lastQualificationTime: 't', status: 'realized' },
      },
    },
  });
});

test('texts are encoded one behind the other, each as its own bytes', () => {
  const texts = ['{}', '', '{"a":"ä€😀"}', 'x'.repeat(5_000)];

  const encoded = encodeTexts(texts);

  expect(encoded.map((data) => data.toString('utf8'))).toEqual(texts);
  expect(encodeTexts([])).toEqual([]);
});

test('a path leads through maps only: a number is no place in an array', () => {
  const attributes = { tags: ['x'], rows: [{ name: 'n' }], years: { 2020: { '-1': 'y' } }, 0: 'zero' };

  const record = build(profile({ attributes }), { paths: ['tags.0', 'rows.0.name', 'years.2020.-1', '0'] });

  expect(record).toEqual({ years: { 2020: { '-1': 'y' } }, 0: 'zero' });
});

const NOW = new Date('2026-01-01T00:00:00Z');

interface Setting {
  paths: string[];
  mapped?: MappedSegment[];
  settings?: RecordSettings;
}

function build(source: RecordSource, setting: Setting): unknown {
  return JSON.parse(buildText(source, setting));
}

function buildText(source: RecordSource, { paths, mapped = [], settings = PLAIN }: Setting): string {
  return buildRecordText(source, planRecords({ attributes: paths }, settings, { mapped, unmapped: [], now: NOW }));
}

function profile(source: Partial<RecordSource>): RecordSource {
  return { profileId: 'p', attributes: {}, identities: {}, memberships: {}, ...source };
}

function segment(id: number, segmentId: string, overrides: Partial<MappedSegment> = {}): MappedSegment {
  const at = new Date(0);
  return {
    id,
    segmentId,
    namespace: 'ups',
    name: `Name of ${segmentId}`,
    description: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
    mappingCreatedAt: at,
    mappingUpdatedAt: at,
    ...overrides,
  };
}

function sample(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures', 'conformance', `${name}.json`), 'utf8'));
}
