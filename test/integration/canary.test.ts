/**
 * A secret typed into every place that there is, right and wrong, over HTTP and WebSocket: it comes out of none. What a
 * customer stores on purpose (names, attributes) is stored, and is not asked for here.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { dumpDatabase, KEEPING_TABLES, listTablesWith } from '../support/database-dump.js';
import { fillLeaf, listInputLeaves, writeOperation } from '../support/input-leaves.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const MARK = 'C4n4ry';

const database = useTestDatabase();
const logged: string[] = [];
const schema = buildGraphQLSchema();
const operations = (['query', 'mutation', 'subscription'] as const).flatMap((kind) => {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  return Object.values(roots[kind]?.getFields() ?? {}).map((field) => ({ kind, field }));
});
const places = operations.flatMap(({ kind, field }) =>
  listInputLeaves(field).map((leaf) => ({ kind, field, leaf, name: `${field.name}(${leaf.argument}${leaf.path})` })),
);
let app: TestApp;
beforeAll(async () => {
  const environment = { OPERATIONS_PER_KEY: '100000', OPERATIONS_PER_ADDRESS: '100000' };
  app = await startTestApp({ connection: database.connection, environment, onLogLine: (line) => logged.push(line) });
});
afterAll(() => app?.[Symbol.asyncDispose]());

let number = 0;
/** Another one each time, of the form of a secret access key, so that no answer names what was stored before. */
function canary(): string {
  number += 1;
  return `${MARK}${String(number).padStart(34, '0')}`;
}

/** What fits a text, and what fits hardly anything. */
const FORMS = [canary, () => [canary()], () => ({ [canary()]: canary() })] as const;

async function post(body: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.apiKey}`, ...headers },
    body,
  });
  expect(response.status).toBeLessThan(500);
  return `${JSON.stringify([...response.headers])} ${await response.text()}`;
}

/** The same values written into the document. */
function inline(query: string, variables: Record<string, unknown>): string {
  const body = query.replace(/ \(\$.*?\) \{/, ' {');
  return Object.entries(variables).reduce(
    (text, [name, value]) => text.replace(`$${name}`, () => literal(value)),
    body,
  );
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, part]) => `${name}: ${literal(part)}`)
    .join(', ')} }`;
}

test('there are places to type it into', () => {
  expect(places.length).toBeGreaterThan(250);
  expect(new Set(places.map(({ name }) => name)).size).toBe(places.length);
});

test('no answer over HTTP has it, whether it fits its place or not, as a variable or in the document', async () => {
  const leaks: string[] = [];
  for (const { kind, field, leaf, name } of places.filter((place) => place.kind !== 'subscription')) {
    for (const make of FORMS) {
      const [given, written] = [fillLeaf(field, leaf, make()), fillLeaf(field, leaf, make())];
      const query = writeOperation(kind, field, given);
      const answers = [
        await post(JSON.stringify({ query, variables: given })),
        await post(JSON.stringify({ query: inline(query, written) })),
      ];
      leaks.push(...answers.filter((answer) => answer.includes(MARK)).map((answer) => `${name}: ${answer}`));
    }
  }
  expect(leaks).toEqual([]);
}, 180_000);

test('no answer to a request that is broken has it', async () => {
  const bodies = [
    canary(),
    `{"query": "${canary()}"}`,
    `{"query": "{ viewer { role } }", "variables": "${canary()}"}`,
    `{"query": "{ viewer { ${canary()} } }"}`,
    `{"query": "{ viewer(${canary()}: 1) { role } }"}`,
    `{"query": "query ($${canary()}: Int) { viewer { role } }"}`,
    `{"query": "{ viewer { role } ", "operationName": "${canary()}"}`,
    `{"query": "query A { viewer { role } } query B { viewer { role } }", "operationName": "${canary()}"}`,
    `{"query": "{ viewer { role } }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "${canary()}"}}}`,
    `{"query": "{ segment(segmentId: \\"${canary()}) { name } }"}`,
  ];
  const answers = [
    ...(await Promise.all(bodies.map((body) => post(body)))),
    await post('{"query":"{ viewer { role } }"}', { authorization: `Bearer ${canary()}` }),
    await post('{"query":"{ viewer { role } }"}', { 'content-type': `application/${canary()}` }),
    await (await fetch(`${app.url}/${canary()}?${canary()}=${canary()}`)).text(),
    await (
      await fetch(`${app.url}/graphql?query=${canary()}`, { headers: { authorization: `Bearer ${app.apiKey}` } })
    ).text(),
  ];

  // Names of fields, arguments and variables in a document are its syntax: GraphQL's errors tell where they are wrong.
  const told = answers.filter(
    (answer) =>
      answer.includes(MARK) && !/Cannot query field|Unknown argument|Variable|Unexpected Name|operation/.test(answer),
  );
  expect(told).toEqual([]);
});

