/** Encryption keys that AWS KMS has encrypted: a start decrypts them, or says why it cannot. */

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadKeyRing } from '../src/encryption-keys.js';
import { parseKeyList } from '../src/key-list.js';
import { createLog } from '../src/log.js';
import { startTestApp } from './support/app.js';
import { type KmsServer, startKmsServer } from './support/kms-server.js';
import { useTestDatabase } from './support/test-database.js';

const database = useTestDatabase();
const [key, otherKey] = [randomBytes(32), randomBytes(32)];
let kms: KmsServer;

beforeEach(async () => {
  // Nothing of the machine that the tests run on.
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
  for (const name of ['AWS_SESSION_TOKEN', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOWNOWNOWNOWN0001');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's'.repeat(40));
  await useKms(await startKmsServer());
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await kms[Symbol.asyncDispose]();
});

/** From now on it is the one that this process finds. */
async function useKms(started: KmsServer): Promise<void> {
  kms = started;
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.server.endpoint);
}

const contextOf = (id: string) => ({ 'tributary:encryption-key': id });
const entryOf = (id: string, plain: Buffer, context = contextOf(id)) =>
  `${id}:${kms.keyArn}:${kms.encrypt(plain, context)}`;

const load = (list: string) =>
  loadKeyRing(
    { dataFolder: 'none', encryptionKey: undefined, encryptionKeys: parseKeyList(list) },
    { db: database.db, log: createLog('silent') },
  );

/** What a start says. */
const refusalOf = async (list: string) => {
  const error = await load(list).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'EncryptionKeyError' });
  return String(Object(error).message);
};

test('each is decrypted by the key and for the id that its entry names, in the region of the key', async () => {
  const ring = await load([entryOf('2026-12', key), `default:${otherKey.toString('base64')}`].join());

  expect(ring.currentId).toBe('2026-12');
  expect(ring.keys).toEqual(
    new Map([
      ['2026-12', key],
      ['default', otherKey],
    ]),
  );
  const [request] = kms.server.requests;
  expect(kms.server.requests).toHaveLength(1);
  expect(request?.headers['x-amz-target']).toBe('TrentService.Decrypt');
  expect(request?.headers.authorization).toMatch(/Credential=AKIAOWNOWNOWNOWN0001\/\d{8}\/eu-west-1\/kms\//);
});

test('what was sealed under it opens after the next start, which asks KMS again', async () => {
  const { connection } = database;
  const environment = { ENCRYPTION_KEY: '', ENCRYPTION_KEYS: entryOf('2026-12', key) };
  const first = await startTestApp({ connection, environment });
  await first[Symbol.asyncDispose]();

  await using second = await startTestApp({ connection, environment, apiKey: first.apiKey });

  expect((await second.graphql('{ viewer { role } }')).data).toEqual({ viewer: { role: 'ADMIN' } });
  expect(kms.server.requests).toHaveLength(2);
  const another = { ENCRYPTION_KEY: '', ENCRYPTION_KEYS: entryOf('2026-12', otherKey) };
  await expect(startTestApp({ connection, environment: another })).rejects.toThrow('`2026-12` is another one');
});

test.each([
  ['AccessDeniedException', /Allow `kms:Decrypt`/],
  ['DisabledException', /Enable the key/],
  ['NotFoundException', /names no key/],
  ['KMSInvalidStateException', /not usable/],
  ['SomethingNewException', /documentation of AWS KMS/],
])('a start that KMS refuses with %s says so, which key, and what to do', async (code, remedy) => {
  await kms[Symbol.asyncDispose]();
  await useKms(await startKmsServer(code));

  const message = await refusalOf(entryOf('2026-12', key));

  expect(message).toContain('The encryption key `2026-12`, encrypted by arn:aws:kms:eu-west-1:123456789012:key/');
  expect(message).toContain(`refuses with ${code} (request req-1)`);
  expect(message).toMatch(remedy);
});

test('a key that was encrypted for another id is refused: it is not passed off under a new one', async () => {
  expect(await refusalOf(entryOf('2027-01', key, contextOf('2026-12')))).toContain('encrypted for another id');
});

test('what is no key of 32 bytes, and a key that the list has already, are refused', async () => {
  expect(await refusalOf(entryOf('short', key.subarray(1)))).toMatch(/`short`.* has 31 bytes/);
  expect(await refusalOf(`${entryOf('a', key)},b:${key.toString('base64')}`)).toContain('`b` is the same as another');
});

test('without an identity at AWS, and without an answer, a start says which of the two it is', async () => {
  const entry = entryOf('2026-12', key);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
  const withoutIdentity = await refusalOf(entry);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOWNOWNOWNOWN0001');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's'.repeat(40));
  await kms[Symbol.asyncDispose]();

  expect(withoutIdentity).toContain('no identity at AWS');
  expect(await refusalOf(entry)).toMatch(/did not answer readably within 10 s/);
});
