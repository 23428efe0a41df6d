/** Listed operations: what a folder holds is answered, however a client writes it; nothing else is. */

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, print, visit } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { createOperationList, readOperationList } from '../../src/http/operation-list.js';
import { makeManifest } from '../../src/http/operation-manifest.js';
import { connect, startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';

const FOLDER = 'schema/operations';
const schema = buildGraphQLSchema();

/** A subscription of a frontend of its own. */
const PROGRESS = print(parse('subscription Progress { exportProgress(exportId: "none") { state } }'));
const OTHER = 'subscription Other { exportProgress(exportId: "none") { id } }';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'operations-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a list', () => {
  const operations = [
    'query Who { viewer { ...Caller } } fragment Caller on Viewer { role actor { ...Name } } fragment Name on Actor { name }',
    'query Codes { errorCodes { code } }',
  ];
  const list = createOperationList(operations.map(toListed), schema);

  test('includes an operation with its fragments, whatever their layout, their order and their __typename', () => {
    const written = `fragment Name on Actor { __typename name }
      query Who { viewer { __typename, ...Caller } }
      fragment Caller on Viewer { role actor { ...Name __typename } }`;

    expect(list.includes(parse(written))).toBe(true);
  });

  test.each([
    ['another field', 'query Who { viewer { role expiresAt } }'],
    ['another operation', '{ viewer { role } }'],
    ['an alias', 'query Codes { other: errorCodes { code } }'],
    ['another argument', 'query Codes { errorCodes(kinds: [SKIP]) { code } }'],
    ['one more operation', 'query Codes { errorCodes { code } } query More { viewer { role } }'],
    ['the schema', '{ __schema { types { name } } }'],
  ])('does not include %s', (_what, text) => {
    expect(list.includes(parse(text))).toBe(false);
  });

  test.each([
    ['query Bad { nothing }', 'Bad does not fit the schema'],
    ['query Lost { viewer { ...Missing } }', 'Lost does not fit the schema'],
  ])('cannot be made of %s', (text, message) => {
    expect(() => createOperationList([{ ...toListed(text), name: message.split(' ')[0] ?? '' }], schema)).toThrow(
      message,
    );
  });
});

describe('a manifest', () => {
  test('of the build is that of schema/operations', async () => {
    expect(await readFile('dist/operations.json', 'utf8')).toBe(await makeManifest(FOLDER, schema));
  });

  test('has each operation with the fragments that it uses, by the SHA-256 of its text', async () => {
    await writeFile(
      join(folder, 'a.graphql'),
      'query Who { viewer { ...Caller } } query Codes { errorCodes { code } }',
    );
    await writeFile(join(folder, 'b.graphql'), 'fragment Caller on Viewer { role }');

    const { operations } = JSON.parse(await makeManifest(folder, schema));

    const who = print(parse('query Who { viewer { ...Caller } } fragment Caller on Viewer { role }'));
    expect(operations).toEqual([
      { id: hash(who), name: 'Who', type: 'query', body: who },
      {
        id: expect.any(String),
        name: 'Codes',
        type: 'query',
        body: print(parse('query Codes { errorCodes { code } }')),
      },
    ]);
  });

  test.each([
    ['query Bad { nothing }', 'Bad does not fit the schema'],
    ['query Lost { viewer { ...Missing } }', 'Lost does not fit the schema'],
    ['query {', 'a.graphql is not GraphQL'],
  ])('is not made of %s', async (text, message) => {
    await writeFile(join(folder, 'a.graphql'), text);

    await expect(makeManifest(folder, schema)).rejects.toThrow(message);
  });

  test('is not made of a folder without operations', async () => {
    await expect(makeManifest('schema/migrations', schema)).rejects.toThrow('no .graphql files in schema/migrations');
  });

  const operation = toListed('query Codes { errorCodes { code } }');
  const head = { format: 'apollo-persisted-query-manifest', version: 1 };
  test.each([
    ['none', null, 'There is no manifest'],
    ['no JSON', 'nonsense', 'is no manifest'],
    ['of another version', JSON.stringify({ ...head, version: 2, operations: [] }), 'is no manifest'],
    [
      'with an id of its own making',
      JSON.stringify({ ...head, operations: [{ ...operation, type: 'query', id: 'mine' }] }),
      'the id of test is not the SHA-256 of its body',
    ],
    [
      'of another schema',
      JSON.stringify({ ...head, operations: [{ ...toListed('{ nothing }'), type: 'query' }] }),
      'test does not fit the schema',
    ],
  ])('that is %s stops the start', async (_what, text, message) => {
    const path = join(folder, 'manifest.json');
    await (text === null ? rm(path, { force: true }) : writeFile(path, text));

    await expect(readOperationList([path], schema)).rejects.toThrow(message);
  });
});

