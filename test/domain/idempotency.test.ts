import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { hashInput, type MadeObjects, runOnce } from '../../src/domain/idempotency.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let workspaceId: number;

beforeAll(async () => {
  const values = { name: 'test', external_id: 'test' };
  workspaceId = (await database.db.insertInto('workspace').values(values).returning('id').executeTakeFirstOrThrow()).id;
});

interface Call {
  operation?: string;
  key: string | null;
  input?: object;
}

let made = 0;
function call({ operation = 'create', key, input = {} }: Call) {
  return database.db.transaction().execute((tx) =>
    runOnce(tx, { workspaceId, operation, key, input }, async (): Promise<MadeObjects> => {
      made += 1;
      return [{ kind: 'Segment', id: made }];
    }),
  );
}

test('the same key and input give the first answer', async () => {
  const key = randomUUID();

  const first = await call({ key, input: { name: 'a', at: new Date(0) } });
  const second = await call({ key, input: { at: new Date(0), name: 'a', none: undefined } });

  expect(first.repeated).toBe(false);
  expect(second).toEqual({ answer: first.answer, repeated: true });
});

test('the same key with another input is refused, and names what the first call made', async () => {
  const key = randomUUID();
  const first = await call({ key, input: { name: 'a' } });

  await expect(call({ key, input: { name: 'b' } })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
    path: ['input', 'idempotencyKey'],
    current: first.answer[0],
  });
});

test('keys of other operations are other keys', async () => {
  const key = randomUUID();
  await call({ key });

  expect((await call({ key, operation: 'other' })).repeated).toBe(false);
});

test('without a key the work runs each time', async () => {
  expect((await call({ key: null })).repeated).toBe(false);
  expect((await call({ key: null })).repeated).toBe(false);
});

test('50 calls in parallel make one object', async () => {
  const key = randomUUID();
  const before = made;

  const answers = await Promise.all(Array.from({ length: 50 }, () => call({ key })));

  expect(made - before).toBe(1);
  expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
  expect(new Set(answers.map(({ answer }) => answer[0].id)).size).toBe(1);
});

test('a call that fails leaves the key free', async () => {
  const key = randomUUID();
  const failing = database.db
    .transaction()
    .execute((tx) =>
      runOnce(tx, { workspaceId, operation: 'create', key, input: {} }, () => Promise.reject(new Error('no'))),
    );
  await expect(failing).rejects.toThrow('no');

  expect((await call({ key })).repeated).toBe(false);
});

test('a key is forgotten after 24 hours', async () => {
  const key = randomUUID();
  await call({ key, input: { name: 'a' } });
  const age = (hours: string) =>
    sql`update idempotency_key set created_at = now() - ${hours}::interval where key = ${key}`.execute(database.db);

  await age('23 hours 59 minutes');
  expect((await call({ key, input: { name: 'a' } })).repeated).toBe(true);
  await age('24 hours 1 minute');
  expect((await call({ key, input: { name: 'b' } })).repeated).toBe(false);
});

test('the hash depends on every value, not on the order of fields', () => {
  expect(hashInput({ a: [1, { b: 2, c: 3 }] })).toEqual(hashInput({ a: [1, { c: 3, b: 2 }] }));
  expect(hashInput({ a: [1, 2] })).not.toEqual(hashInput({ a: [2, 1] }));
  expect(hashInput({ a: '1' })).not.toEqual(hashInput({ a: 1 }));
  expect(hashInput({ a: null })).not.toEqual(hashInput({}));
});
