/** What calls and tests make of a destination's health. */

import { expect, test } from 'vitest';
import { type CallEvidence, nextHealth, type TestEvidence } from '../../src/domain/health.js';

const SINCE = new Date('2026-11-01T00:00:00Z');
const CAUSE = { code: 'ACCESS_DENIED', message: 'm', awsRequestId: 'r' };
const SILENT = { code: 'AWS_UNAVAILABLE', message: 'm', awsRequestId: null };
const THROTTLED = { code: 'THROTTLED', message: 'm', awsRequestId: null };
const ANSWERED = { answered: true };
const DELIVERED = { answered: true, delivered: true };
const HIGH = { pressure: 'HIGH' as const, throttling: THROTTLED };

test.each<[string, Partial<CallEvidence>, string | null]>([
  ['UNTESTED', DELIVERED, 'HEALTHY'],
  ['HEALTHY', DELIVERED, null],
  ['DEGRADED', ANSWERED, 'HEALTHY'],
  ['UNTESTED', ANSWERED, null],
  ['HALTED', DELIVERED, 'HEALTHY'],
  ['HALTED', { ...DELIVERED, ...HIGH }, 'THROTTLED'],
  ['HALTED', ANSWERED, null],
  ['HALTED', { silence: SILENT }, null],
  ['HALTED', { halting: CAUSE }, 'HALTED'],
  ['HEALTHY', { ...DELIVERED, halting: CAUSE }, 'HALTED'],
  ['THROTTLED', { halting: CAUSE }, 'HALTED'],
  ['HEALTHY', { silence: SILENT }, 'DEGRADED'],
  ['THROTTLED', { silence: SILENT }, 'DEGRADED'],
  ['DEGRADED', { silence: SILENT }, null],
  ['HEALTHY', {}, null],
  ['HEALTHY', { ...ANSWERED, ...HIGH }, 'THROTTLED'],
  ['DEGRADED', { ...ANSWERED, ...HIGH }, 'THROTTLED'],
  ['THROTTLED', { ...DELIVERED, ...HIGH }, null],
  ['HEALTHY', { ...DELIVERED, pressure: 'EASING' }, null],
  ['THROTTLED', { ...DELIVERED, pressure: 'EASING' }, null],
  ['THROTTLED', DELIVERED, 'HEALTHY'],
])('%s, after a call that showed %j, becomes %s', (status, shown, next) => {
  const evidence: CallEvidence = { ...NOTHING, ...shown };

  expect(nextHealth({ status, since: SINCE }, evidence)?.status ?? null).toBe(next);
});

test.each<[string, TestEvidence['outcome'], string | null]>([
  ['UNTESTED', 'PASSED', 'HEALTHY'],
  ['HALTED', 'PASSED', 'HEALTHY'],
  ['DEGRADED', 'PASSED', 'HEALTHY'],
  ['THROTTLED', 'PASSED', null],
  ['UNTESTED', 'UNPROVEN', null],
  ['HALTED', 'UNPROVEN', 'UNTESTED'],
  ['DEGRADED', 'UNPROVEN', 'UNTESTED'],
  ['HEALTHY', 'UNPROVEN', null],
  ['HEALTHY', 'FAILED', 'HALTED'],
  ['HEALTHY', 'UNKNOWN', 'DEGRADED'],
  ['HALTED', 'UNKNOWN', null],
  ['UNTESTED', 'THROTTLED', null],
  ['HEALTHY', 'THROTTLED', null],
  ['DEGRADED', 'THROTTLED', null],
])('%s, after a test that %s, becomes %s', (status, outcome, next) => {
  const evidence: TestEvidence = { kind: 'TEST', outcome, cause: CAUSE, sawSince: SINCE };

  expect(nextHealth({ status, since: SINCE }, evidence)?.status ?? null).toBe(next);
});

test('a test that passed says nothing about a halt that came while it ran', () => {
  const evidence: TestEvidence = { kind: 'TEST', outcome: 'PASSED', cause: CAUSE, sawSince: SINCE };

  expect(nextHealth({ status: 'HALTED', since: new Date(SINCE.getTime() + 1) }, evidence)).toBe(null);
});

test('the cause goes with the state: with code, words and request id while something is wrong, with none after', () => {
  const halted = nextHealth({ status: 'HEALTHY', since: SINCE }, { ...NOTHING, halting: CAUSE });
  const mended = nextHealth({ status: 'HALTED', since: SINCE }, { ...NOTHING, ...DELIVERED });

  expect(halted).toEqual({ status: 'HALTED', ...CAUSE });
  expect(mended).toEqual({ status: 'HEALTHY', code: null, message: null, awsRequestId: null });
});

const NOTHING: CallEvidence = {
  kind: 'CALL',
  halting: null,
  delivered: false,
  answered: false,
  silence: null,
  pressure: 'NONE',
  throttling: null,
};
