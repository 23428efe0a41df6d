/** Prepared statements: which ask for it, and that a session plans them once. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { preparedName } from '../../src/storage/prepared.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('a statement is prepared only if its comment asks for it, under a name that its text decides', () => {
  const name = preparedName('/* a.b (prepared) */ select 1');

  expect(name).toMatch(/^a\.b_[0-9a-f]{12}$/);
  expect(preparedName('/* a.b (prepared) */ select 1')).toBe(name);
  expect(preparedName('/* a.b (prepared) */ select 2')).not.toBe(name);
  expect(preparedName('/* a.b */ select 1')).toBeNull();
  expect(preparedName("select '/* a.b (prepared) */'")).toBeNull();
});

test('a prepared statement gives the rows, counts and errors of any other, in one plan a session', async () => {
  await database.db.transaction().execute(async (tx) => {
    for (const value of [7, 8])
      expect((await sql`/* test.echo (prepared) */ select ${value}::int8 as value`.execute(tx)).rows).toEqual([
        { value },
      ]);
    const { rows } = await sql<{ calls: number }>`
      select generic_plans + custom_plans as calls from pg_prepared_statements where name like 'test.echo%'`.execute(
      tx,
    );

    expect(rows).toEqual([{ calls: 2 }]);
  });
  const written = await sql`/* test.write (prepared) */ update lane set epoch = epoch where lane = ${99}`.execute(
    database.db,
  );
  expect(written.numAffectedRows).toBe(0n);
  await expect(sql`/* test.fail (prepared) */ select 1 / ${0}::int`.execute(database.db)).rejects.toThrow('division');
});
