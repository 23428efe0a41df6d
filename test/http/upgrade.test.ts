/** Requests with an `upgrade` header, by raw sockets: who offers HTTP/2 gets his answer, who fails at a handshake is told so. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ connection: database.connection, environment: { MAX_BODY_BYTES: '300000' } });
});
afterAll(() => app?.[Symbol.asyncDispose]());

interface Answer {
  status: number;
  headers: string;
  body: unknown;
}

/** Sends parts one after the other, and reads until the server closes the connection. */
async function exchange(...parts: (string | Buffer)[]): Promise<Answer> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  for (const part of parts) await new Promise((resolve) => socket.write(part, resolve));
  const text = (await socket.toArray()).join('');
  const [headers = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(headers)?.[1]), headers, body: JSON.parse(body) };
}

/** The first lines of a request that offers HTTP/2, as `curl --http2` and Java's client send them. */
function offer(line: string, ...headers: string[]): string {
  const own = ['host: x', 'connection: Upgrade, HTTP2-Settings', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'];
  return `${[`${line} HTTP/1.1`, ...own, ...headers].join('\r\n')}\r\n\r\n`;
}

const authorization = () => `authorization: Bearer ${app.apiKey}`;
const QUERY = '{"query":"{ viewer { role } }"}';

describe('a request that offers another protocol is answered as any other', () => {
  test('at every address, with its own headers and its id', async () => {
    expect(await exchange(offer('GET /health/live', 'x-request-id: mine'))).toMatchObject({
      status: 200,
      headers: expect.stringMatching(/x-request-id: mine\r\n(.*\r\n)*connection: close/i),
    });
    expect(await exchange(offer('GET /nothing'))).toMatchObject({
      status: 404,
      body: { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
    });
    expect(await exchange(offer('GET /graphql?query=%7Bviewer%7Brole%7D%7D', authorization()))).toMatchObject({
      status: 200,
      body: { data: { viewer: { role: 'ADMIN' } } },
    });
  });

  test('with a body that comes with it, later, or in chunks', async () => {
    const headers = [authorization(), 'content-type: application/json'];
    const whole = offer('POST /graphql', ...headers, `content-length: ${QUERY.length}`);
    const chunked = offer('POST /graphql', ...headers, 'transfer-encoding: chunked');
    const answers = [
      await exchange(whole + QUERY),
      await exchange(whole, QUERY.slice(0, 9), QUERY.slice(9)),
      await exchange(chunked, `${QUERY.length.toString(16)}\r\n${QUERY}\r\n`, '0\r\n\r\n'),
    ];

    for (const answer of answers)
      expect(answer).toMatchObject({ status: 200, body: { data: { viewer: { role: 'ADMIN' } } } });
  });

  test('with a body that is large', async () => {
    const query = JSON.stringify({ query: `{ viewer { role } } #${'ä'.repeat(100_000)}` });
    const length = Buffer.byteLength(query);
    const headers = [authorization(), 'content-type: application/json', `content-length: ${length}`];

    expect(await exchange(Buffer.from(offer('POST /graphql', ...headers) + query))).toMatchObject({
      status: 200,
      body: { data: { viewer: { role: 'ADMIN' } } },
    });
  });

  test('and ends its connection, so that of too many headers none makes a body the next request', async () => {
    const smuggled = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';
    const many = Array.from({ length: 1_100 }, () => 'a: b');
    const answer = await exchange(offer('GET /nothing', ...many, `content-length: ${smuggled.length}`) + smuggled);

    expect(answer.body).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });
});

const key = () => `sec-websocket-key: ${randomBytes(16).toString('base64')}`;

test.each([
  ['without a key', 'GET', ['sec-websocket-version: 13']],
  ['with a key of another length', 'GET', ['sec-websocket-version: 13', 'sec-websocket-key: c2hvcnQ=']],
  ['without a version', 'GET', [key()]],
  ['of a version that nobody speaks', 'GET', ['sec-websocket-version: 99', key()]],
  ['with protocols that cannot be read', 'GET', ['sec-websocket-version: 13', key(), 'sec-websocket-protocol: ,']],
  ['by POST', 'POST', ['sec-websocket-version: 13', key(), 'content-length: 0']],
])('a handshake %s is refused with a code and a request id', async (_what, method, headers) => {
  const own = ['host: x', 'connection: Upgrade', 'upgrade: WebSocket', 'x-request-id: mine'];
  const answer = await exchange(`${[`${method} /graphql HTTP/1.1`, ...own, ...headers].join('\r\n')}\r\n\r\n`);

  expect(answer.status).toBe(400);
  expect(answer.headers).toMatch(/content-type: application\/json/);
  expect(answer.headers).toMatch(/x-request-id: mine\r\n/);
  expect(answer.headers).toMatch(/sec-websocket-version: 13, 8\r\n/);
  expect(refusal.parse(answer.body).errors[0]).toEqual({
    message: expect.stringContaining('sec-websocket-key'),
    extensions: { code: 'BAD_REQUEST', requestId: 'mine' },
  });
});

const refusal = z.object({ errors: z.tuple([z.unknown()]) });
