/** An encryption key is replaced beside a running server, by the command and the API alone. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { loadSecretSeal } from '../../src/domain/key-check.js';
import { countSeals } from '../../src/domain/sealed-secrets.js';
import { createServices } from '../../src/services.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { startChildScript } from '../support/child-script.js';
import { ACCESS_KEY_ID, SECRET } from '../support/destination-seed.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { runCli } from './cli-process.js';

const TIMEOUT_MS = 240_000;
const database = useTestDatabase();
const keys = { default: randomBytes(32), next: randomBytes(32) };

/** The first is current. */
const listOf = (...ids: (keyof typeof keys)[]) => ids.map((id) => `${id}:${keys[id].toString('base64')}`).join();

const start = (apiKey: string | null, ...ids: (keyof typeof keys)[]) =>
  startTestApp({
    connection: database.connection,
    environment: { ENCRYPTION_KEY: '', ENCRYPTION_KEYS: listOf(...ids) },
    ...(apiKey !== null && { apiKey }),
  });

const rewrap = (...ids: (keyof typeof keys)[]) =>
  runCli(['rewrap'], { DATABASE_URL: database.connection, ENCRYPTION_KEYS: listOf(...ids) });

/** Runs a mutation on a credential. */
async function change(app: TestApp, name: string, input: object): Promise<{ id: string; version: number }> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const { data } = await app.graphql(
    `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { ... on ${type}Success { credential { id version } } ... on UserError { message } }
    }`,
    { input },
  );
  const { credential } = Object(data?.[name]);
  expect(credential).toEqual({ id: expect.any(String), version: expect.any(Number) });
  return credential;
}

/** The outcome of asking AWS with a credential, which takes its secret. */
async function testSettings(app: TestApp, credentialId: string): Promise<unknown> {
  const { data } = await app.graphql(
    `mutation ($input: TestKinesisSettingsInput!) {
      testKinesisSettings(input: $input) { ... on TestKinesisSettingsSuccess { test { passed } } }
    }`,
    { input: { credentialId, region: 'us-east-1', stream: 'profiles' } },
  );
  return data?.['testKinesisSettings'];
}

test('secrets that were sealed with the old key open without it, those of previous versions too', {
  timeout: TIMEOUT_MS,
}, async () => {
  const secret = { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET };
  const first = await start(null, 'default');
  const { apiKey } = first;
  const creation = { kind: 'ACCESS_KEY', name: 'c', ...secret, idempotencyKey: 'once' };
  const { id } = await change(first, 'createCredential', creation);
  await change(first, 'rotateCredential', { id, expectedVersion: 1, ...secret });
  await first[Symbol.asyncDispose]();
  await expect(start(apiKey, 'next')).rejects.toThrow('`default` is missing, and 2 stored secret(s)');
  const both = await start(apiKey, 'next', 'default');

  const { status, stdout, stderr } = await rewrap('next', 'default');

  expect(stderr.replace(/\(node:\d+\) Warning: [\s\S]*/, '')).toBe('');
  expect(stdout).toContain('The current encryption key is `next`. Stored secrets: 2 under `default`.');
  expect(stdout).toContain('2 of 2 looked at, 2 put under `next`\nNow: 2 under `next`.\nNothing is left');
  expect(status).toBe(0);
  expect(await testSettings(both, id)).toEqual({ test: { passed: true } });
  await both[Symbol.asyncDispose]();
  await using last = await start(apiKey, 'next');
  expect(await testSettings(last, id)).toEqual({ test: { passed: true } });
  expect((await change(last, 'createCredential', creation)).id).toBe(id);
  await change(last, 'revertCredentialRotation', { id, expectedVersion: 2 });
  expect(await testSettings(last, id)).toEqual({ test: { passed: true } });
});

test('killed in the middle, it is run again and does the rest; what cannot be opened is named, with status 1', {
  timeout: TIMEOUT_MS,
}, async () => {
  await sql`truncate workspace, key_check cascade`.execute(database.db);
  await addCredentials(150);
  const script = join(import.meta.dirname, '..', '..', 'src', 'rewrap.ts');
  await database.db.transaction().execute(async (tx) => {
    // Holds up the second page: the first has 100.
    await sql`select from credential order by id desc limit 1 for update`.execute(tx);
    const environment = { DATABASE_URL: database.connection, ENCRYPTION_KEYS: listOf('next', 'default') };
    await using killed = startChildScript(script, [], environment);
    await until(() => expect(killed.lines.join()).toContain('100 of 150'), { timeoutMs: 60_000 });
    await killed.kill();
  });
  await until(async () => expect(await readCounts()).toEqual({ default: 50, next: 100 }));
  await sql`update credential set secret_sealed = set_byte(secret_sealed, 20, get_byte(secret_sealed, 20) # 1)
    where id = (select max(id) from credential)`.execute(database.db);

  const { status, stdout } = await rewrap('next', 'default');

  expect(stdout).toMatch(/credential \d+ \(secret 1\) cannot be opened/);
  expect(stdout).toContain('150 of 150 looked at, 49 put under `next`');
  expect(stdout).toContain('Now: 149 under `next`, 1 under `default`.\nSome are left');
  expect(status).toBe(1);
  expect(await readCounts()).toEqual({ default: 1, next: 149 });
});

test('without the key that secrets are under it says so, and with a flag it says that it takes none', {
  timeout: TIMEOUT_MS,
}, async () => {
  await sql`truncate workspace, key_check cascade`.execute(database.db);
  await addCredentials(1);

  const [missing, flag] = await Promise.all([rewrap('next'), runCli(['rewrap', '--watch'])]);

  expect(missing).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('The encryption key `default` is missing'),
  });
  expect(flag).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('rewrap takes no --watch; it takes no flags'),
  });
});

const readCounts = async () => Object.fromEntries(await countSeals(database.db));

/** Sealed with the key `default`. */
async function addCredentials(count: number): Promise<void> {
  const { db } = database;
  const ring = { currentId: 'default', keys: new Map([['default', keys.default]]) };
  const services = createServices({ db, seal: await loadSecretSeal(db, ring) });
  const { rows } = await sql<{ id: number }>`
    insert into workspace (name, external_id) values ('w', 'e') returning id`.execute(db);
  const input = { kind: 'ACCESS_KEY' as const, name: 'c', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET };
  for (let made = 0; made < count; made += 1) await services.credentials.create(rows[0]?.id ?? 0, input);
}
