import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleStatistics, type BucketCounts, WINDOW_BUCKETS } from '../../src/domain/statistics.js';

const MINUTE_MS = 60_000;
const windows = fc.constantFrom(...Object.values(WINDOW_BUCKETS));
const times = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
const counters = fc.dictionary(
  fc.constantFrom('delivered', 'failed', 'bytes', 'code.NOT_A_MEMBER', 'latency.142', 'latency.7'),
  fc.integer({ min: 0, max: 1e12 }),
);
/** Counts by the bucket's distance from the last one. */
const counted = fc.uniqueArray(fc.record({ age: fc.nat(200), counters }), { selector: ({ age }) => age });

test('the buckets lie without a gap on the hours of UTC, and the last one holds the present moment', () => {
  fc.assert(
    fc.property(windows, times, (cut, now) => {
      const { buckets, total } = assembleStatistics(cut, now, []);
      const lengthMs = cut.minutes * MINUTE_MS;
      const last = buckets.at(-1);

      expect(buckets).toHaveLength(cut.count);
      for (const [index, { from, to }] of buckets.entries()) {
        expect(to.getTime() - from.getTime()).toBe(lengthMs);
        expect((from.getTime() % 86_400_000) % lengthMs).toBe(0);
        expect(from).toEqual(buckets[index - 1]?.to ?? total.from);
      }
      expect(last?.from.getTime()).toBeLessThanOrEqual(now.getTime());
      expect(last?.to.getTime()).toBeGreaterThan(now.getTime());
      expect(total.to).toEqual(last?.to);
    }),
  );
});

test('the total is the sum of the buckets, counter by counter, and what lies outside counts nowhere', () => {
  fc.assert(
    fc.property(windows, times, counted, (cut, now, given) => {
      const found = given.map((bucket) => toBucket(cut.minutes, now, bucket));
      const { buckets, total } = assembleStatistics(cut, now, found);

      const names = new Set(given.flatMap((bucket) => Object.keys(bucket.counters)));
      for (const name of names) {
        const inside = given.filter(({ age }) => age < cut.count);
        const sum = inside.reduce((all, bucket) => all + (bucket.counters[name] ?? 0), 0);
        expect(total.counters[name] ?? 0).toBe(sum);
        expect(buckets.reduce((all, bucket) => all + (bucket.counters[name] ?? 0), 0)).toBe(sum);
      }
    }),
  );
});

test('a rate is that of the time that has passed: of a whole bucket, and of the part of the unfinished one', () => {
  const now = new Date('2026-03-01T10:07:30Z');
  const from = (text: string) => ({ from: new Date(text), counters: { delivered: 900 } });
  const found = [from('2026-03-01T09:45:00Z'), from('2026-03-01T10:00:00Z')];

  const { buckets, total } = assembleStatistics(WINDOW_BUCKETS.LAST_24_HOURS, now, found);

  expect(buckets.slice(-3).map((bucket) => bucket.recordsPerSecond)).toEqual([0, 1, 2]);
  expect(total.recordsPerSecond).toBe(1_800 / (86_400 - 450));
});

test('a bucket that has begun this very moment has a finite rate', () => {
  const now = new Date('2026-03-01T10:00:00Z');
  const found = [{ from: now, counters: { delivered: 5 } }];

  expect(assembleStatistics(WINDOW_BUCKETS.LAST_HOUR, now, found).buckets.at(-1)?.recordsPerSecond).toBe(5_000);
});

function toBucket(minutes: number, now: Date, bucket: { age: number; counters: Record<string, number> }): BucketCounts {
  const lengthMs = minutes * MINUTE_MS;
  const place = Math.floor(now.getTime() / lengthMs) - bucket.age;
  return { from: new Date(place * lengthMs), counters: bucket.counters };
}
