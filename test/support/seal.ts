/** Seals for tests that have no app, which would make its own. */
import { randomBytes } from 'node:crypto';
import { ringOfOne } from '../../src/domain/key-ring.js';
import { createSecretSeal, type SecretSeal } from '../../src/domain/secret-seal.js';

/** Makes a seal with a key of its own. */
export function createTestSeal(): SecretSeal {
  return createSecretSeal(ringOfOne(randomBytes(32)), randomBytes(32));
}
