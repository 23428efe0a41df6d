/** Properties of the demo's generated people. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEMO_ATTRIBUTES, DEMO_SEGMENTS, generateLines, generateProfile } from '../../src/cli/demo-profiles.js';

const number = fc.integer({ min: 0, max: 99_999_999 });

test('a number always makes the same profile, and two numbers make two people', () => {
  fc.assert(
    fc.property(number, number, (one, other) => {
      expect(generateProfile(one)).toEqual(generateProfile(one));
      if (one === other) return;
      const [first, second] = [generateProfile(one), generateProfile(other)];
      expect(first.profileId).not.toBe(second.profileId);
      expect(first.identities).not.toEqual(second.identities);
    }),
  );
});

test('attributes have 700 to 1,000 bytes and a value at every path that the demo maps', () => {
  fc.assert(
    fc.property(number, (index) => {
      const { attributes } = generateProfile(index);
      const sizeBytes = Buffer.byteLength(JSON.stringify(attributes));
      expect(sizeBytes).toBeGreaterThanOrEqual(700);
      expect(sizeBytes).toBeLessThanOrEqual(1_000);
      for (const path of DEMO_ATTRIBUTES) expect(['string', 'number']).toContain(typeof valueAt(attributes, path));
    }),
  );
});

test('every profile is a present member of at least one segment, so that an export receives all of them', () => {
  const known = DEMO_SEGMENTS.map(({ segmentId }) => segmentId);

  fc.assert(
    fc.property(number, (index) => {
      const { memberships } = generateProfile(index);
      const ids = memberships.map(({ segmentId }) => segmentId);
      expect(known).toEqual(expect.arrayContaining(ids));
      expect(new Set(ids).size).toBe(ids.length);
      expect(memberships.some(({ status }) => status !== 'EXITED')).toBe(true);
    }),
  );
});

test('lines are the profiles in order, whatever range is asked for', async () => {
  await fc.assert(
    fc.asyncProperty(number, fc.integer({ min: 0, max: 250 }), async (from, count) => {
      let text = '';
      for await (const piece of generateLines(from, from + count)) text += piece.toString('utf8');
      const lines = text.split('\n');
      expect(lines.pop()).toBe('');
      expect(lines).toEqual(
        Array.from({ length: count }, (_, offset) => JSON.stringify(generateProfile(from + offset))),
      );
    }),
    { numRuns: 30 },
  );
});

test('lines are made as they are asked for, never ahead', async () => {
  const taken: number[] = [];
  const lines = generateLines(0, 1_000_000_000, (next) => taken.push(next));

  await lines.next();
  await lines.next();

  expect(taken).toEqual([100]);
  await lines.return();
});

function valueAt(attributes: unknown, path: string): unknown {
  let value = attributes;
  for (const name of path.split('.')) {
    value =
      typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : null;
  }
  return value;
}
