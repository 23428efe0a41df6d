/** How statements travel: together where they are asked for together, each with its own answer. */

import { setImmediate } from 'node:timers/promises';
import { CompiledQuery, sql } from 'kysely';
import type pg from 'pg';
import { expect, test, vi } from 'vitest';
import { copyInto } from '../../src/storage/copy.js';
import { queryThrough } from '../../src/storage/statement-session.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('the first statements of a transaction travel with its begin, and none waits for another’s answer', async () => {
  const wire = openWire();
  const db = queryThrough(wire.pool);

  const answered = db.transaction().execute(async (tx) => {
    await Promise.all(['one', 'two'].map((text) => tx.executeQuery(CompiledQuery.raw(text))));
  });

  await expect.poll(() => wire.sent).toEqual(['begin', 'one', 'two']);
  wire.answerAll();
  await expect.poll(() => wire.sent).toEqual(['begin', 'one', 'two', 'commit']);
  wire.answerAll();
  await answered;
});

test('what one turn asks for is one message', async () => {
  const messages: number[] = [];
  const session = await database.pool.connect();
  const { stream } = Object(Reflect.get(session, 'connection'));
  const write = vi.spyOn(stream, '_write').mockName('one');
  const writev = vi.spyOn(stream, '_writev').mockName('several');
  const db = queryThrough({ connect: async () => session, end: async () => {} });

  await db.transaction().execute(async (tx) => {
    await Promise.all([1, 2, 3].map((number) => sql`select ${number}::int`.execute(tx)));
    messages.push(write.mock.calls.length + writev.mock.calls.length);
  });

  messages.push(write.mock.calls.length + writev.mock.calls.length);
  expect(messages).toEqual([1, 2]);
});

test('a transaction that cannot be opened fails', async () => {
  const wire = openWire({ begin: new Error('no transaction') });
  const db = queryThrough(wire.pool);

  const answered = db.transaction().execute(async (tx) => {
    await tx.executeQuery(CompiledQuery.raw('one'));
  });

  answered.catch(() => {});
  await expect.poll(() => wire.sent).toEqual(['begin', 'one']);
  wire.answerAll();
  await expect.poll(() => wire.sent).toEqual(['begin', 'one', 'rollback']);
  wire.answerAll();
  await expect(answered).rejects.toThrow('no transaction');
});

test('each statement gets its own answer, however many travel together', async () => {
  const numbers = Array.from({ length: 200 }, (_, number) => number);

  const answers = await database.db.transaction().execute((tx) =>
    Promise.all(
      numbers.map(async (number) => {
        const name = number % 2 === 0 ? '/* test.echo (prepared) */ ' : '';
        const { rows } = await sql<{ number: number }>`${sql.raw(name)}select ${number}::int as number`.execute(tx);
        return rows[0]?.number;
      }),
    ),
  );

  expect(answers).toEqual(numbers);
});

test('one that fails takes those behind it and the transaction with it, and the session is sound afterwards', async () => {
  await sql`create table travelled (place int)`.execute(database.db);
  const add = (db: typeof database.db, place: number) => sql`insert into travelled values (${place})`.execute(db);

  const answered = database.db
    .transaction()
    .execute((tx) => Promise.all([add(tx, 1), sql`select 1 / 0`.execute(tx), add(tx, 2)]));

  await expect(answered).rejects.toMatchObject({ code: '22012' });
  await database.db.transaction().execute(async (tx) => {
    await Promise.all([add(tx, 3), copyInto(tx, { table: 'travelled', columns: ['place'] }, [[4]])]);
    await add(tx, 5);
  });
  const { rows } = await sql<{ place: number }>`select place from travelled order by place`.execute(database.db);
  expect(rows.map(({ place }) => place)).toEqual([3, 4, 5]);
});

test('those behind one that fails tell of that one, not of being refused', async () => {
  const select = (tx: typeof database.db, number: number) => sql`select 1 / ${number}::int`.execute(tx);

  const settled = await database.db
    .transaction()
    .execute(async (tx) => {
      const all = await Promise.allSettled([select(tx, 1), select(tx, 0), select(tx, 1)]);
      return [...all, ...(await Promise.allSettled([select(tx, 1)]))];
    })
    .catch((error: unknown) => error);

  const reasons = Array.isArray(settled) ? settled.map(({ reason }) => reason?.message) : settled;
  expect(reasons).toEqual([undefined, 'division by zero', 'division by zero', 'division by zero']);
});

test('a transaction is rolled back when all parts of its work have ended, and nothing follows', async () => {
  const wire = openWire();
  const db = queryThrough(wire.pool);
  let askLate = async (): Promise<unknown> => null;

  const failed = db.transaction().execute(async (tx) => {
    const ask = (text: string) => tx.executeQuery(CompiledQuery.raw(text));
    askLate = () => ask('late');
    const fails = ask('one').then(() => {
      throw new Error('the fence fell');
    });
    await Promise.all([fails, ask('two').then(() => ask('three'))]);
  });

  failed.catch(() => {});
  await expect.poll(() => wire.sent).toEqual(['begin', 'one', 'two']);
  wire.answer(2);
  // The work has failed by then; the other part of it is still at the server.
  await setImmediate();
  expect(wire.sent).toEqual(['begin', 'one', 'two']);
  wire.answerAll();
  await expect.poll(() => wire.sent).toEqual(['begin', 'one', 'two', 'three']);
  wire.answerAll();
  await expect.poll(() => wire.sent).toEqual(['begin', 'one', 'two', 'three', 'rollback']);
  await expect(askLate()).rejects.toThrow('The transaction was over before this was asked for: late');
  wire.answerAll();
  await expect(failed).rejects.toThrow('the fence fell');
  expect(wire.sent).toHaveLength(5);
});

test('COPY as the first statement of a transaction', async () => {
  await sql`create table copied_first (place int)`.execute(database.db);

  await database.db
    .transaction()
    .execute((tx) => copyInto(tx, { table: 'copied_first', columns: ['place'] }, [[1], [2]]));

  const { rows } = await sql<{ count: number }>`select count(*)::int as count from copied_first`.execute(database.db);
  expect(rows).toEqual([{ count: 2 }]);
});

/** A session that notes what is sent, and answers when it is told to. */
function openWire(faults: Record<string, Error> = {}) {
  const sent: string[] = [];
  const waiting: (() => void)[] = [];
  const session = {
    query: (statement: string) => {
      sent.push(statement);
      return new Promise((resolve, reject) => {
        const fault = faults[statement];
        waiting.push(() => (fault ? reject(fault) : resolve({ command: 'SELECT', rowCount: 0, rows: [] })));
      });
    },
    release: () => {},
  };
  return {
    sent,
    pool: { connect: async () => session as unknown as pg.PoolClient, end: async () => {} },
    /** Answers so many statements, the oldest first. */
    answer(count: number) {
      for (const answer of waiting.splice(0, count)) answer();
    },
    answerAll() {
      this.answer(waiting.length);
    },
  };
}
