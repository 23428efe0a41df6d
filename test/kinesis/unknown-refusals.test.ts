/** Requests that AWS refuses with a code that nobody knows: is it a record, or all that the destination sends? */

import { describe, expect, test } from 'vitest';
import type { KinesisRecord } from '../../src/kinesis/record.js';
import { run, statuses } from './producer-run.js';
import { makeRecords, refuseWhile, refuseWith, type Step } from './scripted-kinesis.js';

describe('requests refused with a code that nobody knows', () => {
  const refuseAll = Array.from({ length: 1_000 }, () => refuseWith('BrandNewException', 400, 'words'));
  const refuseFor = (records: readonly KinesisRecord[], positions: readonly number[]): Step[] => {
    const isCulprit = (record: KinesisRecord) => positions.some((position) => records[position] === record);
    return Array.from({ length: 1_000 }, () => refuseWhile(isCulprit, { code: 'BrandNewException' }));
  };

  test('one record is tried again, and waits under the code of AWS, whose words are not quoted', async () => {
    const { results, clock } = await run({ records: makeRecords(1), steps: refuseAll });

    expect(results).toMatchObject([
      {
        status: 'deferred',
        cause: 'REQUEST_REFUSED',
        awsCode: 'BrandNewException',
        awsRequestId: 'r-1',
        detail: null,
        outcomeUnknown: false,
        attempts: 3,
      },
    ]);
    expect(clock.sleptMs).toHaveLength(2);
  });

  test('all are refused: no record is blamed, and the call ends after sixteen requests', async () => {
    const { results, requests } = await run({ records: makeRecords(501), steps: refuseAll });

    expect(requests).toHaveLength(16);
    for (const result of results)
      expect(result).toMatchObject({ status: 'deferred', cause: 'REQUEST_REFUSED', awsCode: 'BrandNewException' });
  });

  test.each([[[0]], [[499]], [[3, 250]], [[0, 1, 2, 498, 499]]])(
    'those at %j stop no others: they alone wait, as refused themselves',
    async (positions) => {
      const records = makeRecords(500);
      const { results } = await run({ records, steps: refuseFor(records, positions) });

      const refused = results.flatMap((result, index) => (result.status === 'delivered' ? [] : [index]));
      expect(refused).toEqual(positions);
      for (const position of positions)
        expect(results[position]).toMatchObject({ cause: 'UNKNOWN_ERROR', awsCode: 'BrandNewException' });
    },
  );

  test('a request that passes in halves blames nobody', async () => {
    const { results, sent } = await run({ records: makeRecords(4), steps: [refuseWith('BrandNewException')] });

    expect(sent).toEqual([
      [0, 1, 2, 3],
      [0, 1],
      [2, 3],
    ]);
    expect(new Set(statuses(results))).toEqual(new Set(['delivered']));
  });
});
