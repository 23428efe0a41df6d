import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type KeyRing, ringOfOne } from '../../src/domain/key-ring.js';
import { createSealer, createSecretSeal, keyIdOf, SecretUnreadableError } from '../../src/domain/secret-seal.js';

const keys = { first: randomBytes(32), second: randomBytes(32) };
const ring: KeyRing = { currentId: 'first', keys: new Map(Object.entries(keys)) };
const later: KeyRing = { ...ring, currentId: 'second' };
const sealer = createSealer(ring);
const binding = { workspaceId: 1, credentialId: 2, field: 'secretAccessKey', version: 3 };
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

/** Of format 1, as earlier versions made it: the secret above, with the key of 32 bytes 7. */
const OLD_KEY = Buffer.alloc(32, 7);
const OLD = Buffer.from(
  'AS/oXrISVNBN8zGshSdv2vx62IrFELpTIZVgSNVeFE9jXiNrQPbd033aUJdwGmaGEe1Z9YsTJNqt1cztNltuL8UW6hkM',
  'base64',
);

test('a sealed secret opens to what it was, with the same keys and binding, whichever is current', () => {
  expect(sealer.open(sealer.seal(secret, binding), binding)).toBe(secret);
  expect(createSealer(later).open(sealer.seal(secret, binding), binding)).toBe(secret);
});

test('a seal names its key, holds no secret in the clear, and no two are alike', () => {
  const sealed = sealer.seal(secret, binding);

  expect(sealed.subarray(0, 7)).toEqual(Buffer.from('\x02\x05first'));
  expect(sealed.length).toBe(7 + (28 + 32) + (28 + secret.length));
  expect(keyIdOf(sealed)).toBe('first');
  expect(sealer.seal(secret, binding).equals(sealed)).toBe(false);
  expect(sealed.includes(secret)).toBe(false);
});

test('a seal of the first format opens with the key `default` and with no other', () => {
  expect(createSealer(ringOfOne(OLD_KEY)).open(OLD, binding)).toBe(secret);
  expect(keyIdOf(OLD)).toBe('default');
  expect(() => createSealer(ringOfOne(randomBytes(32))).open(OLD, binding)).toThrow(SecretUnreadableError);
  expect(() => sealer.open(OLD, binding)).toThrow(/no encryption key `default`/);
});

test.each([
  ['first', OLD, ringOfOne(OLD_KEY)],
  ['second', sealer.seal(secret, binding), ring],
])('each flipped bit of each byte of a seal of the %s format is refused', (_format, sealed, own) => {
  const { open } = createSealer(own);
  for (let place = 0; place < sealed.length; place += 1)
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Buffer.from(sealed);
      flipped[place] = (sealed[place] ?? 0) ^ (1 << bit);
      expect(() => open(flipped, binding), `byte ${place}, bit ${bit}`).toThrow(SecretUnreadableError);
    }
});

test.each([
  ['first', OLD, ringOfOne(OLD_KEY)],
  ['second', sealer.seal(secret, binding), ring],
])('each truncation and extension of a seal of the %s format is refused', (_format, sealed, own) => {
  const { open } = createSealer(own);
  for (let length = 0; length < sealed.length; length += 1)
    expect(() => open(sealed.subarray(0, length), binding), `${length} bytes`).toThrow(SecretUnreadableError);
  expect(() => open(Buffer.concat([sealed, Buffer.of(0)]), binding)).toThrow(SecretUnreadableError);
});

test('the wrapped data key and the secret of two seals cannot be mixed', () => {
  const [one, two] = [sealer.seal(secret, binding), sealer.seal(secret, { ...binding, version: 4 })];
  const border = 7 + 60;
  const mixed = Buffer.concat([one.subarray(0, border), two.subarray(border)]);

  expect(() => sealer.open(mixed, binding)).toThrow(SecretUnreadableError);
  expect(() => sealer.open(mixed, { ...binding, version: 4 })).toThrow(SecretUnreadableError);
});

test.each([
  ['workspace', { ...binding, workspaceId: 9 }],
  ['row', { ...binding, credentialId: 9 }],
  ['field', { ...binding, field: 'accessKeyId' }],
  ['version', { ...binding, version: 9 }],
  // Numbers that a plain concatenation would confuse.
  ['border between two numbers', { ...binding, workspaceId: 12, credentialId: 2 }],
])('a seal moved to another %s is refused, neither opened nor wrapped anew', (_name, other) => {
  const sealed = sealer.seal(secret, binding);

  expect(() => sealer.open(sealed, other)).toThrow(SecretUnreadableError);
  expect(() => sealer.rewrap(sealed, other)).toThrow(SecretUnreadableError);
});

test('a seal that is told to be of another key of the ring is refused', () => {
  const same = createSealer({ currentId: 'a', keys: new Map(['a', 'b'].map((id) => [id, keys.first])) });
  const sealed = same.seal(secret, binding);
  sealed.write('b', 2);

  expect(() => same.open(sealed, binding)).toThrow(SecretUnreadableError);
});

test('wrapped anew, a secret opens without the old key, and the secret itself was not touched', () => {
  const sealed = sealer.seal(secret, binding);
  const rewrapped = createSealer(later).rewrap(sealed, binding);
  const onlySecond = createSealer({ currentId: 'second', keys: new Map([['second', keys.second]]) });

  expect(onlySecond.open(rewrapped, binding)).toBe(secret);
  expect(rewrapped.subarray(8 + 60).equals(sealed.subarray(7 + 60))).toBe(true);
  expect(() => onlySecond.open(sealed, binding)).toThrow(/no encryption key `first`/);
});

test('wrapped anew, a seal of the first format becomes one of the second', () => {
  const both = createSealer({ currentId: 'first', keys: new Map([...ring.keys, ['default', OLD_KEY]]) });

  const rewrapped = both.rewrap(OLD, binding);

  expect(keyIdOf(rewrapped)).toBe('first');
  expect(sealer.open(rewrapped, binding)).toBe(secret);
});

test('another key of the same name opens nothing, and the error names the credential but no secret', () => {
  const sealed = sealer.seal(secret, binding);
  const other = createSealer({ currentId: 'first', keys: new Map([['first', randomBytes(32)]]) });

  expect(() => other.open(sealed, binding)).toThrow(/credential 2 \(version 3\).*key/);
});

test('fingerprints tell equal secrets from others, and depend on their key, not on those that seal', () => {
  const fingerprintKey = randomBytes(32);
  const seal = createSecretSeal(ring, fingerprintKey);

  expect(seal.fingerprint(secret)).not.toBe(seal.fingerprint(`${secret.slice(1)}X`));
  expect(createSecretSeal(ring, randomBytes(32)).fingerprint(secret)).not.toBe(seal.fingerprint(secret));
  expect(createSecretSeal(ringOfOne(OLD_KEY), fingerprintKey).fingerprint(secret)).toBe(seal.fingerprint(secret));
});
