import { expect, test } from 'vitest';
import { findExpiryWarning } from '../../src/domain/credential-expiry.js';

const now = new Date('2026-03-01T12:00:00Z');

test.each([
  [null, null],
  ['2026-03-15T12:00:00.001Z', null],
  ['2026-03-15T12:00:00.000Z', 'CREDENTIAL_EXPIRING'],
  ['2026-03-01T12:00:00.000Z', 'CREDENTIAL_EXPIRING'],
  ['2020-01-01T00:00:00.000Z', 'CREDENTIAL_EXPIRING'],
])('14 days before its expiry and after it a credential is warned of: %s gives %s', (expiresAt, warning) => {
  expect(findExpiryWarning(expiresAt === null ? null : new Date(expiresAt), now)).toBe(warning);
});
