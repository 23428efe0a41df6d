/** The limits of requests, over real HTTP and WebSocket: what breaks one gets the same code on both. */
import { CloseCode } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { connect, startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const failures = z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) }));

/** Codes of the errors with which a subscription is refused over WebSocket. */
async function refusedOverWebSocket(app: TestApp, query: string): Promise<string[]> {
  const client = connect(app.wsUrl, app.apiKey);
  try {
    await client.iterate({ query }).next();
  } catch (error) {
    return failures.parse(error).map(({ extensions }) => extensions.code);
  } finally {
    await client.dispose();
  }
  return [];
}

const repeat = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_v, i) => make(i)).join(' ');
const nest = (count: number, inner: string) =>
  `${'destination { activations { nodes { '.repeat(count)}${inner}${' } } }'.repeat(count)}`;
const big = (
  size: number,
) => `activations(first: ${size}) { nodes { exports(first: ${size}) { nodes { deliveries(first: ${size}) {
  nodes { id } } } } } }`;

/** For each limit, what follows `... on Destination` or `... on DeliveryEvent` and breaks it. */
const EXCESSES = [
  ['QUERY_TOO_DEEP', nest(5, 'id')],
  ['TOO_MANY_ALIASES', repeat(101, (index) => `a${index}: __typename`)],
  ['TOO_MANY_DIRECTIVES', repeat(101, () => '__typename @include(if: true)')],
  ['QUERY_TOO_COSTLY', `destination { ${big(50)} }`],
  ['GRAPHQL_PARSE_FAILED', repeat(2_001, () => '__typename')],
] as const;

describe('with the usual limits', () => {
  const database = useTestDatabase();
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ connection: database.connection });
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test.each(EXCESSES)('%s is the answer over HTTP, with 400 and a request id', async (code, selection) => {
    const { status, errors, requestId, data } = await app.graphql(`{ activations { nodes { ${selection} } } }`);

    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code, requestId }]);
    expect([status, data ?? null]).toEqual([400, null]);
  });

  test.each(EXCESSES)('%s is the answer over WebSocket', async (code, selection) => {
    const query = `subscription { exportProgress(exportId: "none") { activation { ${selection} } } }`;

    expect(await refusedOverWebSocket(app, query)).toEqual([code]);
  });

  test('the size of a page counts when it comes as a variable', async () => {
    const query = `query ($n: Int!) { destinations(first: $n) { nodes { activations(first: $n) { nodes { exports(first: $n) {
      nodes { id } } } } } } }`;

    expect((await app.graphql(query, { n: 20 })).errors).toEqual([]);
    const { errors } = await app.graphql(query, { n: 50 });
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('130101 objects; at most 20000'),
      extensions: { code: 'QUERY_TOO_COSTLY' },
    });
  });

  test('the schema is told, in full', async () => {
    const { errors } = await app.graphql('{ __schema { types { name fields { type { ofType { name } } } } } }');
    expect(errors).toEqual([]);
  });
});

describe('in production', () => {
  const database = useTestDatabase();
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ connection: database.connection, environment: { NODE_ENV: 'production' } });
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Query") { name } }',
    '{ ...F } fragment F on Query { __schema { types { name } } }',
  ])('%s is refused', async (query) => {
    const { errors, data } = await app.graphql(query);
    expect([errors[0]?.extensions.code, data ?? null]).toEqual(['INTROSPECTION_DISABLED', null]);
  });

  test('`__typename` is answered, and a name that is nearly right is not put right', async () => {
    expect((await app.graphql('{ __typename }')).data).toEqual({ __typename: 'Query' });
    const { errors } = await app.graphql('{ segmentz { totalCount } }');
    expect(errors[0]?.message).not.toMatch(/did you mean|segments/i);
  });
});

describe('with SCHEMA_DISCOVERY=on in production', () => {
  const database = useTestDatabase();

  test('introspection answers and names are suggested', async () => {
    const environment = { NODE_ENV: 'production', SCHEMA_DISCOVERY: 'on' };
    await using app = await startTestApp({ connection: database.connection, environment });

    expect((await app.graphql('{ __type(name: "Query") { name } }')).data).toEqual({ __type: { name: 'Query' } });
    expect((await app.graphql('{ segmentz { totalCount } }')).errors[0]?.message).toMatch(/Did you mean/);
  });
});

