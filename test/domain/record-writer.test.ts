import { expect, test } from 'vitest';
import { internalId } from '../../src/domain/global-id.js';
import type { StoredMembership } from '../../src/domain/profile.js';
import {
  buildRecordText,
  type MappedSegment,
  NO_EXITS,
  planRecords,
  type RecordSource,
} from '../../src/domain/record.js';
import { recordId } from '../../src/domain/record-id.js';
import { createRecordWriter, type RecordDestination, type RecordFacts } from '../../src/domain/record-writer.js';

/** Long, so that each membership takes some 180 bytes. */
const TIME = `2026-01-01T00:00:00.${'0'.repeat(100)}Z`;
const NOW = new Date('2026-01-01T12:00:00.500Z');
const PLAIN: RecordDestination = {
  version: 3,
  envelope: 'NONE',
  partitionKey: { strategy: 'PROFILE_ID', argument: null },
  tooLargePolicy: 'FAIL',
};
const ACTIVATION = { id: 7, version: 2 };
const FACTS: RecordFacts = { origin: 'MANUAL', causes: [], revision: 1_767_268_800_000_000, exits: NO_EXITS };

/** Segments 1 and 2 are mapped, 3 and 4 are not. */
const PLAN = planRecords(
  { attributes: ['name'] },
  {
    includeSegmentNames: false,
    includeSegmentTimestamps: false,
    membershipScope: 'ALL',
    membershipStatuses: 'THREE_STATE',
  },
  { mapped: [mapped(1), mapped(2)], unmapped: [named(3), named(4)], now: NOW },
);

const profile: RecordSource = {
  profileId: 'p-1',
  attributes: { name: 'Ada', country: 'uk' },
  identities: { Email: ['ada@example.com'] },
  memberships: {
    1: membership('REALIZED'),
    2: membership('EXITED'),
    3: membership('REALIZED'),
    4: membership('EXITED'),
  },
};

test('by default the record is the profile, and its key the profile id', () => {
  expect(write(PLAIN)).toEqual({ text: buildRecordText(profile, PLAN), partitionKey: 'p-1' });
});

test('the partition key is the one that the strategy chooses', () => {
  const keyOf = (strategy: 'ATTRIBUTE' | 'RANDOM', argument: string | null) =>
    write({ ...PLAIN, partitionKey: { strategy, argument } }).partitionKey;

  expect(keyOf('ATTRIBUTE', 'country')).toBe('uk');
  expect(keyOf('ATTRIBUTE', 'missing')).toBe('p-1');
  expect(keyOf('RANDOM', null)).toBe('random');
});

test('the envelope tells what a consumer needs to drop copies and older states', () => {
  const causes = [{ kind: 'MEMBERSHIP' as const, subject: 'a "segment"' }];

  const { text } = write({ ...PLAIN, envelope: 'V1' }, { ...FACTS, origin: 'LIVE', causes });

  const envelope = JSON.parse(text);
  expect(Object.keys(envelope)).toEqual([
    'v',
    'recordId',
    'activationId',
    'origin',
    'causes',
    'sequence',
    'exportedAt',
    'profile',
  ]);
  expect(envelope).toEqual({
    v: 1,
    recordId: recordId({
      activationId: 7,
      activationVersion: 2,
      destinationVersion: 3,
      profileId: 'p-1',
      revision: FACTS.revision,
    }),
    activationId: expect.any(String),
    origin: 'LIVE',
    causes,
    sequence: FACTS.revision,
    exportedAt: '2026-01-01T12:00:00.500Z',
    profile: JSON.parse(buildRecordText(profile, PLAN)),
  });
  expect(internalId(envelope.activationId, 'Activation')).toBe(7);
});

test('a record that fits is not trimmed, to the byte', () => {
  const whole = write(PLAIN);

  expect(trim(0)).toEqual(whole);
  expect(trim(1)).not.toEqual(whole);
});

test.each([
  [1, [1, 2, 4]],
  [200, [1, 2]],
  [400, [1]],
])('%i bytes too many: unmapped memberships go first, then exited ones, and %j stay', (excessBytes, kept) => {
  expect(segmentsOf(trim(excessBytes).text)).toEqual(kept);
});

test('a record that no trimming makes fit stays whole, so that its size on the books is the true one', () => {
  expect(trim(600)).toEqual(write(PLAIN));
});

test('the envelope and the partition key count', () => {
  const enveloped = { ...PLAIN, envelope: 'V1' as const };
  const bytes = sizeOf(write(enveloped));

  const fits = write({ ...enveloped, tooLargePolicy: 'TRIM_MEMBERSHIPS' }, FACTS, bytes);
  const trimmed = write({ ...enveloped, tooLargePolicy: 'TRIM_MEMBERSHIPS' }, FACTS, bytes - 1);

  expect(fits).toEqual(write(enveloped));
  expect(JSON.parse(trimmed.text)).toMatchObject({ v: 1, origin: 'MANUAL' });
  expect(segmentsOf(JSON.stringify(JSON.parse(trimmed.text).profile))).toEqual([1, 2, 4]);
});

test('an exit that the record is sent for is not trimmed', () => {
  const causes = [{ kind: 'MEMBERSHIP' as const, subject: 's2' }];

  expect(segmentsOf(trim(200, { ...FACTS, origin: 'LIVE', causes }).text)).toEqual([1, 2]);
  expect(trim(400, { ...FACTS, origin: 'LIVE', causes }).text).toBe(write(PLAIN).text);
  expect(segmentsOf(trim(100, { ...FACTS, exits: new Set(['2', '3']) }).text)).toEqual([1, 2, 3]);
});

test('when all exits are forced, those of present members are the news', () => {
  const trimmed = trim(400, { ...FACTS, exits: 'ALL' });

  expect(JSON.parse(trimmed.text).segmentMembership).toEqual({
    ups: { s1: { lastQualificationTime: TIME, status: 'exited' } },
  });
});

function write(destination: RecordDestination, facts = FACTS, maxRecordBytes = 1_000_000) {
  return createRecordWriter(destination, ACTIVATION, { maxRecordBytes, random: () => 'random' })(profile, PLAN, facts);
}

/** Writes the record with a limit that it exceeds by so many bytes. */
function trim(excessBytes: number, facts = FACTS) {
  const maxRecordBytes = sizeOf(write(PLAIN, facts)) - excessBytes;
  return write({ ...PLAIN, tooLargePolicy: 'TRIM_MEMBERSHIPS' }, facts, maxRecordBytes);
}

function sizeOf({ text, partitionKey }: { text: string; partitionKey: string }): number {
  return Buffer.byteLength(text) + Buffer.byteLength(partitionKey);
}

function segmentsOf(text: string): number[] {
  const { ups = {} } = JSON.parse(text).segmentMembership ?? {};
  return Object.keys(ups).map((name) => Number(name.slice(1)));
}

function membership(status: StoredMembership['status']): StoredMembership {
  return { status, qualifiedAt: TIME };
}

function named(id: number) {
  return { id, namespace: 'ups', segmentId: `s${id}` };
}

function mapped(id: number): MappedSegment {
  const at = new Date(0);
  return {
    ...named(id),
    name: `Segment ${id}`,
    description: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
    mappingCreatedAt: at,
    mappingUpdatedAt: at,
  };
}
