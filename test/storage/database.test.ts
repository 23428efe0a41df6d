import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { checkServerVersion, openDatabase } from '../../src/storage/database.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('bigint comes back as a number, alone and in arrays', async () => {
  const query = sql<{ one: number; many: (number | null)[]; none: number[] }>`
    select 1800000000000000::bigint as one, array[1, null, -3]::bigint[] as many, '{}'::bigint[] as none`;

  const { rows } = await query.execute(database.db);

  expect(rows).toEqual([{ one: 1_800_000_000_000_000, many: [1, null, -3], none: [] }]);
});

test('a bigint beyond 2^53 is refused instead of rounded', async () => {
  await expect(sql`select 9007199254740993::bigint as big`.execute(database.db)).rejects.toThrow('9007199254740993');
  await expect(sql`select array[9007199254740993] as big`.execute(database.db)).rejects.toThrow('9007199254740993');
});

test('jsonb can be read as text', async () => {
  const { rows } = await sql`select '{"a":1}'::jsonb as parsed, '{"a":1}'::jsonb::text as text`.execute(database.db);

  expect(rows).toEqual([{ parsed: { a: 1 }, text: '{"a": 1}' }]);
});

test('sessions bound their statements and idle transactions', async () => {
  const { rows } = await sql`select current_setting('statement_timeout') as statement,
    current_setting('idle_in_transaction_session_timeout') as idle`.execute(database.db);

  expect(rows).toEqual([{ statement: '30s', idle: '30s' }]);
});

test('the server version is accepted', async () => {
  await expect(checkServerVersion(database.db)).resolves.toBeUndefined();
});

test('a closed database answers no more, also if only its pool was used', async () => {
  const other = openDatabase({ connection: database.connection });
  await other.pool.query('select 1');

  await other[Symbol.asyncDispose]();

  await expect(other.pool.query('select 1')).rejects.toThrow('after calling end');
});

test('an address that swallows every byte is reported within about 2 s', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = z.object({ port: z.number() }).parse(silent.address());
  await using lost = openDatabase({ connection: `postgresql://nobody@127.0.0.1:${port}/none?sslmode=disable` });
  const startedAt = performance.now();

  await expect(checkServerVersion(lost.db)).rejects.toThrow('timeout');

  expect(performance.now() - startedAt).toBeLessThan(4_000);
  for (const socket of sockets) socket.destroy();
  silent.close();
});
