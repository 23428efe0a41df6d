/** Which failed records are shown: part of the address. */
import { expect, test } from 'vitest';
import { FAILURE_CODES } from '../../src/console/failed-records/failure-codes.js';
import { DELIVERY_CODES } from '../../src/domain/delivery-code.js';

test('the codes to filter failed records by are those that records fail with, and no others', () => {
  const failures = Object.entries(DELIVERY_CODES).filter(([, { kind }]) => kind === 'FAILURE');

  expect([...FAILURE_CODES].sort()).toEqual(failures.map(([code]) => code).sort());
});