test('no message over WebSocket has it, nor the reason of a close', async () => {
  const heard: string[] = [];
  for (const payload of [
    { authorization: canary() },
    { authorization: `Bearer ${canary()}` },
    { [canary()]: canary() },
  ])
    await talk(payload, [], heard);
  const subscriptions = places.filter((place) => place.kind === 'subscription');
  const messages = subscriptions.flatMap(({ kind, field, leaf }) =>
    FORMS.flatMap((make) => {
      const variables = fillLeaf(field, leaf, make());
      const query = writeOperation(kind, field, variables);
      return [{ query, variables }, { query: inline(query, variables) }];
    }),
  );
  expect(messages.length).toBeGreaterThan(10);
  await talk({ authorization: `Bearer ${app.apiKey}` }, messages, heard);

  expect(heard.length).toBeGreaterThan(messages.length);
  expect(heard.filter((text) => text.includes(MARK))).toEqual([]);
});

/** Opens a socket, sends subscriptions one by one, and keeps what it hears until each has been answered. */
async function talk(payload: object, messages: readonly object[], heard: string[]): Promise<void> {
  const socket = new WebSocket(app.wsUrl, 'graphql-transport-ws');
  const answered = new Set<string>();
  let isClosed = false;
  let isReady = false;
  socket.on('message', (message) => {
    const text = String(message);
    heard.push(text);
    const { type, id } = JSON.parse(text);
    if (type === 'connection_ack') isReady = true;
    if (type !== 'connection_ack') answered.add(id);
  });
  socket.on('close', (_code, reason) => {
    heard.push(String(reason));
    isClosed = true;
  });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  await until(() => expect(isClosed || isReady).toBe(true));
  for (const [index, message] of messages.entries()) {
    socket.send(JSON.stringify({ id: `${index}`, type: 'subscribe', payload: message }));
    await until(() => expect(isClosed || answered.has(`${index}`)).toBe(true));
  }
  expect(isClosed && messages.length > 0).toBe(false);
  socket.close();
  await until(() => expect(isClosed).toBe(true));
}

test('neither the log, at its finest level, nor the metrics have it', async () => {
  expect(logged.length).toBeGreaterThan(1_000);
  expect(logged.filter((line) => line.includes(MARK))).toEqual([]);
  expect(await (await fetch(`${app.url}/metrics`)).text()).not.toContain(MARK);
});

test('no table has it but those that keep what customers write, and secrets are in no table at all', async () => {
  const secret = `s3cr3t${'x'.repeat(34)}`;
  const made = await app.graphql(
    `mutation ($input: CreateCredentialInput!) { createCredential(input: $input) { ... on CreateCredentialSuccess { credential { id } } } }`,
    {
      input: {
        kind: 'ACCESS_KEY',
        name: 'c',
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: secret,
        idempotencyKey: 'k',
      },
    },
  );
  const id = Object(made.data?.['createCredential']).credential.id;
  await app.graphql('mutation ($input: RotateCredentialInput!) { rotateCredential(input: $input) { __typename } }', {
    input: { id, expectedVersion: 1, accessKeyId: 'AKIAIOSFODNN7EXAMPL2', secretAccessKey: secret },
  });
  const dump = await dumpDatabase(database.db);

  expect(dump.get('audit_entry')?.length).toBeGreaterThan(10_000);
  expect(listTablesWith(dump, MARK).filter((name) => !(name in KEEPING_TABLES))).toEqual([]);
  expect(dump.get('idempotency_key')).toContain('createCredential');
  expect(listTablesWith(dump, secret)).toEqual([]);
});
