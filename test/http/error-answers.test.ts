import { connect as connectTcp } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { REQUEST_ERRORS } from '../../src/domain/error-catalogue.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ connection: database.connection, environment: { MAX_BODY_BYTES: '2048' } });
});
afterAll(() => app?.[Symbol.asyncDispose]());

const errorBody = z.object({
  errors: z.tuple([
    z.object({
      message: z.string().min(10),
      // Of the catalogue, where clients look them up.
      extensions: z.object({ code: z.enum(Object.keys(REQUEST_ERRORS)), requestId: z.string().min(1) }),
    }),
  ]),
});

/** Sends, and checks what every refusal has in common. */
async function refusal(path: string, init: RequestInit = {}) {
  const headers = {
    authorization: `Bearer ${app.apiKey}`,
    'content-type': 'application/json',
    ...Object(init.headers),
  };
  const response = await fetch(`${app.url}${path}`, { ...init, headers });
  const text = await response.text();
  const { message, extensions } = errorBody.parse(JSON.parse(text)).errors[0];
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(response.headers.get('x-request-id')).toBe(extensions.requestId);
  expect(text).not.toMatch(/node_modules|\.ts:|stack/);
  return { status: response.status, code: extensions.code, message, headers: response.headers };
}

const post = (body: RequestInit['body'], headers: Record<string, string> = {}) =>
  refusal('/graphql', { method: 'POST', body, headers });

