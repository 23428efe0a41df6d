/** Trimming of arbitrary profiles: it makes fit whatever can be made to fit, in the order that the policy names. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredMembership } from '../../src/domain/profile.js';
import { type ForcedExits, planRecords, type RecordSource } from '../../src/domain/record.js';
import { createRecordWriter, type RecordText } from '../../src/domain/record-writer.js';

const RUNS = Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 200);
const AT = new Date(5);
const IDS = Array.from({ length: 12 }, (_none, index) => index + 1);

/** Segments with odd numbers are mapped; three namespaces. */
const segments = IDS.map((id) => ({ id, namespace: `n${id % 3}`, segmentId: `s${'ä'.repeat(id)}` }));
const details = {
  description: null,
  version: 1,
  createdAt: AT,
  updatedAt: AT,
  mappingCreatedAt: AT,
  mappingUpdatedAt: AT,
};
const plan = planRecords(
  { attributes: [] },
  {
    includeSegmentNames: true,
    includeSegmentTimestamps: false,
    membershipScope: 'ALL',
    membershipStatuses: 'THREE_STATE',
  },
  {
    mapped: segments.filter(({ id }) => id % 2 === 1).map((segment) => ({ ...segment, ...details, name: 'Name' })),
    unmapped: segments.filter(({ id }) => id % 2 === 0),
    now: AT,
  },
);

const memberships = fc.dictionary(
  fc.constantFrom(...IDS.map(String)),
  fc.record({
    status: fc.constantFrom<StoredMembership['status']>('REALIZED', 'EXISTING', 'EXITED'),
    qualifiedAt: fc.string({ unit: 'grapheme', maxLength: 40 }),
  }),
  { noNullPrototype: true },
);
const exits = fc.oneof(
  fc.constant<ForcedExits>('ALL'),
  fc.subarray(IDS.map(String)).map((ids): ForcedExits => new Set(ids)),
);

test('a record fits if it can, loses unmapped memberships before exited ones, and never others', () => {
  fc.assert(
    fc.property(memberships, exits, fc.nat(3_000), (held, forced, maxRecordBytes) => {
      const profile = { profileId: 'p', attributes: {}, identities: {}, memberships: held };
      const [unmapped, exited, others] = classify(held, forced);

      const record = write(profile, forced, maxRecordBytes);

      const whole = write(profile, forced, 1_000_000);
      const least = write({ ...profile, memberships: others }, forced, 1_000_000);
      if (sizeOf(least) > maxRecordBytes) {
        expect(record).toEqual(whole);
        return;
      }
      expect(sizeOf(record)).toBeLessThanOrEqual(maxRecordBytes);
      const lost = IDS.map(String).filter((id) => Object.hasOwn(held, id) && !holds(record, id));
      expect([...Object.keys(unmapped), ...Object.keys(exited)]).toEqual(expect.arrayContaining(lost));
      if (lost.some((id) => Object.hasOwn(exited, id)))
        expect(lost).toEqual(expect.arrayContaining(Object.keys(unmapped)));
    }),
    { numRuns: RUNS },
  );
});

function write(profile: RecordSource, forced: ForcedExits, maxRecordBytes: number): RecordText {
  const writer = createRecordWriter(
    {
      version: 1,
      envelope: 'NONE',
      partitionKey: { strategy: 'PROFILE_ID', argument: null },
      tooLargePolicy: 'TRIM_MEMBERSHIPS',
    },
    { id: 1, version: 1 },
    { maxRecordBytes, random: () => 'r' },
  );
  return writer(profile, plan, { origin: 'MANUAL', causes: [], revision: 1, exits: forced });
}

function sizeOf({ text, partitionKey }: RecordText): number {
  return Buffer.byteLength(text) + Buffer.byteLength(partitionKey);
}

/** Memberships that may go first, then, and not at all. */
function classify(held: Record<string, StoredMembership>, forced: ForcedExits) {
  const groups: Record<string, StoredMembership>[] = [{}, {}, {}];
  for (const [id, membership] of Object.entries(held)) {
    const isForced = forced !== 'ALL' && forced.has(id);
    const place = isForced ? 2 : Number(id) % 2 === 0 ? 0 : membership.status === 'EXITED' ? 1 : 2;
    Object.assign(groups[place] ?? {}, { [id]: membership });
  }
  const [unmapped = {}, exited = {}, others = {}] = groups;
  return [unmapped, exited, others] as const;
}

function holds(record: RecordText, id: string): boolean {
  const written = segments[Number(id) - 1];
  return (
    written !== undefined &&
    JSON.parse(record.text).segmentMembership?.[written.namespace]?.[written.segmentId] !== undefined
  );
}
