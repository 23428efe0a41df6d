/** Listed operations: what a folder holds is answered, however a client writes it; nothing else is. */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { parse, print, visit } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { createOperationList, readOperationList } from '../../src/http/operation-list.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';

const FOLDER = 'schema/operations';
const schema = buildGraphQLSchema();

describe('a list', () => {
  const list = createOperationList(
    [
      parse('query Who { viewer { ...Caller } } query Codes { errorCodes { code } }'),
      parse('fragment Caller on Viewer { role actor { ...Name } } fragment Name on Actor { name }'),
    ],
    schema,
  );

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
    expect(() => createOperationList([parse(text)], schema)).toThrow(message);
  });
});

test('a folder without operations is no list', async () => {
  await expect(readOperationList('schema/migrations', schema)).rejects.toThrow(
    'no .graphql files in schema/migrations',
  );
});

describe('a server with a list', () => {
  const database = useTestDatabase();
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ connection: database.connection, environment: { OPERATIONS_FOLDER: FOLDER } });
  });

  afterAll(async () => {
    await app[Symbol.asyncDispose]();
  });

  test('answers each listed operation as a client sends it, and by its hash alone', async () => {
    const text = await findOperation('Catalogue');

    const whole = await app.graphql(addTypeNames(text));
    const byHash = await send({
      extensions: { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(text).digest('hex') } },
    });

    expect(whole.errors).toEqual([]);
    expect(byHash).toMatchObject({ data: { destinationTypes: [{ kind: 'AMAZON_KINESIS' }] } });
  });

  test('refuses all else, also if it is sent with a hash of its own', async () => {
    const query = '{ viewer { role } }';
    const sha256Hash = createHash('sha256').update(query).digest('hex');

    expect((await app.graphql(query)).errors).toMatchObject([{ extensions: { code: 'OPERATION_NOT_LISTED' } }]);
    expect(await send({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } })).toMatchObject({
      errors: [{ extensions: { code: 'OPERATION_NOT_LISTED' } }],
    });
    expect(await send({ extensions: { persistedQuery: { version: 1, sha256Hash } } })).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
  });

  test('refuses a subscription that is not listed, over its socket', async () => {
    const events = app.subscribe('subscription { exportProgress(exportId: "x") { __typename } }');

    await expect(events.next()).rejects.toMatchObject([{ extensions: { code: 'OPERATION_NOT_LISTED' } }]);
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

/** The text of an operation that uses no fragments, as printed. */
async function findOperation(name: string): Promise<string> {
  const files = await Promise.all((await readdir(FOLDER)).map((file) => readFile(`${FOLDER}/${file}`, 'utf8')));
  const definitions = files.flatMap((file) => parse(file).definitions);
  const found = definitions.find((one) => one.kind === 'OperationDefinition' && one.name?.value === name);
  if (!found) throw new Error(`There is no operation ${name}.`);
  return print({ kind: parse('{ a }').kind, definitions: [found] });
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
