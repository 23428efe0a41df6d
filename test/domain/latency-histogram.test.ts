import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketBoundMs, latencyBucket, percentile } from '../../src/domain/latency-histogram.js';

function countInBuckets(latencies: readonly number[]): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const latency of latencies) {
    const name = `latency.${latencyBucket(latency)}`;
    counters[name] = (counters[name] ?? 0) + 1;
  }
  return counters;
}

describe('latency buckets', () => {
  test('hold every latency between 0.1 ms and 28 days, at most 5 % below their bound', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 28 * 86_400_000, noNaN: true }), (latency) => {
        const bound = bucketBoundMs(latencyBucket(latency));

        expect(bound).toBeGreaterThanOrEqual(latency * (1 - 1e-9));
        expect(bound).toBeLessThanOrEqual(latency * 1.05 * (1 + 1e-9));
      }),
    );
  });

  test.each([0, -1, 0.05, Number.NaN])('%d falls into the first', (latency) => {
    expect(latencyBucket(latency)).toBe(0);
  });

  test('what is beyond the last bound falls into the last', () => {
    expect(latencyBucket(Number.POSITIVE_INFINITY)).toBe(latencyBucket(1e12));
  });
});

describe('percentiles', () => {
  test('are within 5 % of the exact ones, never below', () => {
    const latencies = fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(latencies, fc.constantFrom(50, 95, 99, 100), (all, percent) => {
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0;

        const estimate = percentile({ delivered: 7, ...countInBuckets(all) }, percent) ?? 0;

        expect(estimate).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(estimate).toBeLessThanOrEqual(exact * 1.05 * (1 + 1e-9));
      }),
    );
  });

  test('of nothing are null', () => {
    expect(percentile({ delivered: 0 }, 50)).toBeNull();
  });
});
