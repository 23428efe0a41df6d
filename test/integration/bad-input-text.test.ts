/** Texts, numbers and cursors that cannot be taken as they are: refused with the field's name, or kept exactly. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { Frontend, generateProfiles } from '../support/frontend.js';
import { countRows, ingestBody, ingestLine, mutate } from '../support/refusals.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
let frontend: Frontend;
let before: Record<string, number>;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection, environment: { ROLE: 'api' } });
  frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['a', 'b', 'c']);
  await frontend.ingest('profiles', generateProfiles(10, ['a']));
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

beforeEach(async () => {
  before = await countRows(database.db);
});

function nested(depth: number): Record<string, unknown> {
  let value: Record<string, unknown> = {};
  for (let level = 1; level < depth; level += 1) value = { a: value };
  return value;
}

async function readAttributes(profileId: string): Promise<unknown> {
  const data = await frontend.run('query($id: String!) { profile(profileId: $id) { attributes } }', { id: profileId });
  return z.object({ attributes: z.unknown() }).parse(data['profile']).attributes;
}

describe('profiles', () => {
  const attributes = (value: unknown) => [{ profileId: 'bad', attributes: value }];

  test.each<[string, Record<string, unknown>[], string]>([
    ['the same profile twice', [{ profileId: 'x' }, { profileId: 'x' }], 'DUPLICATE input.profiles.1.profileId'],
    ['an empty id', [{ profileId: '' }], 'REQUIRED input.profiles.0.profileId'],
    ['an id of 257 characters', [{ profileId: 'x'.repeat(257) }], 'OUT_OF_RANGE input.profiles.0.profileId'],
    ['an id of 900,000 characters', [{ profileId: 'x'.repeat(900_000) }], 'OUT_OF_RANGE input.profiles.0.profileId'],
    ['NUL in the id', [{ profileId: 'a\0' }], 'MALFORMED input.profiles.0.profileId'],
    ['half a character in the id', [{ profileId: '\udc00' }], 'MALFORMED input.profiles.0.profileId'],
    ['NUL in an attribute', attributes({ a: { b: '\0' } }), 'MALFORMED input.profiles.0.attributes.a.b'],
    ['half a character in an attribute', attributes({ a: '\ud800' }), 'MALFORMED input.profiles.0.attributes.a'],
    ['NUL in an attribute name', attributes({ 'a\0': 1 }), 'MALFORMED input.profiles.0.attributes.a\0'],
    ['33 levels', attributes(nested(33)), `OUT_OF_RANGE input.profiles.0.attributes.${Array(32).fill('a').join('.')}`],
    ['attributes of 900,000 bytes', attributes({ a: 'x'.repeat(900_000) }), 'OUT_OF_RANGE input.profiles.0.attributes'],
  ])('with %s are refused whole', async (_what, profiles, issue) => {
    const answer = await mutate(app, 'upsertProfiles', { profiles: [{ profileId: 'good' }, ...profiles].slice(-2) });
    const shifted = profiles.length === 1 ? issue.replace('profiles.0', 'profiles.1') : issue;

    expect(answer).toMatchObject({ typename: 'InvalidInputError', issues: [shifted] });
    expect(await countRows(database.db)).toEqual(before);
  });

  test.each([
    ['0', 0],
    ['501', 501],
  ])('are not taken %s at once', async (_what, count) => {
    const profiles = Array.from({ length: count }, (_none, index) => ({ profileId: `many-${index}` }));

    const answer = await mutate(app, 'upsertProfiles', { profiles });

    expect(answer.issues).toEqual(['OUT_OF_RANGE input.profiles']);
    expect(await countRows(database.db)).toEqual(before);
  });

  test.each([
    ['a number beyond 2^53', '9007199254740993', 'send it as a string'],
    ['a number beyond -2^53', '-9007199254740993', 'send it as a string'],
    // As many as a document of 2,000 tokens holds.
    ['400 levels', JSON.stringify(nested(400)), 'JSONObject takes at most 100 levels'],
  ])('with %s in their attributes are refused, as variable and as literal', async (_what, text, message) => {
    for (const answer of [await upsertVariable(text), await upsertLiteral(text)]) {
      expect(answer).toMatchObject({ status: 400, message: expect.stringContaining(message) });
      expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(answer.code);
    }
    expect(await countRows(database.db)).toEqual(before);
  });

  test('with 1,000 levels in their attributes are refused, as literal for the length of the document', async () => {
    const text = JSON.stringify(nested(1_000));

    expect((await upsertVariable(text)).message).toContain('JSONObject takes at most 100 levels');
    expect(await upsertLiteral(text)).toMatchObject({ status: 400, code: 'GRAPHQL_PARSE_FAILED' });
    expect(await countRows(database.db)).toEqual(before);
  });

  test('with a number beyond any are refused, as variable and as literal', async () => {
    for (const answer of [await upsertVariable('1e400'), await upsertLiteral('1e400')])
      expect(answer).toMatchObject({
        status: 200,
        text: expect.stringContaining('["input","profiles","0","attributes","n"]'),
      });
    expect(await countRows(database.db)).toEqual(before);
  });

  test.each(['variable', 'line of bulk ingest'])('keep a key `__proto__` as it is, given as a %s', async (way) => {
    const profileId = `proto ${way}`;
    const text = `{"profileId":"${profileId}","attributes":{"__proto__":{"admin":true},"constructor":{"prototype":1}}}`;
    if (way === 'variable') await mutate(app, 'upsertProfiles', { profiles: [JSON.parse(text)] });
    else await ingestLine(app, 'profiles', text);

    const kept = await readAttributes(profileId);

    expect(JSON.stringify(kept)).toContain('"__proto__":{"admin":true}');
    expect(JSON.stringify(kept)).toContain('"constructor":{"prototype":1}');
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  test('keep the largest exact numbers and every storable character', async () => {
    const exact = {
      most: 9_007_199_254_740_991,
      least: -9_007_199_254_740_991,
      text: '\u0001 \u2028 😀 "\\',
      '': 1.5e-7,
    };

    await mutate(app, 'upsertProfiles', { profiles: [{ profileId: 'exact', attributes: exact }] });

    expect(await readAttributes('exact')).toEqual(exact);
  });
});

describe('bulk ingest', () => {
  const deep = `{"profileId":"deep","attributes":${JSON.stringify(nested(1_000))}}`;
  const large = JSON.stringify({ profileId: 'large', attributes: { a: 'x'.repeat(1_048_576) } });

  test.each<[string, string, string]>([
    ['1,000 levels', deep, `OUT_OF_RANGE attributes.${Array(32).fill('a').join('.')}`],
    ['more than 1 MiB', large, 'OUT_OF_RANGE '],
    ['a number beyond 2^53', '{"profileId":"n","attributes":{"n":9007199254740993}}', 'OUT_OF_RANGE attributes.n'],
    ['NUL in the id', '{"profileId":"a\\u0000"}', 'MALFORMED profileId'],
    ['half a character', '{"profileId":"h","attributes":{"h":"\\ud800"}}', 'MALFORMED attributes.h'],
    ['no id', '{"attributes":{}}', 'REQUIRED profileId'],
    ['a list', '[]', 'MALFORMED '],
    [
      'an unknown segment',
      '{"profileId":"u","memberships":[{"segmentId":"no","status":"realized"}]}',
      'NOT_FOUND memberships.0.segmentId',
    ],
  ])('refuses a line with %s', async (_what, line, refusal) => {
    expect(await ingestLine(app, 'profiles', line)).toBe(refusal);
    expect(await countRows(database.db)).toEqual(before);
  });

  test('takes 9,999 lines beside a broken one, and names that by its number', async () => {
    const lines = Array.from({ length: 10_000 }, (_none, index) => JSON.stringify({ profileId: `line-${index + 1}` }));
    lines[4_999] = '{"profileId":"line-5000",';

    const report = await ingestBody(app, 'profiles', lines.join('\n'));
    const after = await countRows(database.db);

    expect(report).toMatchObject({ lines: 10_000, accepted: 9_999, created: 9_999, refused: 1 });
    expect(report.refusals).toMatchObject([{ line: 5_000, code: 'MALFORMED', path: [] }]);
    expect(after['profile']).toBe((before['profile'] ?? 0) + 9_999);
  });
});

describe('lists', () => {
  const query =
    'query($first: Int, $after: String) { segments(first: $first, after: $after) { nodes { segmentId } pageInfo { endCursor } } }';
  const list = z.object({ pageInfo: z.object({ endCursor: z.string() }) });

  test.each([0, -1, 101, 2_147_483_647])('of %i items a page are refused', async (first) => {
    const { errors } = await app.graphql(query, { first });

    expect(errors).toMatchObject([
      { message: expect.stringContaining('`first`'), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  async function cursorOf(name: string, order = ''): Promise<string> {
    const data = await frontend.run(`{ list: ${name}(first: 1${order}) { pageInfo { endCursor } } }`);
    return list.parse(data['list']).pageInfo.endCursor;
  }

  const forge = (cursor: string, place: number, value: unknown) => {
    const parts: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const forged = parts.map((part, index) => (index === place ? value : part));
    return Buffer.from(JSON.stringify(forged)).toString('base64url');
  };

  test.each<[string, () => Promise<string>]>([
    ['nothing', async () => ''],
    ['no cursor at all', async () => 'nonsense'],
    ['a truncated one', async () => (await cursorOf('segments')).slice(0, -4)],
    ['a longer one', async () => `${await cursorOf('segments')}AAAA`],
    ['one of another list', () => cursorOf('profiles')],
    ['one of another order', () => cursorOf('segments', ', orderBy: NAME_DESC')],
    ['one of another workspace', async () => forge(await cursorOf('segments'), 2, 4_711)],
    ['a forged one', async () => forge(await cursorOf('segments'), 3, { toString: 1 })],
    ['one with NUL', async () => `${await cursorOf('segments')}\0`],
    ['one of 900,000 characters', async () => 'a'.repeat(900_000)],
  ])('after %s are refused', async (_what, makeCursor) => {
    const { errors, data } = await app.graphql(query, { first: 1, after: await makeCursor() });

    expect(data?.['segments'] ?? null).toBeNull();
    expect(errors).toMatchObject([
      { message: expect.stringContaining('cursor'), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  test.each([
    ['NUL', 'a\0'],
    ['half a character', '\ud800'],
    ['900,000 characters', 'x'.repeat(900_000)],
  ])('and lookups by an id of %s find nothing', async (_what, text) => {
    const query =
      'query($id: String!) { profile(profileId: $id) { id } segment(segmentId: $id) { id } node(id: "\\u0000") { id } }';

    const { data, errors } = await app.graphql(query, { id: text });

    expect(errors).toEqual([]);
    expect(data).toEqual({ profile: null, segment: null, node: null });
  });

  test.each([
    ['NUL', 'a\0'],
    ['half a character', '\ud800'],
    ['900,000 characters', 'x'.repeat(900_000)],
  ])('searched for %s are empty or refused', async (_what, text) => {
    const { data, errors } = await app.graphql(
      'query($text: String!) { profiles(filter: { search: $text }) { nodes { id } } segments(filter: { search: $text }) { nodes { id } } }',
      { text },
    );

    const isRefused = errors.length > 0 && errors.every(({ extensions }) => extensions.code === 'BAD_USER_INPUT');
    if (!isRefused)
      expect({ data, errors }).toEqual({ data: { profiles: { nodes: [] }, segments: { nodes: [] } }, errors: [] });
  });
});

test('a body that is not UTF-8 is refused', async () => {
  const query = Buffer.from('{"query":"{ profile(profileId: \\"?\\") { id } }"}');
  query[query.indexOf('?')] = 0xff;

  expect(await postText(query)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
});

const UPSERTED = '{ __typename ... on InvalidInputError { issues { path } } }';

/** Upserts a profile with the attribute `n`, given as the text of a variable. */
function upsertVariable(text: string) {
  const query = `mutation($profiles: [ProfileInput!]!) { upsertProfiles(input: { profiles: $profiles }) ${UPSERTED} }`;
  const variables = `{"profiles":[{"profileId":"n","attributes":{"n":${text}}}]}`;
  return postText(`{"query":${JSON.stringify(query)},"variables":${variables}}`);
}

/** As {@link upsertVariable}, written into the document. */
function upsertLiteral(text: string) {
  const profile = `{ profileId: "n", attributes: { n: ${text.replaceAll('"', '')} } }`;
  return postText(
    JSON.stringify({ query: `mutation { upsertProfiles(input: { profiles: [${profile}] }) ${UPSERTED} }` }),
  );
}

const refusal = z.object({ message: z.string(), extensions: z.object({ code: z.string() }) });

/** Sends a body as it is. */
async function postText(body: string | Uint8Array<ArrayBuffer>) {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.apiKey}` },
    body,
  });
  const text = await response.text();
  const { errors } = z.object({ errors: z.array(refusal).default([]) }).parse(JSON.parse(text));
  const [first] = errors;
  return { status: response.status, code: first?.extensions.code ?? null, message: first?.message ?? '', text };
}
