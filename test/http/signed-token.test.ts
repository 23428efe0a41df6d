/** Signed tokens over HTTP and WebSocket, at a real server: the caller is the token's, and its sockets end with it. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
let privateKey: KeyObject;
let workspace: unknown;

beforeAll(async () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  privateKey = keys.privateKey;
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' });
  app = await startTestApp({
    connection: database.connection,
    environment: { JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'tributary', JWT_PUBLIC_KEY: `${publicKey}` },
  });
  workspace = (await app.graphql('{ viewer { workspace { id } } }')).data?.['viewer'];
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

test('a token is its subject, and may do what its role may', async () => {
  const token = await sign('OPERATOR', '1m');

  expect(await ask(token, '{ viewer { role actor { kind name } expiresAt } }')).toMatchObject({
    data: { viewer: { role: 'OPERATOR', actor: { kind: 'TOKEN', name: 'ada' }, expiresAt: expect.any(String) } },
  });
  const refused = await ask(token, 'mutation { createApiKey(input: { name: "x", role: ADMIN }) { __typename } }');
  expect(refused.errors?.[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
});

test('one that has expired, or was signed by another, is refused as any unknown key is', async () => {
  const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  for (const token of [await sign('ADMIN', 1_000), await sign('ADMIN', '1m', other)])
    expect(await ask(token, '{ viewer { role } }')).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
});

test('a socket ends within a second of its token', async () => {
  const expiresAt = Math.floor(Date.now() / 1_000) + 2;
  const token = await sign('VIEWER', expiresAt);
  const socket = new WebSocket(`${app.wsUrl}`, 'graphql-transport-ws');
  socket.on('open', () =>
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })),
  );

  const [code] = await once(socket, 'close');

  const at = Date.now();
  expect(code).toBe(4403);
  expect(at).toBeGreaterThanOrEqual(expiresAt * 1_000);
  expect(at).toBeLessThan((expiresAt + 1) * 1_000);
});

async function sign(role: string, expires: string | number, key = privateKey): Promise<string> {
  const claims = { role, workspace: Object(workspace).workspace.id };
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('https://id.example')
    .setAudience('tributary')
    .setSubject('ada')
    .setExpirationTime(expires)
    .sign(key);
}

async function ask(token: string, query: string): Promise<{ data?: unknown; errors?: unknown[] }> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const answer: unknown = await response.json();
  return typeof answer === 'object' && answer !== null ? answer : {};
}
