/** Bad input over WebSocket: a message that breaks the protocol closes its socket, an operation that is wrong is told so on it. */
import { CloseCode } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let app: TestApp;
let destinationId: string;
let exportId: string;
let otherCursor: string;

beforeAll(async () => {
  const environment = { ROLE: 'api', NODE_ENV: 'production' };
  app = await startTestApp({ connection: database.connection, environment });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['s']);
  await frontend.ingest('profiles', [{ profileId: 'p', memberships: [{ segmentId: 's', status: 'realized' }] }]);
  const order = { segmentIds: ['s'], attributes: [] };
  const setUp = await frontend.setUp({ stream: 'profiles', ...order });
  destinationId = setUp.destinationId;
  exportId = (await frontend.triggerExport(setUp.activationId)).id;
  otherCursor = await frontend.readEventCursor((await frontend.setUp({ stream: 'others', ...order })).destinationId);
});
afterAll(() => app?.[Symbol.asyncDispose]());

interface OpenedSocket {
  readonly heard: string[];
  closed: { code: number; reason: string } | null;
  send(message: unknown): void;
  close(): void;
}

/** A socket that has been let in, without a client library: for what no client would send. */
async function open(): Promise<OpenedSocket> {
  const socket = new WebSocket(app.wsUrl, 'graphql-transport-ws');
  const opened: OpenedSocket = {
    heard: [],
    closed: null,
    send: (message) =>
      socket.send(typeof message === 'string' || message instanceof Buffer ? message : JSON.stringify(message)),
    close: () => socket.close(),
  };
  socket.on('message', (message) => opened.heard.push(String(message)));
  socket.on('close', (code, reason) => {
    opened.closed = { code, reason: String(reason) };
  });
  await new Promise((resolve) => socket.once('open', resolve));
  opened.send({ type: 'connection_init', payload: { authorization: `Bearer ${app.apiKey}` } });
  await until(() => opened.heard.length === 1);
  return opened;
}

