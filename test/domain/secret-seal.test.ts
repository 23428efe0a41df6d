import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSealer, createSecretSeal, SecretUnreadableError } from '../../src/domain/secret-seal.js';

const key = randomBytes(32);
const fingerprintKey = randomBytes(32);
const seal = createSecretSeal(key, fingerprintKey);
const binding = { workspaceId: 1, credentialId: 2, field: 'secretAccessKey', version: 3 };
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

test('a sealed secret opens to what it was, with the same key and binding', () => {
  expect(seal.open(seal.seal(secret, binding), binding)).toBe(secret);
  expect(createSealer(key).open(seal.seal(secret, binding), binding)).toBe(secret);
});

test('the layout is format byte, 12-byte iv, 16-byte tag, ciphertext, and no two seals are alike', () => {
  const sealed = seal.seal(secret, binding);

  expect(sealed[0]).toBe(1);
  expect(sealed.length).toBe(1 + 12 + 16 + secret.length);
  expect(seal.seal(secret, binding).equals(sealed)).toBe(false);
  expect(sealed.includes(secret)).toBe(false);
});

test('each flipped bit of each byte is refused', () => {
  const sealed = seal.seal(secret, binding);
  for (let place = 0; place < sealed.length; place += 1)
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Buffer.from(sealed);
      flipped[place] = (sealed[place] ?? 0) ^ (1 << bit);
      expect(() => seal.open(flipped, binding), `byte ${place}, bit ${bit}`).toThrow(SecretUnreadableError);
    }
});

test('each truncation and extension is refused', () => {
  const sealed = seal.seal(secret, binding);
  for (let length = 0; length < sealed.length; length += 1)
    expect(() => seal.open(sealed.subarray(0, length), binding)).toThrow(SecretUnreadableError);
  expect(() => seal.open(Buffer.concat([sealed, Buffer.of(0)]), binding)).toThrow(SecretUnreadableError);
});

test.each([
  ['workspace', { ...binding, workspaceId: 9 }],
  ['row', { ...binding, credentialId: 9 }],
  ['field', { ...binding, field: 'accessKeyId' }],
  ['version', { ...binding, version: 9 }],
  // Numbers that a plain concatenation would confuse.
  ['border between two numbers', { ...binding, workspaceId: 12, credentialId: 2 }],
])('a seal moved to another %s is refused', (_name, other) => {
  expect(() => seal.open(seal.seal(secret, binding), other)).toThrow(SecretUnreadableError);
});

test('another key opens nothing, and the error names the credential but no secret', () => {
  const sealed = seal.seal(secret, binding);

  expect(() => createSealer(randomBytes(32)).open(sealed, binding)).toThrow(/credential 2 \(version 3\).*key/);
});

test('a key of another length is refused', () => {
  expect(() => createSealer(randomBytes(31))).toThrow('has 31 bytes; give 32');
});

test('fingerprints tell equal secrets from others, and depend on their key, not on the one that seals', () => {
  expect(seal.fingerprint(secret)).toBe(seal.fingerprint(secret));
  expect(seal.fingerprint(secret)).not.toBe(seal.fingerprint(`${secret.slice(1)}X`));
  expect(createSecretSeal(key, randomBytes(32)).fingerprint(secret)).not.toBe(seal.fingerprint(secret));
  expect(createSecretSeal(randomBytes(32), fingerprintKey).fingerprint(secret)).toBe(seal.fingerprint(secret));
});
