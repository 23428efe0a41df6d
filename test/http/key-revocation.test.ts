/** What becomes of a key's requests and sockets when it is revoked or changed, over real connections. */
import { CloseCode, createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { ACCESS_KEY_ID, SECRET } from '../support/destination-seed.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
});
afterAll(() => app?.[Symbol.asyncDispose]());

const created = z.object({ createApiKey: z.object({ key: z.string(), apiKey: z.object({ id: z.string() }) }) });

async function createKey(): Promise<{ key: string; id: string }> {
  const { data } = await app.graphql(
    'mutation { createApiKey(input: { name: "short", role: OPERATOR }) { ... on CreateApiKeySuccess { key apiKey { id } } } }',
  );
  const { key, apiKey } = created.parse(data).createApiKey;
  return { key, id: apiKey.id };
}

async function statusOf(key: string): Promise<number> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: '{"query":"{ __typename }"}',
  });
  await response.text();
  return response.status;
}

/** A destination to follow; its global id. */
async function createDestination(): Promise<string> {
  const credential = await app.graphql(
    'mutation ($input: CreateCredentialInput!) { createCredential(input: $input) { ... on CreateCredentialSuccess { credential { id } } } }',
    { input: { kind: 'ACCESS_KEY', name: 'test', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET } },
  );
  const { id: credentialId } = z
    .object({ createCredential: z.object({ credential: z.object({ id: z.string() }) }) })
    .parse(credential.data).createCredential.credential;
  const { data } = await app.graphql(
    `mutation ($input: CreateKinesisDestinationInput!) {
      createKinesisDestination(input: $input) { ... on CreateKinesisDestinationSuccess { destination { id } } }
    }`,
    { input: { name: 'test', region: 'us-east-1', stream: 'profiles', credentialId } },
  );
  return z.object({ createKinesisDestination: z.object({ destination: z.object({ id: z.string() }) }) }).parse(data)
    .createKinesisDestination.destination.id;
}

interface Follower {
  isRunning: boolean;
  /** The code that its socket was closed with; null while it is open. */
  closedWith: number | null;
}

/** A socket whose subscription is told its position at once, so that it is known to run. */
function follow(key: string, destinationId: string): Follower {
  const follower: Follower = { isRunning: false, closedWith: null };
  const client = createClient({
    url: app.wsUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${key}` },
    on: {
      closed(event) {
        follower.closedWith = z.object({ code: z.number() }).parse(event).code;
      },
    },
  });
  const query = 'subscription ($id: ID!) { deliveryEvents(destinationId: $id) { __typename } }';
  const next = () => {
    follower.isRunning = true;
  };
  client.subscribe({ query, variables: { id: destinationId } }, { next, error: () => {}, complete: () => {} });
  return follower;
}

test('within a second of revokeApiKey its requests get 401, and its sockets end with 4403', async () => {
  const { key, id } = await createKey();
  const destinationId = await createDestination();
  const follower = follow(key, destinationId);
  const other = follow(app.apiKey, destinationId);
  await until(() => expect([follower.isRunning, other.isRunning]).toEqual([true, true]));
  expect(await statusOf(key)).toBe(200);

  const { errors } = await app.graphql(
    'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { ... on RevokeApiKeySuccess { apiKey { revokedAt } } } }',
    { id },
  );
  const revokedAt = performance.now();

  expect(errors).toEqual([]);
  await until(() => expect(follower.closedWith).toBe(CloseCode.Forbidden));
  await until(async () => expect(await statusOf(key)).toBe(401));
  expect(performance.now() - revokedAt).toBeLessThan(1_000);
  expect(await statusOf(app.apiKey)).toBe(200);
  expect(other.closedWith).toBeNull();
});

test('a key whose role was lowered loses its sockets, since what runs on them was allowed by the old one', async () => {
  const { key, id } = await createKey();
  const destinationId = await createDestination();
  const follower = follow(key, destinationId);
  const other = follow(app.apiKey, destinationId);
  await until(() => expect([follower.isRunning, other.isRunning]).toEqual([true, true]));

  const { data } = await app.graphql(
    `mutation ($input: UpdateApiKeyInput!) {
      updateApiKey(input: $input) { ... on UpdateApiKeySuccess { apiKey { role } } }
    }`,
    { input: { id, expectedVersion: 1, role: 'VIEWER' } },
  );
  const loweredAt = performance.now();

  expect(data).toEqual({ updateApiKey: { apiKey: { role: 'VIEWER' } } });
  await until(() => expect(follower.closedWith).toBe(CloseCode.Forbidden));
  expect(performance.now() - loweredAt).toBeLessThan(1_000);
  expect(await statusOf(key)).toBe(200);
  expect(other.closedWith).toBeNull();
});
