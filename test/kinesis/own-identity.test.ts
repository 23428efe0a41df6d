/** This process's own identity, as its environment gives it, and what is asked with it. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAwsAccess } from '../../src/aws-access.js';
import { createStreamInspector } from '../../src/kinesis/inspection.js';
import { NoKeysError } from '../../src/kinesis/keys.js';
import { createOwnKeys } from '../../src/kinesis/own-identity.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';

const OWN_KEY_ID = 'AKIAOWNOWNOWNOWN0001';
const NEXT_KEY_ID = 'AKIAOWNOWNOWNOWN0002';
let sandbox: Sandbox;

beforeEach(async () => {
  // Nothing of the machine that the tests run on.
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  sandbox = await startSandbox({ accessKeyIds: [OWN_KEY_ID] });
  sandbox.createStream('orders', 1);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sandbox[Symbol.asyncDispose]();
});

test('keys are looked for when they are needed, kept, and looked for again once AWS refuses them', async () => {
  const own = createOwnKeys();
  setKeys(OWN_KEY_ID);
  const first = await own.get();
  setKeys(NEXT_KEY_ID);

  const kept = await own.get();
  expect(own.replace(kept)).toBe(true);
  const next = await own.get();

  expect(first).toEqual({ accessKeyId: OWN_KEY_ID, secretAccessKey: 's'.repeat(40) });
  expect([kept, next].map(({ accessKeyId }) => accessKeyId)).toEqual([OWN_KEY_ID, NEXT_KEY_ID]);
});

test('a process without an identity says so, and has one as soon as its environment does', async () => {
  const own = createOwnKeys();

  const error = await own.get().catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(NoKeysError);
  expect(error).toMatchObject({ fault: { kind: 'refused', cause: 'OWN_IDENTITY_UNAVAILABLE' } });
  setKeys(OWN_KEY_ID);
  expect((await own.get()).accessKeyId).toBe(OWN_KEY_ID);
});

test('a role is assumed as this process, and the stream is reached as the role', async () => {
  setKeys(OWN_KEY_ID);
  const inspector = createStreamInspector(createAwsAccess({ endpoint: sandbox.endpoint, ownIdentity: 'roles' }));
  const roleArn = 'arn:aws:iam::123456789012:role/writer';
  const identity = { kind: 'ASSUME_ROLE', roleArn, externalId: 'ours' } as const;

  const found = await inspector.inspect(
    { region: 'eu-west-1', identity, stream: 'orders' },
    AbortSignal.timeout(10_000),
  );

  expect(found.write).toEqual({ value: true });
  const sessions = Object.keys(sandbox.stats.accessKeys).filter((id) => id !== OWN_KEY_ID);
  expect(sessions).toEqual([expect.stringMatching(/^ASIA/)]);
  expect(sandbox.stats.accessKeys[OWN_KEY_ID]).toBe(3);
});

test('the account is asked for once; in vain, not again for a while', async () => {
  setKeys(OWN_KEY_ID);
  const known = createAwsAccess({ endpoint: sandbox.endpoint, ownIdentity: 'roles' });
  expect([await known.findAccount(), await known.findAccount()]).toEqual(['000000000000', '000000000000']);
  expect(sandbox.stats.requests['GetCallerIdentity']).toBe(1);

  setKeys(NEXT_KEY_ID);
  const refused = createAwsAccess({ endpoint: sandbox.endpoint, ownIdentity: 'roles' });
  expect([await refused.findAccount(), await refused.findAccount()]).toEqual([null, null]);
  expect(sandbox.stats.requests['GetCallerIdentity']).toBe(2);
  const off = createAwsAccess({ endpoint: sandbox.endpoint, ownIdentity: 'off' });
  expect(await off.findAccount()).toBeNull();
  expect(sandbox.stats.requests['GetCallerIdentity']).toBe(2);
});

function setKeys(accessKeyId: string): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's'.repeat(40));
}
