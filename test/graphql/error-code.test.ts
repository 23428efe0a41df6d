import { beforeAll, expect, test } from 'vitest';
import { DELIVERY_CODES } from '../../src/domain/delivery-code.js';
import { type ErrorMeaning, STREAM_ENDS } from '../../src/domain/error-catalogue.js';
import { USER_ERROR_CODES } from '../../src/domain/user-error.js';
import type { StreamEndCode } from '../../src/events/delivery-update.js';
import { toErrorCode } from '../../src/graphql/error-code.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
});

interface Entry {
  code: string;
  kind: string;
  meaning: string;
  remedy: string;
}

async function list(args = ''): Promise<Entry[]> {
  const { data, errors } = await edge.execute(`{ errorCodes${args} { code kind meaning remedy retryable } }`);
  expect(errors).toEqual([]);
  return data.errorCodes;
}

test('every delivery code and user error is in the catalogue, once a kind, with meaning and remedy', async () => {
  const entries = await list();

  const codes = entries.map(({ code }) => code);
  expect(codes).toEqual(
    expect.arrayContaining([...Object.keys(DELIVERY_CODES), ...USER_ERROR_CODES, 'CURSOR_EXPIRED', 'FORBIDDEN']),
  );
  expect(new Set(entries.map(({ kind, code }) => `${kind} ${code}`)).size).toBe(entries.length);
  expect(entries.length).toBeLessThan(200);
  for (const { meaning, remedy } of entries)
    expect([meaning, remedy].every((text) => /^\S.*\.$/s.test(text))).toBe(true);
});

test('every code that ends a stream of events is in the catalogue', async () => {
  // A code that is missing here does not compile.
  const ends: Record<StreamEndCode, ErrorMeaning> = STREAM_ENDS;

  const listed = (await list('(kinds: [STREAM_END])')).map(({ code }) => code);
  expect(listed).toEqual(Object.keys(ends));
});

test('the catalogue is filtered by kind', async () => {
  const halts = await list('(kinds: [HALT, STREAM_END])');

  expect(new Set(halts.map(({ kind }) => kind))).toEqual(new Set(['HALT', 'STREAM_END']));
  expect(await list('(kinds: [])')).toEqual([]);
  expect(await list('(kinds: null)')).toEqual(await list());
});

test('the schema says of each user error what the catalogue says', async () => {
  const { data } = await edge.execute('{ __type(name: "UserErrorCode") { enumValues { name description } } }');

  const described = (await list('(kinds: [USER_ERROR])')).map(({ code, meaning }) => ({
    name: code,
    description: meaning,
  }));
  expect(data.__type.enumValues).toEqual(described);
});

test('a code that the catalogue lacks is an error, not an empty reason', () => {
  expect(toErrorCode('THROTTLED')).toMatchObject({ code: 'THROTTLED', kind: 'DEFERRAL', retryable: true });
  expect(() => toErrorCode('toString')).toThrow(RangeError);
});
