import { describe, expect, test } from 'vitest';
import { countByCode, countBySegment, countOutcomes, overallRate } from '../../src/domain/export-numbers.js';

const counters = {
  delivered: 5,
  failed: 2,
  skipped: 1,
  'code.RECORD_TOO_LARGE': 2,
  'code.NOT_A_MEMBER': 1,
  'segment.0.received': 6,
  'segment.0.delivered': 5,
  'segment.1.received': 4,
  'segment.1.failed': 2,
  'segment.1.skipped': 1,
};

describe('the numbers of an export', () => {
  test('are those on the books: pending is counted, not what is missing', () => {
    expect(countOutcomes({ received: 11, pending: 2, counters })).toEqual({
      received: 11,
      delivered: 5,
      failed: 2,
      skipped: 1,
      pending: 2,
    });
  });

  test('add up for each segment too', () => {
    const segments = countBySegment({ segmentIds: [41, 42], segmentKeys: ['a', 'b'] }, counters);

    expect(segments).toEqual([
      { segmentId: 41, segmentKey: 'a', received: 6, delivered: 5, failed: 0, skipped: 0, pending: 1 },
      { segmentId: 42, segmentKey: 'b', received: 4, delivered: 0, failed: 2, skipped: 1, pending: 1 },
    ]);
  });

  test('tell failures and skips by code', () => {
    expect(countByCode(counters)).toEqual({ RECORD_TOO_LARGE: 2, NOT_A_MEMBER: 1 });
  });

  test('have a rate over the whole run, also over one of no measurable length', () => {
    const startedAt = new Date(0);

    expect(overallRate({ startedAt, finishedAt: new Date(2_000) }, 1_000)).toBe(500);
    expect(overallRate({ startedAt, finishedAt: startedAt }, 1)).toBe(1_000);
    expect(overallRate({ startedAt: null, finishedAt: startedAt }, 0)).toBe(0);
  });
});
