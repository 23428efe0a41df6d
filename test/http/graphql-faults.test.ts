import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { RequestError } from '../../src/domain/user-error.js';
import type { Viewer } from '../../src/domain/viewer.js';
import type { Context } from '../../src/graphql/context.js';
import type { HttpServer } from '../../src/http/server.js';
import { connect } from '../support/app.js';
import { startGraphQLServer } from '../support/graphql-server.js';
import { until } from '../support/until.js';

const viewer: Viewer = { actor: { kind: 'API_KEY', name: 'test' }, role: 'ADMIN', workspaceId: 1, expiresAt: null };

/** Stands for an error of a lower layer that means bad input. */
class BadCursor extends Error {}

const FAULTS: Record<string, () => unknown> = {
  bug: () => {
    throw new Error('relation "secret_table" does not exist');
  },
  forged: () => {
    throw new Error('Argument "x" has invalid value, says a bug of ours');
  },
  forbidden: () => {
    throw new RequestError('FORBIDDEN', 'This needs role ADMIN; yours is VIEWER.');
  },
  cursor: () => {
    throw new BadCursor('The cursor is malformed.');
  },
  nothing: () => null,
};

const faultFields = Object.fromEntries(
  Object.entries(FAULTS).map(([name, resolve]) => [name, { type: new GraphQLNonNull(GraphQLString), resolve }]),
);

let ended = 0;
let logged: string[] = [];
let server: HttpServer;

/** Counts to `to`, then waits until it is ended, as an event stream does. */
function countTo(to: number): AsyncIterableIterator<number> {
  let value = 0;
  let end = () => {};
  const ending = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    async next() {
      if (value < to) return { done: false, value: ++value };
      await ending;
      return { done: true, value: undefined };
    },
    async return() {
      ended += 1;
      end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      ...faultFields,
      echo: { type: GraphQLString, args: { text: { type: new GraphQLNonNull(GraphQLString), defaultValue: '' } } },
    },
  }),
  subscription: new GraphQLObjectType<unknown, Context>({
    name: 'Subscription',
    fields: {
      count: {
        type: GraphQLString,
        args: { to: { type: GraphQLInt } },
        subscribe: (_root, { to }) => countTo(to),
        resolve: (event, _args, { requestId }) => `${event} in ${requestId}`,
      },
      broken: { type: GraphQLString, subscribe: FAULTS['bug'] },
      brokenEvent: { type: GraphQLString, subscribe: () => countTo(1), resolve: FAULTS['bug'] },
    },
  }),
});

beforeEach(async () => {
  ended = 0;
  logged = [];
  server = await startGraphQLServer({
    schema,
    onLogLine: (line) => logged.push(line),
    badInputErrors: [BadCursor],
    authenticate: async (key) => (key === 'good' ? viewer : null),
  });
});
afterEach(() => server[Symbol.asyncDispose]());

async function post(query: string, variables: unknown = {}, operationName?: string) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer good' },
    body: JSON.stringify({ query, variables, operationName }),
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
}

const wsUrl = () => `${server.url.replace('http', 'ws')}/graphql`;

test.each(['bug', 'forged', 'nothing'])('our fault `%s` is masked, and logged with the request id', async (field) => {
  const { status, text, body } = await post(`{ ${field} }`);

  expect(status).toBe(200);
  expect(body.errors).toEqual([
    {
      message: 'Something went wrong on our side; quote the request id.',
      locations: [{ line: 1, column: 3 }],
      path: [field],
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'request-1' },
    },
  ]);
  expect(text).not.toMatch(/secret_table|stack/);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('"requestId":"request-1"');
});

test.each([
  ['forbidden', 'FORBIDDEN', 'This needs role ADMIN; yours is VIEWER.'],
  ['cursor', 'BAD_USER_INPUT', 'The cursor is malformed.'],
])("the client's mistake `%s` is told and not logged", async (field, code, message) => {
  const { body } = await post(`{ ${field} }`);

  expect(body.errors[0]).toMatchObject({ message, extensions: { code, requestId: 'request-1' } });
  expect(logged).toEqual([]);
});

