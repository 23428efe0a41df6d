/** Sockets whose key cannot be checked: what is known of it without the database holds on. */
import { buildSchema } from 'graphql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Viewer } from '../../src/domain/viewer.js';
import type { HttpServer } from '../../src/http/server.js';
import { startGraphQLServer } from '../support/graphql-server.js';
import { until } from '../support/until.js';

const LASTING: Viewer = { actor: { kind: 'TOKEN', name: 'ada' }, role: 'VIEWER', workspaceId: 1, expiresAt: null };

let viewers: Map<string, Viewer>;
/** What becomes of a check; null: it is answered. */
let outage: (() => Promise<never>) | null;
let checks: number;
let server: HttpServer;
beforeEach(async () => {
  viewers = new Map([['lasting', LASTING]]);
  outage = null;
  checks = 0;
  server = await startGraphQLServer({
    schema: buildSchema('type Query { nothing: Int } type Subscription { nothing: Int }'),
    authenticate: async (key) => {
      checks += 1;
      return outage ? await outage() : (viewers.get(key) ?? null);
    },
    onLogLine: () => undefined,
  });
});
afterEach(() => server[Symbol.asyncDispose]());

interface OpenedSocket {
  /** Null while it is open. */
  closed: { code: number; at: number } | null;
}

async function open(key: string): Promise<OpenedSocket> {
  const opened: OpenedSocket = { closed: null };
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.on('close', (code) => {
    opened.closed = { code, at: Date.now() };
  });
  const acknowledged = new Promise((resolve) => socket.once('message', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
  await acknowledged;
  return opened;
}

test.each<[string, () => Promise<never>]>([
  ['fails', () => Promise.reject(new Error('database away'))],
  ['hangs', () => new Promise(() => undefined)],
])('while its check %s, a socket ends within a second of its token, and one that lasts stays', async (_how, fault) => {
  const expiresAt = new Date(Date.now() + 1_500);
  viewers.set('ending', { ...LASTING, expiresAt });
  const [ending, lasting] = [await open('ending'), await open('lasting')];
  outage = fault;

  await until(() => expect(ending.closed).not.toBeNull());

  expect(ending.closed?.code).toBe(4403);
  expect(ending.closed?.at).toBeGreaterThanOrEqual(expiresAt.getTime());
  expect(ending.closed?.at).toBeLessThan(expiresAt.getTime() + 1_000);
  const seen = checks;
  await until(() => expect(checks).toBeGreaterThan(seen));
  expect(lasting.closed).toBeNull();
});
