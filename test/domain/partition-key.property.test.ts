/** Partition keys of arbitrary profiles: Kinesis takes each. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choosePartitionKey } from '../../src/domain/partition-key.js';
import { findRecordFault } from '../../src/kinesis/record.js';

const RUNS = Number(process.env['TRIBUTARY_TEST_SEEDS'] ?? 200);

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.integer({ min: 250, max: 260 }).map((length) => '😀'.repeat(length)),
  fc.constantFrom('', '\ud800', '\udc00\ud800'),
);

test('whatever a profile holds, Kinesis takes the key', () => {
  fc.assert(
    fc.property(
      fc.oneof(text, fc.jsonValue()),
      fc.array(text, { maxLength: 2 }),
      fc.constantFrom('ATTRIBUTE', 'IDENTITY', 'PROFILE_ID', 'RANDOM'),
      (value, identities, strategy) => {
        const profile = { profileId: 'p', attributes: { a: value }, identities: { a: identities } };

        const { key, isFallback } = choosePartitionKey({ strategy, argument: 'a' }, profile, () => 'r');

        expect(findRecordFault({ data: Buffer.from('{}'), partitionKey: key }, 2_000)).toBeNull();
        if (isFallback) expect(key).toBe('p');
      },
    ),
    { numRuns: RUNS },
  );
});
