import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_REQUEST_BYTES, MAX_REQUEST_RECORDS, splitIntoBatches } from '../../src/kinesis/batch.js';
import { type KinesisRecord, measureRecord } from '../../src/kinesis/record.js';

const ZEROES = Buffer.alloc(MAX_REQUEST_BYTES);

function recordOf(sizeBytes: number, partitionKey = 'k'): KinesisRecord {
  return { data: ZEROES.subarray(0, sizeBytes - Buffer.byteLength(partitionKey)), partitionKey };
}

function sizesOf(records: readonly KinesisRecord[]): number[] {
  return [...splitIntoBatches(records)].map((batch) => batch.length);
}

describe('splitting records into requests', () => {
  test('500 records are one request, 501 are two', () => {
    expect(sizesOf(Array.from({ length: 500 }, () => recordOf(2)))).toEqual([500]);
    expect(sizesOf(Array.from({ length: 501 }, () => recordOf(2)))).toEqual([500, 1]);
  });

  test.each([
    [-1, [2]],
    [0, [2]],
    [1, [1, 1]],
  ])('two records that make the limit %+d bytes split as %j', (overBytes, expected) => {
    const half = MAX_REQUEST_BYTES / 2;

    expect(sizesOf([recordOf(half), recordOf(half + overBytes)])).toEqual(expected);
  });

  test('the bytes of multi-byte keys count against the request', () => {
    const key = '€'.repeat(100);
    const data = ZEROES.subarray(0, MAX_REQUEST_BYTES / 2 - 300);

    expect(
      sizesOf([
        { data, partitionKey: key },
        { data, partitionKey: key },
      ]),
    ).toEqual([2]);
    expect(
      sizesOf([
        { data, partitionKey: key },
        { data, partitionKey: `${key}k` },
      ]),
    ).toEqual([1, 1]);
  });

  test('no record makes no request', () => {
    expect(sizesOf([])).toEqual([]);
  });

  test('any records come back whole, in order, within both limits, and no request could take the next record', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 2, max: 2_000 }), fc.integer({ min: 2, max: 1_048_576 })), {
      maxLength: 700,
    });
    fc.assert(
      fc.property(sizes, (each) => {
        const records = each.map((size) => recordOf(size));
        const batches = [...splitIntoBatches(records)];

        expect(batches.flat()).toEqual(records);
        for (const [index, batch] of batches.entries()) {
          const bytes = batch.reduce((sum, record) => sum + measureRecord(record), 0);
          const next = batches[index + 1]?.[0];
          expect(batch.length).toBeLessThanOrEqual(MAX_REQUEST_RECORDS);
          expect(bytes).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
          if (next) expect(batch.length === 500 || bytes + measureRecord(next) > MAX_REQUEST_BYTES).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