describe('with few of everything', () => {
  const database = useTestDatabase();
  let app: TestApp;
  const environment = { SOCKETS_PER_KEY: '2', SOCKETS_PER_NODE: '3', SUBSCRIPTIONS_PER_SOCKET: '2' };
  beforeAll(async () => {
    app = await startTestApp({ connection: database.connection, environment });
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  function open() {
    const socket = new WebSocket(app.wsUrl, 'graphql-transport-ws');
    const seen: {
      messages: { type: string; payload?: unknown }[];
      closedWith: number | null;
      refusedWith: string | null;
    } = {
      messages: [],
      closedWith: null,
      refusedWith: null,
    };
    socket.on('message', (message) => seen.messages.push(JSON.parse(String(message))));
    socket.on('close', (code) => {
      seen.closedWith = code;
    });
    socket.on('error', (error) => {
      seen.refusedWith = error.message;
    });
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${app.apiKey}` } })),
    );
    return { socket, seen };
  }

  test('a third socket of the key is closed with 4429, a fourth of the process refused with 503, and places come back', async () => {
    const [first, second] = [open(), open()];
    await until(() => expect([first.seen.messages.length, second.seen.messages.length]).toEqual([1, 1]));

    const third = open();
    await until(() => expect(third.seen.closedWith).toBe(CloseCode.TooManyInitialisationRequests));
    const silent = new WebSocket(app.wsUrl, 'graphql-transport-ws');
    await new Promise((resolve) => silent.once('open', resolve));
    const fourth = open();
    await until(() => expect(fourth.seen.refusedWith).toContain('503'));
    silent.close();
    first.socket.close();
    await until(() => expect([silent.readyState, first.seen.closedWith]).toEqual([WebSocket.CLOSED, 1005]));

    const fifth = open();
    await until(() => expect(fifth.seen.messages).toEqual([{ type: 'connection_ack' }]));
    second.socket.close();
    fifth.socket.close();
    await until(() => expect([second.seen.closedWith, fifth.seen.closedWith]).toEqual([1005, 1005]));
  });

  test('a third subscription of a socket is refused by its code, and the others go on', async () => {
    const { socket, seen } = open();
    await until(() => expect(seen.messages).toHaveLength(1));
    const credential = await app.graphql(
      `mutation { createCredential(input: { kind: ACCESS_KEY, name: "c", accessKeyId: "AKIAIOSFODNN7EXAMPLE",
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" }) { ... on CreateCredentialSuccess { credential { id } } } }`,
    );
    const credentialId = z
      .object({ createCredential: z.object({ credential: z.object({ id: z.string() }) }) })
      .parse(credential.data).createCredential.credential.id;
    const made = await app.graphql(
      `mutation ($input: CreateKinesisDestinationInput!) { createKinesisDestination(input: $input) {
        ... on CreateKinesisDestinationSuccess { destination { id } } } }`,
      { input: { name: 'd', region: 'us-east-1', stream: 'profiles', credentialId } },
    );
    const id = z
      .object({ createKinesisDestination: z.object({ destination: z.object({ id: z.string() }) }) })
      .parse(made.data).createKinesisDestination.destination.id;
    const query = `subscription { deliveryEvents(destinationId: "${id}") { __typename } }`;

    for (const name of ['a', 'b', 'c'])
      socket.send(JSON.stringify({ id: name, type: 'subscribe', payload: { query } }));

    await until(() => expect(seen.messages.some(({ type }) => type === 'error')).toBe(true));
    expect(seen.messages.filter(({ type }) => type === 'error')).toMatchObject([
      { id: 'c', payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }] },
    ]);
    await until(() => expect(seen.messages.filter(({ type }) => type === 'next')).toHaveLength(2));
    socket.close();
  });
});

describe('with a rate of one operation a second', () => {
  const database = useTestDatabase();

  test.each([
    ['OPERATIONS_PER_KEY', 'this API key'],
    ['OPERATIONS_PER_ADDRESS', 'this address'],
  ])('%s refuses a third at once with 429, and tells when to come again', async (variable, whose) => {
    const apiKey = await openWorkspace(database.connection);
    await using app = await startTestApp({ connection: database.connection, apiKey, environment: { [variable]: '1' } });
    const post = () =>
      fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${app.apiKey}` },
        body: '{"query":"{ __typename }"}',
      });

    const answers = [await post(), await post(), await post()];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]?.headers.get('retry-after')).toBe('1');
    expect(await answers[2]?.json()).toMatchObject({
      errors: [
        {
          message: expect.stringContaining(whose),
          extensions: { code: 'RATE_LIMITED', requestId: expect.any(String) },
        },
      ],
    });
  });

  test.each([
    ['OPERATIONS_PER_KEY', 'this API key'],
    ['OPERATIONS_PER_ADDRESS', 'this address'],
  ])('%s counts subscriptions of one socket as well', async (variable, whose) => {
    const apiKey = await openWorkspace(database.connection);
    await using app = await startTestApp({ connection: database.connection, apiKey, environment: { [variable]: '1' } });
    const client = connect(app.wsUrl, app.apiKey);
    const query = 'subscription { exportProgress(exportId: "none") { id } }';

    const outcomes = await Promise.all(
      [1, 2, 3].map(() =>
        client
          .iterate({ query })
          .next()
          .then(
            () => null,
            (error: unknown) => failures.parse(error),
          ),
      ),
    );
    await client.dispose();

    const [refused] = outcomes.flatMap((outcome) => outcome ?? []);
    expect(refused).toMatchObject({ message: expect.stringContaining(whose), extensions: { code: 'RATE_LIMITED' } });
    expect(outcomes).toContain(null);
  });

  test.each([
    ['OPERATIONS_PER_KEY', 'this API key'],
    ['OPERATIONS_PER_ADDRESS', 'this address'],
  ])(
    '%s counts uploads, downloads and sign-in links as well, and what is refused is not read',
    async (variable, whose) => {
      const apiKey = await openWorkspace(database.connection);
      await using app = await startTestApp({
        connection: database.connection,
        apiKey,
        environment: { [variable]: '1' },
      });

      for (const route of KEYED_ROUTES) {
        const answers = await Promise.all([1, 2, 3, 4].map((number) => ask(app, route, { profileId: String(number) })));

        const refused = answers.filter(({ status }) => status === 429);
        expect(refused.length, route).toBeGreaterThanOrEqual(1);
        for (const { headers, body } of refused) {
          const extensions = { code: 'RATE_LIMITED', requestId: headers.get('x-request-id') };
          expect(headers.get('retry-after')).toBe('1');
          expect(JSON.parse(body)).toEqual({ errors: [{ message: expect.stringContaining(whose), extensions }] });
        }
        const written = answers.filter(({ body }) => body.includes('"created":1'));
        expect((await database.pool.query('delete from profile returning id')).rows).toHaveLength(written.length);
      }
    },
  );

  test('opening sign-in links counts for the address', async () => {
    const apiKey = await openWorkspace(database.connection);
    const environment = { OPERATIONS_PER_ADDRESS: '1' };
    await using app = await startTestApp({ connection: database.connection, apiKey, environment });

    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(app, 'POST /sign-ins', { token: 'none' })));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([410, 429]));
  });

  test('subscriptions count like queries', async () => {
    const apiKey = await openWorkspace(database.connection);
    await using app = await startTestApp({
      connection: database.connection,
      apiKey,
      environment: { OPERATIONS_PER_KEY: '1' },
    });
    const query = 'subscription { exportProgress(exportId: "none") { id } }';
    const client = connect(app.wsUrl, app.apiKey);

    const codes = await Promise.all(
      Array.from({ length: 4 }, () =>
        client
          .iterate({ query })
          .next()
          .then(
            () => 'taken',
            (error: unknown) => failures.parse(error)[0]?.extensions.code,
          ),
      ),
    );

    expect(codes.filter((code) => code === 'RATE_LIMITED').length).toBeGreaterThanOrEqual(1);
    expect(codes.filter((code) => code !== 'RATE_LIMITED').length).toBeGreaterThanOrEqual(2);
    await client.dispose();
  });
});

/** Routes with a key beside GraphQL's. */
const KEYED_ROUTES = [
  'POST /ingest/profiles',
  'POST /ingest/memberships',
  'GET /failed-records.ndjson?list=none',
  'POST /sign-in-links',
];

/** Sends a request, with a line or an object of JSON if it is a POST. */
async function ask(app: TestApp, route: string, body: object) {
  const [method = '', path = ''] = route.split(' ');
  const type = path.startsWith('/ingest') ? 'application/x-ndjson' : 'application/json';
  const answer = await fetch(app.url + path, {
    method,
    headers: { authorization: `Bearer ${app.apiKey}`, 'content-type': type },
    body: method === 'POST' ? JSON.stringify(body) : null,
  });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

/** A key of the database, whichever test comes first. */
async function openWorkspace(connection: string): Promise<string> {
  known ??= await (async () => {
    await using app = await startTestApp({ connection });
    return app.apiKey;
  })();
  return known;
}
let known: string | null = null;
