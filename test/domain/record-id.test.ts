import { describe, expect, test } from 'vitest';
import { recordId } from '../../src/domain/record-id.js';

const source = { activationId: 1, activationVersion: 2, destinationVersion: 3, profileId: 'p', revision: 4 };

describe('record ids', () => {
  test('are the same for every copy of a record, in every process', () => {
    expect(recordId({ ...source })).toBe(recordId(source));
    expect(recordId(source)).toBe('nQNoYILAVEi3Rd_bz5pm_w');
  });

  test.each([
    { activationId: 9 },
    { activationVersion: 9 },
    { destinationVersion: 9 },
    { profileId: 'q' },
    { revision: 9 },
    // Parts do not run into each other.
    { activationId: 12, activationVersion: 3, destinationVersion: 3 },
    { revision: 4, profileId: '4.p' },
  ])('differ with %j', (change) => {
    expect(recordId({ ...source, ...change })).not.toBe(recordId(source));
  });
});