const subscribe = (payload: unknown, id: unknown = '1') => ({ id, type: 'subscribe', payload });
const PROGRESS = 'subscription ($id: ID!) { exportProgress(exportId: $id) { id } }';
/** A root field that needs no variable. */
const BARE = 'exportProgress(exportId: "x") { id }';
const EVENTS = `subscription ($id: ID!, $after: String) { deliveryEvents(destinationId: $id, after: $after) {
  __typename ... on StreamEnded { code message }
} }`;
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('a message closes its socket, and nothing of it comes back, if it is', () => {
  test.each<[string, unknown]>([
    ['no JSON', 'hunter2'],
    ['half a JSON', '{"type":"subscribe","id":"1","payload":{"query":"hunter2'],
    ['a list', [subscribe({ query: PROGRESS })]],
    ['a text', '"hunter2"'],
    ['null', 'null'],
    ['empty', ''],
    ['without a type', { id: '1', payload: { query: 'hunter2' } }],
    ['of a type that is no text', { type: { hunter2: 1 } }],
    ['of an unknown type', { type: 'hunter2' }],
    ['of a type of the prototype', { type: '__proto__' }],
    ['a result, which servers send', { id: '1', type: 'next', payload: { data: 'hunter2' } }],
    ['an error, which servers send', { id: '1', type: 'error', payload: [{ message: 'hunter2' }] }],
    ['an acknowledgement, which servers send', { type: 'connection_ack' }],
    ['JSON of a key of the prototype', '{"__proto__":{"id":"1","type":"subscribe","payload":{"query":"hunter2"}}}'],
    ['subscribe without an id', { type: 'subscribe', payload: { query: PROGRESS } }],
    ['subscribe with an empty id', subscribe({ query: PROGRESS }, '')],
    ['subscribe with a number as its id', subscribe({ query: PROGRESS }, 1)],
    ['subscribe without a payload', { id: '1', type: 'subscribe' }],
    ['subscribe with a text as its payload', subscribe('hunter2')],
    ['subscribe with a list of requests', subscribe([{ query: PROGRESS }])],
    ['subscribe without a query', subscribe({ variables: {} })],
    ['subscribe with a query of another type', subscribe({ query: { hunter2: 1 } })],
    ['subscribe with variables of another type', subscribe({ query: PROGRESS, variables: ['hunter2'] })],
    ['subscribe with variables that are a text', subscribe({ query: PROGRESS, variables: 'hunter2' })],
    ['subscribe with an operation name of another type', subscribe({ query: PROGRESS, operationName: 7 })],
    ['subscribe with extensions of another type', subscribe({ query: PROGRESS, extensions: 'hunter2' })],
    ['complete without an id', { type: 'complete' }],
    ['ping with a text as its payload', { type: 'ping', payload: 'hunter2' }],
  ])('%s', async (_what, message) => {
    const socket = await open();
    socket.send(message);
    await until(() => socket.closed !== null);

    expect(socket.closed?.code).toBe(CloseCode.BadRequest);
    expect(socket.closed?.reason).not.toMatch(/hunter2|node_modules|\.[jt]s:/);
    expect(socket.heard).toHaveLength(1);
  });

  test.each([
    ['text that is not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['bytes with an id that is not UTF-8', Buffer.from(JSON.stringify(subscribe({ query: '' }))).fill(0xff, 9, 10)],
  ])('%s', async (_what, bytes) => {
    const socket = await open();
    socket.send(bytes);
    await until(() => socket.closed !== null);

    expect([1007, CloseCode.BadRequest]).toContain(socket.closed?.code);
  });

  test('a second connection_init, or a second subscription of one id', async () => {
    const [twice, same] = [await open(), await open()];
    twice.send({ type: 'connection_init', payload: { authorization: 'Bearer hunter2' } });
    for (const _ of [1, 2]) same.send(subscribe({ query: EVENTS, variables: { id: destinationId } }));
    await until(() => twice.closed !== null && same.closed !== null);

    expect(twice.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' });
    expect(same.closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' });
  });
});

const refusal = z.object({
  id: z.literal('1'),
  type: z.literal('error'),
  payload: z.array(
    z.object({ message: z.string(), extensions: z.object({ code: z.string(), requestId: z.string() }) }),
  ),
});
const result = z.object({
  type: z.literal('next'),
  payload: z.object({ errors: refusal.shape.payload.default([]) }),
});

/** The first answer to a subscription, after which its socket still serves. */
async function firstAnswer(payload: string): Promise<unknown> {
  const socket = await open();
  socket.send(`{"id":"1","type":"subscribe","payload":${payload}}`);
  await until(() => socket.heard.length > 1);
  const [, answer = ''] = socket.heard;
  socket.send({ id: '1', type: 'complete' });
  socket.send({ type: 'ping' });
  await until(() => socket.heard.some((text) => text.includes('"pong"')));
  socket.close();
  expect(answer).not.toMatch(/hunter2|node_modules|\.[jt]s:|stack/);
  return JSON.parse(answer);
}

/** Codes with which it is refused, before or while it runs. */
async function refusedWith(payload: string): Promise<string[]> {
  const answer = await firstAnswer(payload);
  const errors = refusal.safeParse(answer).data?.payload ?? result.parse(answer).payload.errors;
  for (const { extensions } of errors) expect(extensions.requestId).toMatch(/^[\w-]+$/);
  return [...new Set(errors.map(({ extensions }) => extensions.code))];
}

const ask = (query: string, variables: unknown = {}, more: object = {}) =>
  JSON.stringify({ query, variables, ...more });

describe('a subscription is refused with its code, on a socket that serves on, if it has', () => {
  test.each<[string, string, string]>([
    ['an empty query', ask(''), 'GRAPHQL_PARSE_FAILED'],
    ['a syntax error', ask('subscription { exportProgress(exportId: "hunter2"'), 'GRAPHQL_PARSE_FAILED'],
    ['NUL in its query', ask('subscription { \0 }'), 'GRAPHQL_PARSE_FAILED'],
    ['too deep a query', ask(`subscription { ${'a { '.repeat(4_000)}`), 'GRAPHQL_PARSE_FAILED'],
    ['too many tokens', ask(`subscription { ${'__typename '.repeat(2_001)} }`), 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', ask('subscription { nothing { id } }'), 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown argument', ask('subscription { exportProgress(id: "hunter2") { id } }'), 'GRAPHQL_VALIDATION_FAILED'],
    ['no argument', ask('subscription { exportProgress { id } }'), 'GRAPHQL_VALIDATION_FAILED'],
    ['two root fields', ask(`subscription { a: ${BARE} b: ${BARE} }`), 'GRAPHQL_VALIDATION_FAILED'],
    ['the schema as its subject', ask('subscription { __schema { types { name } } }'), 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown operation', ask(PROGRESS, {}, { operationName: 'Other' }), 'OPERATION_RESOLUTION_FAILURE'],
    [
      'several operations and no name',
      ask(`subscription A { ${BARE} } subscription B { ${BARE} }`),
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a variable missing', ask(PROGRESS), 'BAD_USER_INPUT'],
    ['null for a variable', ask(PROGRESS, { id: null }), 'BAD_USER_INPUT'],
    ['an object for a text', ask(PROGRESS, { id: { hunter2: 'hunter2' } }), 'BAD_USER_INPUT'],
    ['a list for a text', ask(PROGRESS, { id: ['hunter2'] }), 'BAD_USER_INPUT'],
    ['a truth for a text', ask(PROGRESS, { id: true }), 'BAD_USER_INPUT'],
    ['a number with a fraction for an id', ask(PROGRESS, { id: 1.5 }), 'BAD_USER_INPUT'],
    ['1,000 levels in a variable', `{"query":"${PROGRESS}","variables":{"id":${deep(1_000)}}}`, 'BAD_USER_INPUT'],
    [
      'a variable of the prototype alone',
      `{"query":"${PROGRESS}","variables":{"__proto__":{"id":"x"}}}`,
      'BAD_USER_INPUT',
    ],
  ])('%s', async (_what, payload, code) => {
    expect(await refusedWith(payload)).toEqual([code]);
  });

  test('a name that is nearly right, which production does not put right', async () => {
    const answer = JSON.stringify(await firstAnswer(ask('subscription { exportProgres(exportId: "x") { id } }')));

    expect(answer).toContain('GRAPHQL_VALIDATION_FAILED');
    expect(answer).not.toMatch(/did you mean|exportProgress/i);
  });

  test.each([
    ['0 items a page', 'exports(first: 0) { nodes { id } }'],
    ['101 items a page', 'exports(first: 101) { nodes { id } }'],
    ['-1 items a page', 'exports(last: -1) { nodes { id } }'],
    ['no cursor', 'exports(after: "hunter2") { nodes { id } }'],
    ['a cursor with NUL', 'exports(after: "\\u0000") { nodes { id } }'],
  ])('a list of %s in it', async (_what, list) => {
    const query = `subscription ($id: ID!) { exportProgress(exportId: $id) { id activation { ${list} } } }`;

    expect(await refusedWith(ask(query, { id: exportId }))).toEqual(['BAD_USER_INPUT']);
  });
});

const TEXTS: [string, () => string][] = [
  ['nothing', () => ''],
  ['nonsense', () => 'nonsense'],
  ['NUL', () => 'a\0'],
  ['half a character', () => '\ud800'],
  ['900,000 characters', () => 'x'.repeat(900_000)],
];

describe('a subscription ends by name with', () => {
  test.each([...TEXTS, ['the id of an export', () => exportId]])('%s as its destination', async (_what, makeId) => {
    const ended = { __typename: 'StreamEnded', code: 'NOT_FOUND', message: expect.any(String) };
    const answer = await firstAnswer(ask(EVENTS, { id: makeId() }));

    expect(answer).toMatchObject({ type: 'next', payload: { data: { deliveryEvents: ended } } });
  });

  test.each([...TEXTS, ['the id of a destination', () => destinationId]])(
    '%s as its export: null, once',
    async (_what, makeId) => {
      const answer = await firstAnswer(ask(PROGRESS, { id: makeId() }));

      expect(answer).toMatchObject({ type: 'next', payload: { data: { exportProgress: null } } });
    },
  );

  test.each([
    ...TEXTS,
    ['one of another destination', () => otherCursor],
    ['a truncated one', () => otherCursor.slice(0, -4)],
    ['a longer one', () => `${otherCursor}AAAA`],
  ])('%s as its cursor', async (_what, makeCursor) => {
    const ended = { __typename: 'StreamEnded', code: 'CURSOR_INVALID', message: expect.any(String) };
    const answer = await firstAnswer(ask(EVENTS, { id: destinationId, after: makeCursor() }));

    expect(answer).toMatchObject({ type: 'next', payload: { data: { deliveryEvents: ended } } });
  });
});

test('keys of the prototype among the variables pollute nothing, and what is not declared is left aside', async () => {
  const variables = `{"id":"none","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"other":"hunter2"}`;

  const answer = await firstAnswer(`{"query":"${PROGRESS}","variables":${variables}}`);

  expect(answer).toMatchObject({ type: 'next', payload: { data: { exportProgress: null } } });
  expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
});