test("an argument's null that only execution can see is the client's mistake", async () => {
  const { body } = await post('query ($text: String) { echo(text: $text) }', { text: null });

  expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  expect(logged).toEqual([]);
});

test('names that come near are not suggested where the schema is hidden', async () => {
  const { body } = await post('{ bugg }');

  expect(body.errors[0].message).toBe('Cannot query field "bugg" on type "Query".');
});

test.each([
  ['deep', `{ ${'a { '.repeat(4_000)}`],
  ['long', `{ ${'__typename '.repeat(10_001)} }`],
])('a query that is too %s is refused without a fault of ours', async (_name, query) => {
  const { status, body } = await post(query);

  expect(status).toBe(400);
  expect(body.errors[0].extensions.code).toBe('GRAPHQL_PARSE_FAILED');
  expect(logged).toEqual([]);
});

test.each([
  ['alone', 'subscription { count(to: 1) }', undefined],
  ['by its name', 'query Other { __typename } subscription Count { count(to: 1) }', 'Count'],
])(
  'a subscription over HTTP is refused before it runs, and told to use a WebSocket: %s',
  async (_name, query, operationName) => {
    const { status, body } = await post(query, {}, operationName);

    expect(status).toBe(400);
    expect(body).toEqual({
      errors: [
        {
          message:
            'Subscriptions are served over WebSocket only: open one at /graphql with the protocol graphql-transport-ws.',
          extensions: { code: 'BAD_REQUEST', requestId: expect.any(String) },
        },
      ],
    });
    expect(logged).toEqual([]);
  },
);

test('each event of a subscription has a context of its own', async () => {
  const client = connect(wsUrl(), 'good');
  const events = client.iterate({ query: 'subscription { count(to: 2) }' });

  const first = await events.next();
  const second = await events.next();

  expect([first.value, second.value]).toEqual([
    { data: { count: '1 in request-2' } },
    { data: { count: '2 in request-3' } },
  ]);
  await client.dispose();
});

test('a client that leaves ends its event stream, though that waits for an event', async () => {
  const client = connect(wsUrl(), 'good');
  const events = client.iterate({ query: 'subscription { count(to: 1) }' });
  await events.next();

  await client.dispose();

  await until(() => expect(ended).toBe(1));
});

test('faults of subscriptions are masked like those of queries', async () => {
  const client = connect(wsUrl(), 'good');

  const atStart = await client.iterate({ query: 'subscription { broken }' }).next();
  const atEvent = await client.iterate({ query: 'subscription { brokenEvent }' }).next();

  for (const { value } of [atStart, atEvent]) {
    expect(JSON.stringify(value)).not.toContain('secret_table');
    expect(value.errors[0].extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) });
  }
  expect(logged.filter((line) => line.includes('secret_table'))).toHaveLength(2);
  await client.dispose();
});

test("variables' values do not come back over WebSocket either", async () => {
  const client = connect(wsUrl(), 'good');

  const { value } = await client
    .iterate({ query: 'subscription ($to: Int) { count(to: $to) }', variables: { to: 'hunter2' } })
    .next();

  expect(value.errors).toEqual([
    expect.objectContaining({
      message: 'Variable "$to" got an invalid value; Expected type "Int".',
      extensions: { code: 'BAD_USER_INPUT', requestId: expect.any(String) },
    }),
  ]);
  await client.dispose();
});

test('shutting down closes sockets with 1001 and ends their streams', async () => {
  const socket = new WebSocket(wsUrl(), 'graphql-transport-ws');
  const messages: string[] = [];
  socket.on('message', (message) => messages.push(String(message)));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'Bearer good' } }));
  await until(() => messages.length === 1);
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { count(to: 1) }' } }));
  await until(() => messages.length === 2);

  await server[Symbol.asyncDispose]();

  expect(await closed).toBe(1001);
  await until(() => expect(ended).toBe(1));
});