describe('every refusal is JSON with a code and a request id', () => {
  test.each([
    ['malformed JSON', '{"query": "{ secret-value', 400, 'BAD_REQUEST'],
    ['an empty body', '', 400, 'BAD_REQUEST'],
    ['a body that is a list of requests', '[{"query":"{ __typename }"}]', 400, 'BAD_REQUEST'],
    ['a body that is no object', '"text"', 400, 'BAD_REQUEST'],
    ['a body without a query', '{}', 400, 'BAD_REQUEST'],
    ['a query of another type', '{"query":5}', 400, 'BAD_REQUEST'],
    ['variables of another type', '{"query":"{ __typename }","variables":[]}', 400, 'BAD_REQUEST'],
    ['a body beyond the limit', `{"query":"${'x'.repeat(3_000)}"}`, 413, 'PAYLOAD_TOO_LARGE'],
    ['a syntax error', '{"query":"{"}', 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{"query":"{ nothing }"}', 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown operation', '{"query":"{ __typename }","operationName":"Other"}', 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['a key of the prototype', '{"__proto__":{"query":"{ __typename }"}}', 400, 'BAD_REQUEST'],
  ])('%s', async (_name, body, status, code) => {
    const answer = await post(body);

    expect(answer).toMatchObject({ status, code });
    expect(answer.message).not.toContain('secret-value');
  });

  test('bytes that are not UTF-8', async () => {
    const answer = await post(new Uint8Array([...Buffer.from('{"query":"{ __typename } #'), 0xff, 0x22, 0x7d]));

    expect(answer).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    expect(answer.message).toContain('UTF-8');
  });

  test.each(['utf-16', '"latin1"'])('charset %s', async (charset) => {
    const answer = await post('{"query":"{ __typename }"}', { 'content-type': `application/json; charset=${charset}` });

    expect(answer).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  test.each(['gzip', 'br', 'GZIP, identity'])('content encoding %s', async (encoding) => {
    const answer = await post(gzipSync('{"query":"{ __typename }"}'), { 'content-encoding': encoding });

    expect(answer).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    expect(answer.message).toContain('content-encoding');
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'content type %s',
    async (contentType) => {
      const answer = await post('{"query":"{ __typename }"}', { 'content-type': contentType });

      expect(answer).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    },
  );

  test('a mutation by GET', async () => {
    const query = encodeURIComponent('mutation { deleteSegment(input: { segmentId: "x" }) { __typename } }');

    expect(await refusal(`/graphql?query=${query}`)).toMatchObject({ status: 405, code: 'BAD_REQUEST' });
  });

  test.each(['/nothing', '/graphql/more', '/health'])('unknown address %s', async (path) => {
    expect(await refusal(path)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  test.each([
    ['PUT', '/graphql', 'GET, POST'],
    ['DELETE', '/graphql', 'GET, POST'],
    ['OPTIONS', '/graphql', 'GET, POST'],
    ['POST', '/metrics', 'GET'],
  ])('method %s of %s', async (method, path, allow) => {
    const answer = await refusal(path, { method });

    expect(answer).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test('an address with broken percent-encoding', async () => {
    expect(await refusal('/%zz')).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  test.each([
    ['what is no HTTP', 'nonsense\r\n\r\n', '400 Bad Request', 'BAD_REQUEST'],
    [
      'headers beyond 16 KiB',
      `GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`,
      '431 ',
      'HEADERS_TOO_LARGE',
    ],
    [
      'an expectation that nobody knows',
      'GET /health/live HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\nconnection: close\r\n\r\n',
      '417 ',
      'EXPECTATION_FAILED',
    ],
  ])('%s', async (_name, bytes, status, code) => {
    const answer = await exchange(bytes);

    expect(answer).toContain(`HTTP/1.1 ${status}`);
    expect(answer).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/);
    expect(errorBody.parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).errors[0].extensions.code).toBe(code);
  });
});

describe('a web page of another origin cannot call with what its browser sends by itself', () => {
  const SIMPLE_TYPES = [null, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];
  const fromPage = (method: string, headers: Record<string, string>, body: string | null = null) =>
    fetch(`${app.url}/graphql${method === 'GET' ? '?query={__typename}' : ''}`, {
      method,
      headers: { origin: 'https://elsewhere.example', cookie: `key=${app.apiKey}`, ...headers },
      // As bytes: of a text fetch tells its type.
      body: body && Buffer.from(body),
    });

  test.each(SIMPLE_TYPES)('by POST with content type %s', async (contentType) => {
    const headers: Record<string, string> = contentType ? { 'content-type': contentType } : {};
    const response = await fromPage('POST', headers, '{"query":"{ __typename }"}');

    expect(errorBody.parse(await response.json()).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    expect(response.status).toBe(401);
  });

  test('by GET', async () => {
    expect((await fromPage('GET', {})).status).toBe(401);
  });

  test('nor with the header that a preflight has to allow', async () => {
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
    const authorization = `Bearer ${app.apiKey}`;
    const answers = [
      await fromPage('OPTIONS', asked),
      await fromPage('POST', { authorization, 'content-type': 'application/json' }, '{"query":"{ __typename }"}'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([405, 200]);
    const granted = answers.flatMap(({ headers }) => [...headers.keys()].filter((name) => name.startsWith('access-')));
    expect(granted).toEqual([]);
  });
});

test('a body that says it is not encoded is read, as is one that was announced', async () => {
  const headers = { 'content-encoding': 'identity' };
  expect(await post('{}', headers)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });

  const own = `host: x\r\nauthorization: Bearer ${app.apiKey}\r\ncontent-type: application/json\r\nconnection: close`;
  const query = '{"query":"{ __typename }"}';
  const announced = `POST /graphql HTTP/1.1\r\n${own}\r\nexpect: 100-continue\r\ncontent-length: ${query.length}\r\n\r\n`;
  const answer = await exchange(announced + query);

  expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
});

test('a request id that is well formed comes back; another is replaced', async () => {
  const idOf = async (given: string) =>
    (await refusal('/nothing', { headers: { 'x-request-id': given } })).headers.get('x-request-id');

  expect(await idOf('abc_DEF-123')).toBe('abc_DEF-123');
  expect(await idOf('with space')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await idOf('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
});

test('answers without a fault carry a request id too', async () => {
  expect((await app.graphql('{ __typename }')).requestId).toMatch(/^[0-9a-f-]{36}$/);
});

test('values of variables never come back in messages', async () => {
  const query = 'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { __typename } }';

  const answer = await app.graphql(query, { input: { segmentId: { deep: 'hunter2' }, nmae: 'hunter2' } });

  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.errors)).not.toContain('hunter2');
  expect(answer.errors.map(({ message }) => message)).toContain(
    'Variable "$input" got an invalid value at "input.segmentId"; Expected type "String".',
  );
  expect(answer.errors.every(({ extensions }) => extensions.code === 'BAD_USER_INPUT')).toBe(true);
});

test('a cursor that is malformed is bad input, named in place', async () => {
  const answer = await app.graphql('{ segments(after: "forged") { nodes { id } } }');

  expect(answer.errors[0]).toMatchObject({
    path: ['segments'],
    extensions: { code: 'BAD_USER_INPUT', requestId: answer.requestId },
  });
});

function exchange(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const { hostname, port } = new URL(app.url);
    const socket = connectTcp(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