describe('a server with a list', () => {
  const database = useTestDatabase();
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({
      connection: database.connection,
      environment: { LISTED_OPERATIONS: `on, ${await ownManifest()}` },
    });
  });

  afterAll(async () => {
    await app[Symbol.asyncDispose]();
  });

  test('answers each listed operation as a client sends it, and by its hash alone', async () => {
    const text = await findOperation('Catalogue');

    const whole = await app.graphql(addTypeNames(text));
    const named = await send({
      extensions: byHash(hash(text)),
    });

    expect(whole.errors).toEqual([]);
    expect(named).toMatchObject({ data: { destinationTypes: [{ kind: 'AMAZON_KINESIS' }] } });
  });

  test('refuses all else, also if it is sent with a hash of its own', async () => {
    const query = '{ viewer { role } }';
    const extensions = byHash(hash(query));

    expect((await app.graphql(query)).errors).toMatchObject([{ extensions: { code: 'OPERATION_NOT_LISTED' } }]);
    expect(await send({ query, extensions })).toMatchObject({
      errors: [{ extensions: { code: 'OPERATION_NOT_LISTED' } }],
    });
    expect(await send({ extensions })).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
  });

  /** The first message over a socket, be it a result or a refusal. */
  async function subscribe(request: { query: string; extensions?: Record<string, unknown> }): Promise<unknown> {
    const client = connect(app.wsUrl, app.apiKey);
    try {
      return (await client.iterate(request).next()).value;
    } catch (error) {
      return { errors: error };
    } finally {
      await client.dispose();
    }
  }

  test('answers a listed subscription over its socket, whole and by its hash alone', async () => {
    const empty = { data: { exportProgress: null } };

    expect(await subscribe({ query: PROGRESS })).toEqual(empty);
    expect(await subscribe({ query: '', extensions: byHash(hash(PROGRESS)) })).toEqual(empty);
    expect(await subscribe({ query: PROGRESS, extensions: byHash(hash(PROGRESS)) })).toEqual(empty);
  });

  test.each([
    ['OPERATION_NOT_LISTED', { query: 'subscription { exportProgress(exportId: "x") { __typename } }' }],
    ['OPERATION_NOT_LISTED', { query: OTHER, extensions: byHash(hash(OTHER)) }],
    ['PERSISTED_QUERY_NOT_FOUND', { query: '', extensions: byHash(hash(OTHER)) }],
    ['BAD_REQUEST', { query: PROGRESS, extensions: byHash(hash(OTHER)) }],
    ['BAD_REQUEST', { query: '', extensions: { persistedQuery: { version: 2, sha256Hash: hash(PROGRESS) } } }],
    ['BAD_REQUEST', { query: '', extensions: { persistedQuery: 'x' } }],
  ])('refuses all else over its socket: %s', async (code, request) => {
    expect(await subscribe(request)).toMatchObject({
      errors: [{ extensions: { code, requestId: expect.any(String) } }],
    });
  });

  async function send(body: Record<string, unknown>): Promise<unknown> {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return await response.json();
  }
});

describe('a server without a list', () => {
  const database = useTestDatabase();

  test('keeps none by its hash, over HTTP and WebSocket alike', async () => {
    await using app = await startTestApp({ connection: database.connection });
    const client = connect(app.wsUrl, app.apiKey);
    const refused = client.iterate({ query: '', extensions: byHash(hash(PROGRESS)) }).next();

    await expect(refused).rejects.toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }]);
    await client.dispose();
  });
});

async function ownManifest(): Promise<string> {
  const own = await mkdtemp(join(folder, 'own-'));
  await writeFile(join(own, 'own.graphql'), PROGRESS);
  await writeFile(join(own, 'own.json'), await makeManifest(own, schema));
  return join(own, 'own.json');
}

function byHash(sha256Hash: string) {
  return { persistedQuery: { version: 1, sha256Hash } };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function toListed(body: string) {
  return { id: hash(body), name: 'test', body };
}

/** The text of an operation as the manifest has it. */
async function findOperation(name: string): Promise<string> {
  const { operations } = JSON.parse(await readFile('dist/operations.json', 'utf8'));
  return operations.find((operation: { name: string }) => operation.name === name).body;
}

/** As clients with a cache do. */
function addTypeNames(text: string): string {
  const typeName = parse('{ __typename }').definitions[0];
  if (typeName?.kind !== 'OperationDefinition') throw new Error('No operation.');
  return print(
    visit(parse(text), {
      SelectionSet: (set, _key, parent) =>
        parent && 'kind' in parent && parent.kind === 'OperationDefinition'
          ? undefined
          : { ...set, selections: [...set.selections, ...typeName.selectionSet.selections] },
    }),
  );
}
