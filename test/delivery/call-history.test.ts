/** What a process remembers of calls: silence takes three, pressure a share, and both fade. */

import { expect, test } from 'vitest';
import { CallHistory } from '../../src/delivery/call-history.js';
import { DELIVERY_CODES } from '../../src/domain/delivery-code.js';
import type { RecordResult } from '../../src/kinesis/record.js';

test('three calls in a row without an answer are silence; an answer or calls never made are none', () => {
  const calls = new CallHistory();
  const dead = [deferred('AWS_UNAVAILABLE'), deferred('OUTCOME_UNKNOWN')];
  const isSilent = (destinationId: number, results: RecordResult[]) =>
    calls.note(called(destinationId), results).silence !== null;

  expect([isSilent(1, dead), isSilent(1, dead), isSilent(2, dead), isSilent(1, dead)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
  const strange = [deferred('REQUEST_REFUSED')];
  expect([isSilent(3, strange), isSilent(3, strange), isSilent(3, strange)]).toEqual([false, false, true]);
  expect(isSilent(1, [deferred('THROTTLED'), deferred('AWS_UNAVAILABLE')])).toBe(false);
  expect([isSilent(1, dead), isSilent(1, []), isSilent(1, dead), isSilent(1, [delivered])]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(isSilent(1, dead)).toBe(false);
});

test('a record that was never sent is no answer', () => {
  const calls = new CallHistory();

  expect(calls.note(called(1), [deferred('ABORTED')])).toMatchObject({ answered: false, delivered: false });
  expect(calls.note(called(1), [{ ...deferred('THROTTLED'), attempts: 0 }])).toMatchObject({ answered: false });
  expect(calls.note(called(1), [deferred('KMS_THROTTLED')])).toMatchObject({
    answered: true,
    throttling: {
      code: 'KMS_THROTTLED',
      message: expect.stringContaining(DELIVERY_CODES.KMS_THROTTLED.remedy),
      awsRequestId: 'r',
    },
  });
});

test('a halting cause is told whatever else was delivered', () => {
  const { halting, delivered: isDelivered } = new CallHistory().note(called(1), [delivered, deferred('ACCESS_DENIED')]);

  expect(isDelivered).toBe(true);
  expect(halting).toEqual({
    code: 'ACCESS_DENIED',
    message: expect.stringMatching(/^Stream orders: .* Reported: c: m$/),
    awsRequestId: 'r',
  });
});

test('pressure is high from 5 % put back, over below 1 %, and a few records are none', () => {
  let nowMs = 0;
  const calls = new CallHistory(() => nowMs);
  const call = (stored: number, throttled: number) => [
    ...Array.from({ length: stored }, () => delivered),
    ...Array.from({ length: throttled }, () => deferred('THROTTLED')),
  ];

  expect(calls.note(called(1), call(1, 4)).pressure).toBe('EASING');
  expect(calls.note(called(2), call(95, 5)).pressure).toBe('HIGH');
  expect(calls.note(called(2), call(100, 0)).pressure).toBe('EASING');
  nowMs = 20_000;
  expect(calls.note(called(2), call(100, 0)).pressure).toBe('NONE');
  expect(calls.note(called(2), call(0, 10)).pressure).toBe('HIGH');
});

function called(destinationId: number) {
  return { destinationId, stream: 'orders' };
}

const delivered: RecordResult = {
  status: 'delivered',
  shardId: 's',
  sequenceNumber: '1',
  attempts: 1,
  possibleDuplicate: false,
};

function deferred(cause: Extract<RecordResult, { status: 'deferred' }>['cause']): RecordResult {
  const said = { awsCode: 'c', awsRequestId: 'r', detail: 'm' };
  return { status: 'deferred', cause, outcomeUnknown: false, retryAfterMs: 1, attempts: 1, ...said };
}
