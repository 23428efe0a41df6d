import { expect, test } from 'vitest';
import { checkCredentialChange, checkNewCredential, type NewCredential } from '../../src/domain/credential-input.js';
import { InvalidInputError } from '../../src/domain/user-error.js';

const right: NewCredential = {
  kind: 'ACCESS_KEY',
  name: 'production',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

function issuesOf(change: Partial<NewCredential>): [string, string][] {
  const input = { ...right, ...change };
  try {
    checkNewCredential(input, ['ACCESS_KEY']);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    for (const value of [input.accessKeyId, input.secretAccessKey])
      if (value && value.length > 4) expect(error.message + JSON.stringify(error.issues)).not.toContain(value);
    return error.issues.map(({ path, code }) => [path.join('.'), code]);
  }
}

test('a right pair passes', () => {
  expect(issuesOf({})).toEqual([]);
  expect(issuesOf({ accessKeyId: 'A'.repeat(16) })).toEqual([]);
  expect(issuesOf({ accessKeyId: '9'.repeat(128) })).toEqual([]);
  expect(issuesOf({ accessKeyId: 'A'.repeat(40), secretAccessKey: 'B'.repeat(40) })).toEqual([]);
});

test.each([
  ['too short', { accessKeyId: 'A'.repeat(15) }, 'accessKeyId', 'MALFORMED'],
  ['too long', { accessKeyId: 'A'.repeat(129) }, 'accessKeyId', 'MALFORMED'],
  ['in lower case', { accessKeyId: 'akiaiosfodnn7example' }, 'accessKeyId', 'MALFORMED'],
  ['missing', { accessKeyId: null }, 'accessKeyId', 'REQUIRED'],
  ['pasted with a newline', { accessKeyId: `${right.accessKeyId}\n` }, 'accessKeyId', 'MALFORMED'],
  ['missing', { secretAccessKey: undefined }, 'secretAccessKey', 'REQUIRED'],
  ['empty', { secretAccessKey: '' }, 'secretAccessKey', 'REQUIRED'],
  ['39 characters', { secretAccessKey: 'a'.repeat(39) }, 'secretAccessKey', 'MALFORMED'],
  ['41 characters', { secretAccessKey: 'a'.repeat(41) }, 'secretAccessKey', 'MALFORMED'],
  ['pasted with a newline', { secretAccessKey: `${right.secretAccessKey}\n` }, 'secretAccessKey', 'MALFORMED'],
  ['pasted with a space', { secretAccessKey: ` ${right.secretAccessKey}` }, 'secretAccessKey', 'MALFORMED'],
  ['40 with a wrong one', { secretAccessKey: `${'a'.repeat(39)}-` }, 'secretAccessKey', 'MALFORMED'],
])('a key part that is %s is refused by name: %j', (_name, change, field, code) => {
  expect(issuesOf(change)).toEqual([[`input.${field}`, code]]);
});

test('a pasted newline is called so', () => {
  const input = { ...right, secretAccessKey: `${right.secretAccessKey}\n` };

  expect(() => checkNewCredential(input, ['ACCESS_KEY'])).toThrow(/`secretAccessKey` holds a space or line break/);
});

test('the two swapped are called so, at both fields', () => {
  const swapped = { accessKeyId: right.secretAccessKey, secretAccessKey: right.accessKeyId };

  expect(issuesOf(swapped)).toEqual([
    ['input.accessKeyId', 'MALFORMED'],
    ['input.secretAccessKey', 'MALFORMED'],
  ]);
  expect(() => checkNewCredential({ ...right, ...swapped }, ['ACCESS_KEY'])).toThrow(/swapped/);
});

test('every fault is reported at once', () => {
  expect(issuesOf({ accessKeyId: 'x', secretAccessKey: 'y', name: '', idempotencyKey: '' })).toEqual([
    ['input.accessKeyId', 'MALFORMED'],
    ['input.secretAccessKey', 'MALFORMED'],
    ['input.idempotencyKey', 'REQUIRED'],
    ['input.name', 'REQUIRED'],
  ]);
});

test('a name cannot be cleared, an expiry can', () => {
  expect(() => checkCredentialChange({ id: 1, expectedVersion: 1, name: null })).toThrow(/cannot be cleared/);
  expect(() => checkCredentialChange({ id: 1, expectedVersion: 1, expiresAt: null })).not.toThrow();
});
