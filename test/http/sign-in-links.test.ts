/** Links that sign in once, over real HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { HttpServer } from '../../src/http/server.js';
import { registerSignInRoutes } from '../../src/http/sign-in-links.js';
import { startRouteServer, usualLimits } from '../support/route-server.js';

let server: HttpServer;
let time = 0;

beforeAll(async () => {
  const viewer = { actor: { kind: 'API_KEY' as const, name: 'k' }, role: 'VIEWER' as const, workspaceId: 1 };
  server = await startRouteServer((scope) =>
    registerSignInRoutes(scope, {
      authenticate: async (key) => (key === 'good' ? { ...viewer, expiresAt: null } : null),
      now: () => time,
      limits: usualLimits(),
    }),
  );
});
afterAll(() => server?.[Symbol.asyncDispose]());

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
  return fetch(server.url + path, { ...options, body: JSON.stringify(body) });
}

async function makeToken(): Promise<string> {
  const response = await post('/sign-in-links', {}, { authorization: 'Bearer good' });
  const { path } = z.object({ path: z.string() }).parse(await response.json());
  return path.replace('/#sign-in=', '');
}

const spent = {
  errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'SIGN_IN_LINK_SPENT' }) })],
};

test('a link gives its key back once, and neither holds it nor is kept by caches', async () => {
  const made = await post('/sign-in-links', {}, { authorization: 'Bearer good' });
  const link = z.object({ path: z.string(), expiresAt: z.iso.datetime() }).parse(await made.json());
  const token = link.path.replace('/#sign-in=', '');
  const first = await post('/sign-ins', { token });

  expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
  expect(link.path).toMatch(/^\/#sign-in=[\w-]{43}$/);
  expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(await first.json()).toEqual({ apiKey: 'good' });
  const second = await post('/sign-ins', { token });
  expect([second.status, await second.json()]).toEqual([410, spent]);
});

test('a link is made with a valid key only', async () => {
  expect((await post('/sign-in-links', {})).status).toBe(401);
  expect((await post('/sign-in-links', {}, { authorization: 'Bearer bad' })).status).toBe(401);
});

test('of fifty who open one link at the same time, one gets the key', async () => {
  const token = await makeToken();
  const answers = await Promise.all(Array.from({ length: 50 }, () => post('/sign-ins', { token })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('a link waits ten minutes', async () => {
  const [early, late] = [await makeToken(), await makeToken()];
  time += 599_999;
  expect((await post('/sign-ins', { token: early })).status).toBe(200);
  time += 1;
  expect((await post('/sign-ins', { token: late })).status).toBe(410);
});

test('of more than a thousand that wait, the oldest give way', async () => {
  const oldest = await makeToken();
  for (let index = 0; index < 1_000; index += 1) await makeToken();
  expect((await post('/sign-ins', { token: oldest })).status).toBe(410);
});

test.each([{}, { token: 7 }, { token: 'x'.repeat(1_000) }, [], 'text', null])('%j is no link', async (body) => {
  const response = await post('/sign-ins', body);
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
});
