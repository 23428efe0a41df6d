import * as fc from 'fast-check';
import { type RawBuilder, sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CopyValue, copyInto, toCopyText } from '../../src/storage/copy.js';
import { MIN_COPIED_ROWS, type StagingTable, stageRows } from '../../src/storage/staging.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

beforeAll(async () => {
  await sql`create table copied (place int, plain text, json jsonb)`.execute(database.db);
});

const TARGET = { table: 'copied', columns: ['place', 'plain', 'json'] };

interface Copied {
  place: number;
  plain: string | null;
  json: unknown;
}

/** Copies rows, reads them back, and leaves the table empty. */
async function roundTrip(rows: readonly CopyValue[][]): Promise<Copied[]> {
  return await database.db.transaction().execute(async (tx) => {
    await copyInto(tx, TARGET, rows);
    const { rows: found } = await sql<Copied>`delete from copied returning place, plain, json`.execute(tx);
    return found.sort((one, other) => one.place - other.place);
  });
}

/** What PostgreSQL can hold: no NUL, no half of a surrogate pair. */
const storable = fc
  .string({
    unit: fc.constantFrom('\\', '\t', '\n', '\r', '\b', '\v', 'N', '.', '"', 'é', '\u2028', '\u{1f600}', ' ', 'x'),
  })
  .filter((text) => text.isWellFormed());
const json = fc
  .jsonValue({ noUnicodeString: false })
  .map((value) => JSON.stringify(value))
  .filter(
    (text) => JSON.stringify(JSON.parse(text)) === text && text.isWellFormed() && !/\\u0000|\\ud[89a-f]/i.test(text),
  )
  // PostgreSQL's numbers have no negative zero.
  .filter((text) => !text.includes('-0'));

describe('COPY', () => {
  test('brings every text and every JSON back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.option(storable),
            fc.option(
              fc.oneof(
                json,
                storable.map((text) => JSON.stringify({ [text]: text })),
              ),
            ),
          ),
        ),
        async (values) => {
          const found = await roundTrip(values.map(([plain, text], place) => [place, plain, text]));

          expect(found).toEqual(
            values.map(([plain, text], place) => ({ place, plain, json: text === null ? null : JSON.parse(text) })),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each([
    ['the mark of null', '\\N'],
    ['the mark of the end', '\\.'],
    ['a backslash at the end', 'x\\'],
    ['line separators', '\u2028\u2029\u0085'],
    ['nothing', ''],
  ])('takes %s for a text', async (_what, text) => {
    expect(await roundTrip([[0, text, JSON.stringify(text)]])).toEqual([{ place: 0, plain: text, json: text }]);
  });

  test('takes values larger than a piece, and more rows than a piece holds', async () => {
    const large = '\\é\t'.repeat(200_000);

    const found = await roundTrip([
      [0, large, null],
      ...Array.from({ length: 20_000 }, (_, index) => [index + 1, 'x'.repeat(50), null]),
    ]);

    expect(found).toHaveLength(20_001);
    expect(found[0]?.plain === large).toBe(true);
  });

  test('of no rows does nothing', async () => {
    expect([...toCopyText([])]).toEqual([]);
    expect(await roundTrip([])).toEqual([]);
  });

  test.each([
    ['a small body', 10],
    ['a body that is still on its way', 100_000],
  ])('that the database refuses fails with its words, and leaves the session usable: %s', async (_what, rows) => {
    const broken = Array.from({ length: rows }, (_, place) => [place, 'x'.repeat(100), place === 0 ? '{' : null]);

    await database.db.connection().execute(async (db) => {
      const failing = db.transaction().execute((tx) => copyInto(tx, TARGET, broken));

      await expect(failing).rejects.toThrow('invalid input syntax for type json');
      expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    });
  });

  test('whose session is lost fails, and the pool goes on', async () => {
    const failing = database.db.transaction().execute(async (tx) => {
      const own = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await copyInto(tx, TARGET, killedAfterOne(own.rows[0]?.pid ?? 0));
    });

    await expect(failing).rejects.toThrow();
    expect(await roundTrip([[0, 'after', null]])).toHaveLength(1);
  });

  test('whose rows fail to be made fails with their error', async () => {
    function* failing(): Generator<CopyValue[], void, undefined> {
      yield [0, 'x', null];
      throw new Error('no more rows');
    }

    await expect(database.db.transaction().execute((tx) => copyInto(tx, TARGET, failing()))).rejects.toThrow(
      'no more rows',
    );
    expect(await roundTrip([[0, 'after', null]])).toHaveLength(1);
  });

  /** Rows without end, whose session another one ends meanwhile. */
  function* killedAfterOne(pid: number): Generator<CopyValue[], void, undefined> {
    void sql`select pg_terminate_backend(${pid})`.execute(database.db);
    for (let place = 0; place < 500_000; place += 1) yield [place, 'x'.repeat(100), null];
  }
});

describe('staged rows', () => {
  const STAGED: StagingTable<number> = {
    name: 'staged_number',
    columns: { number: { type: 'int', value: (n) => n }, half: { type: 'numeric', value: (n) => `${n / 2}` } },
  };
  const read = async (tx: typeof database.db, given: RawBuilder<unknown>) =>
    (
      await sql<{
        number: number;
      }>`with given as (${given}) select number, half::float8 from given order by number`.execute(tx)
    ).rows;
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

  test.each([0, 1, MIN_COPIED_ROWS - 1, MIN_COPIED_ROWS, 5_000])('are the same, however many: %i', async (count) => {
    const found = await database.db
      .transaction()
      .execute(async (tx) => await read(tx, await stageRows(tx, STAGED, numbers(count))));

    expect(found).toEqual(numbers(count).map((number) => ({ number, half: number / 2 })));
  });

  test('are gone with their statement, with their transaction, and with one that failed', async () => {
    const { db } = database;
    const counts = await db.connection().execute(async (session) => {
      const stage = (tx: typeof db, count: number) => stageRows(tx, STAGED, numbers(count));
      const twice = await session.transaction().execute(async (tx) => {
        const first = (await read(tx, await stage(tx, 300))).length;
        return [first, (await read(tx, await stage(tx, 400))).length];
      });
      const failing = session.transaction().execute(async (tx) => {
        await stage(tx, 500);
        throw new Error('rolled back');
      });
      await failing.catch(() => undefined);
      await session.transaction().execute((tx) => stage(tx, 600));
      return [
        ...twice,
        (await session.transaction().execute(async (tx) => await read(tx, await stage(tx, 200)))).length,
      ];
    });

    expect(counts).toEqual([300, 400, 200]);
  });
});
