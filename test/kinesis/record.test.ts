import { describe, expect, test } from 'vitest';
import { DEFAULT_MAX_RECORD_BYTES, findRecordFault, isHalting, measureRecord } from '../../src/kinesis/record.js';

const DATA = Buffer.from('{}');

describe('a record checked before it is sent', () => {
  test('a multi-byte key counts by its UTF-8 bytes', () => {
    expect(measureRecord({ data: Buffer.alloc(10), partitionKey: 'é€😀' })).toBe(10 + 2 + 3 + 4);
  });

  test('data and a multi-byte key that fill the limit exactly are sent', () => {
    const partitionKey = '😀'.repeat(3);
    const data = Buffer.alloc(DEFAULT_MAX_RECORD_BYTES - 12);

    expect(findRecordFault({ data, partitionKey }, DEFAULT_MAX_RECORD_BYTES)).toBeNull();
  });

  test('one byte over the limit is too large, with size and limit and no attempt', () => {
    const partitionKey = '😀'.repeat(3);
    const data = Buffer.alloc(DEFAULT_MAX_RECORD_BYTES - 11);

    expect(findRecordFault({ data, partitionKey }, DEFAULT_MAX_RECORD_BYTES)).toMatchObject({
      code: 'RECORD_TOO_LARGE',
      sizeBytes: DEFAULT_MAX_RECORD_BYTES + 1,
      limitBytes: DEFAULT_MAX_RECORD_BYTES,
      attempts: 0,
    });
  });

  test.each([
    ['1 character', 'k'],
    ['256 characters', 'k'.repeat(256)],
    ['256 characters outside the basic plane', '😀'.repeat(256)],
  ])('a key of %s is sent', (_, partitionKey) => {
    expect(findRecordFault({ data: DATA, partitionKey }, 10_000)).toBeNull();
  });

  test.each([
    ['no character', ''],
    ['257 characters', 'k'.repeat(257)],
    ['257 characters outside the basic plane', '😀'.repeat(257)],
    ['half a surrogate pair', 'a\ud83d'],
  ])('a key of %s is refused without asking AWS', (_, partitionKey) => {
    expect(findRecordFault({ data: DATA, partitionKey }, 10_000)).toMatchObject({
      code: 'RECORD_REFUSED',
      awsCode: null,
      limitBytes: null,
      attempts: 0,
    });
  });

  test('empty data is refused without asking AWS', () => {
    expect(findRecordFault({ data: Buffer.alloc(0), partitionKey: 'k' }, 10_000)).toMatchObject({
      code: 'RECORD_REFUSED',
      sizeBytes: 1,
    });
  });

  test('no failure text holds the key', () => {
    const partitionKey = `ann@example.com${'x'.repeat(300)}`;

    expect(findRecordFault({ data: DATA, partitionKey }, 10_000)?.message).not.toContain('ann@');
  });
});

test('credentials, permissions, keys and streams halt; throttles and faults do not', () => {
  expect(isHalting('ACCESS_DENIED')).toBe(true);
  expect(isHalting('STREAM_NOT_ACTIVE')).toBe(true);
  expect(isHalting('THROTTLED')).toBe(false);
  expect(isHalting('ABORTED')).toBe(false);
});
