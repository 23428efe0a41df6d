import { type IncomingMessage, request } from 'node:http';
import { CloseCode } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { connect, startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({
    connection: database.connection,
    environment: { MAX_BODY_BYTES: '4096', WEBSOCKET_ORIGINS: 'https://app.example' },
  });
});
afterAll(() => app?.[Symbol.asyncDispose]());

interface RawSocket {
  readonly messages: unknown[];
  readonly closed: Promise<{ code: number; reason: string }>;
  send(message: unknown): void;
}

/** A socket without a client library, for what no client would send. */
function open(protocol = 'graphql-transport-ws', url = app.wsUrl): RawSocket {
  const socket = new WebSocket(url, protocol);
  const messages: unknown[] = [];
  socket.on('message', (message) => messages.push(JSON.parse(String(message))));
  const opened = new Promise((resolve) => socket.once('open', resolve));
  const closed = new Promise<{ code: number; reason: string }>((resolve, reject) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    socket.once('error', reject);
  });
  const send = (message: unknown) =>
    void opened.then(() => socket.send(typeof message === 'string' ? message : JSON.stringify(message)));
  return { messages, closed, send };
}

const init = (authorization: unknown) => ({ type: 'connection_init', payload: { authorization } });

const failure = z.array(
  z.object({ message: z.string(), extensions: z.object({ code: z.string(), requestId: z.string() }) }),
);

/** What a client is told about an operation that is refused. */
async function refusal(query: string, variables: Record<string, unknown> = {}) {
  const client = connect(app.wsUrl, app.apiKey);
  try {
    await client.iterate({ query, variables }).next();
  } catch (error) {
    const [first] = failure.parse(error);
    return { code: first?.extensions.code, requestId: first?.extensions.requestId, message: first?.message };
  } finally {
    await client.dispose();
  }
  throw new Error('The operation was not refused.');
}

test.each(['query { __typename }', 'mutation { deleteSegment(input: { segmentId: "x" }) { __typename } }'])(
  '%s is refused over WebSocket, and the error says where to send it',
  async (query) => {
    const { code, message, requestId } = await refusal(query);

    expect(code).toBe('BAD_REQUEST');
    expect(message).toMatch(/only subscriptions.*HTTP POST/);
    expect(requestId).toMatch(/^[\w-]+$/);
  },
);

test('a query that cannot be parsed is told so with its code', async () => {
  expect(await refusal('subscription {')).toMatchObject({ code: 'GRAPHQL_PARSE_FAILED' });
});

test('an operation that is not there is told so with its code', async () => {
  expect(await refusal('fragment F on Query { __typename }')).toMatchObject({ code: 'OPERATION_RESOLUTION_FAILURE' });
});

test.each([undefined, '', 'Bearer ', 'Bearer trb_wrong', 7])(
  'the key %j is refused with 4403',
  async (authorization) => {
    const socket = open();
    socket.send(init(authorization));

    expect(await socket.closed).toMatchObject({ code: CloseCode.Forbidden });
  },
);

test('an operation before connection_init is refused with 4401', async () => {
  const socket = open();
  socket.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { __typename }' } });

  expect(await socket.closed).toMatchObject({ code: CloseCode.Unauthorized });
});

test('a message that is no JSON closes its socket with 4400', async () => {
  const socket = open();
  socket.send('nonsense');

  expect(await socket.closed).toMatchObject({ code: CloseCode.BadRequest });
});

test('a message beyond the limit closes its socket with 1009', async () => {
  const socket = open();
  socket.send({ type: 'ping', payload: { text: 'x'.repeat(5_000) } });

  expect(await socket.closed).toMatchObject({ code: 1009 });
});

describe('the origin of a web page', () => {
  const upgrade = (origin: string) =>
    new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(app.wsUrl, 'graphql-transport-ws', { origin });
      socket.once('open', () => resolve(101));
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('error', reject);
    });

  test('may be its own server, or one that the operator listed', async () => {
    expect(await upgrade(new URL(app.wsUrl).origin.replace('ws', 'http'))).toBe(101);
    expect(await upgrade(`https://${new URL(app.wsUrl).host}`)).toBe(101);
    expect(await upgrade('https://app.example')).toBe(101);
  });

  test.each(['https://evil.example', 'http://app.example', 'https://app.example.evil.example', 'null'])(
    'is refused when it is %s',
    async (origin) => {
      expect(await upgrade(origin)).toBe(403);
    },
  );

  test('is named with what to do', async () => {
    const { hostname, port } = new URL(app.wsUrl);
    const headers = {
      ...{ connection: 'upgrade', upgrade: 'websocket', origin: 'https://evil.example' },
      ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ hostname, port, path: '/graphql', headers }, resolve).on('error', reject).end();
    });
    expect(JSON.parse(String(Buffer.concat(await answer.toArray())))).toMatchObject({
      errors: [{ message: expect.stringContaining('WEBSOCKET_ORIGINS'), extensions: { code: 'ORIGIN_NOT_ALLOWED' } }],
    });
  });
});

test('another address is no place for sockets', async () => {
  const socket = open('graphql-transport-ws', `${app.wsUrl}/other`);

  await expect(socket.closed).rejects.toThrow('404');
});

test('a revoked key closes its sockets within a second', async () => {
  const socket = open();
  socket.send(init(`Bearer ${app.apiKey}`));
  await until(() => expect(socket.messages).toEqual([{ type: 'connection_ack' }]));
  await database.pool.query('update api_key set revoked_at = clock_timestamp()');
  const revokedAt = performance.now();

  const { code } = await socket.closed;

  expect(code).toBe(CloseCode.Forbidden);
  expect(performance.now() - revokedAt).toBeLessThan(1_000);
  await database.pool.query('update api_key set revoked_at = null');
});
