/** `lastUsedAt` of a credential's versions: every call to AWS counts, not only deliveries. */

import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { touchCredential } from '../../src/storage/credentials.js';
import { ACCESS_KEY_ID, createCredential, createDestination, keyOf, SECRET } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let sandbox: Sandbox;
let edge: TestEdge;
let credentialId: string;
let destinationId: string;

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.createStream('orders', 1);
  edge = await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint });
  credentialId = await createCredential(edge);
  destinationId = await createDestination(edge, credentialId);
  await sql`update credential set last_used_at = null`.execute(database.db);
});
afterEach(() => sandbox[Symbol.asyncDispose]());

async function readUse(): Promise<{ current: Date | null; previous: Date | null }> {
  const { data } = await edge.execute(
    'query ($id: ID!) { credential(id: $id) { current { lastUsedAt } previous { lastUsedAt } } }',
    { id: credentialId },
  );
  const { current, previous } = data.credential;
  return { current: current.lastUsedAt, previous: previous?.lastUsedAt ?? null };
}

async function run(operation: string, kind = 'query'): Promise<void> {
  const { data, errors } = await edge.execute(`${kind} { answer: ${operation} { __typename } }`);
  expect(errors).toEqual([]);
  expect(data.answer.__typename).toMatch(/Success$/);
}

test.each<[name: string, kind: string, input: (ids: { credential: string; destination: string }) => string]>([
  ['testDestination', 'mutation', ({ destination }) => `(input: { id: "${destination}" })`],
  [
    'testKinesisSettings',
    'mutation',
    ({ credential }) => `(input: { credentialId: "${credential}", region: "us-east-2", stream: "orders" })`,
  ],
  ['listStreams', 'query', ({ credential }) => `(credentialId: "${credential}", region: "us-east-2")`],
  ['previewPartitioning', 'query', ({ destination }) => `(destinationId: "${destination}")`],
])('%s is a use', async (name, kind, input) => {
  await run(`${name}${input({ credential: credentialId, destination: destinationId })}`, kind);

  expect(await readUse()).toEqual({ current: expect.any(String), previous: null });
});

test('rotateCredential is a use of the new secret, and not one of the old', async () => {
  const secret = `accessKeyId: "${ACCESS_KEY_ID}", secretAccessKey: "${SECRET}"`;

  await run(`rotateCredential(input: { id: "${credentialId}", expectedVersion: 1, ${secret} })`, 'mutation');

  expect(await readUse()).toEqual({ current: expect.any(String), previous: null });
});

test('a call that began with a secret which was replaced meanwhile is a use of the previous one', async () => {
  const secret = `accessKeyId: "${ACCESS_KEY_ID}", secretAccessKey: "${SECRET}"`;
  await run(`rotateCredential(input: { id: "${credentialId}", expectedVersion: 1, ${secret} })`, 'mutation');
  await sql`update credential set last_used_at = null`.execute(database.db);

  await touchCredential(database.db, { credentialId: keyOf(credentialId), secretVersion: 1 });

  expect(await readUse()).toEqual({ current: null, previous: expect.any(String) });
});

test('it is written at most once a minute', async () => {
  const read = async () => {
    const { rows } = await sql`select xmin::text from credential where id = ${keyOf(credentialId)}`.execute(
      database.db,
    );
    return rows;
  };
  await run(`testDestination(input: { id: "${destinationId}" })`, 'mutation');
  const first = await read();

  await run(`testDestination(input: { id: "${destinationId}" })`, 'mutation');
  expect(await read()).toEqual(first);

  await sql`update credential set last_used_at = now() - interval '61 seconds'`.execute(database.db);
  await run(`testDestination(input: { id: "${destinationId}" })`, 'mutation');
  const { rows } = await sql`
    select from credential
    where id = ${keyOf(credentialId)} and last_used_at > now() - interval '50 seconds'`.execute(database.db);
  expect(rows).toHaveLength(1);
});
