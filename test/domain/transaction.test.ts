/** Transactions in each other's way. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { runTransaction } from '../../src/domain/transaction.js';
import type { Db } from '../../src/storage/database.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('of two transactions that lock each other out, both come through, and each has its effect once', async () => {
  const [one, other] = [await addWorkspace(), await addWorkspace()];
  let arrived = 0;
  let runs = 0;
  let open = () => {};
  const both = new Promise<void>((resolve) => {
    open = resolve;
  });
  const extend = (tx: Db, id: number) => sql`update workspace set name = name || '+' where id = ${id}`.execute(tx);
  const inOrder = (first: number, second: number) =>
    runTransaction(database.db, async (tx) => {
      runs += 1;
      await extend(tx, first);
      arrived += 1;
      if (arrived === 2) open();
      await both;
      await extend(tx, second);
    });

  await Promise.all([inOrder(one, other), inOrder(other, one)]);

  // More if the one that gave way is there first again.
  expect(runs).toBeGreaterThanOrEqual(3);
  const rows = await database.db.selectFrom('workspace').select('name').execute();
  expect(rows.map((row) => row.name)).toEqual(['w++', 'w++']);
});

test('an error that says something of the work is not tried again, nor one that comes again and again', async () => {
  let runs = 0;
  const fail = (code: string) =>
    runTransaction(database.db, async (tx) => {
      runs += 1;
      await sql`do ${sql.lit(`begin raise exception using errcode = '${code}'; end`)}`.execute(tx);
    });

  await expect(fail('23505')).rejects.toMatchObject({ code: '23505' });
  expect(runs).toBe(1);
  await expect(fail('55P03')).rejects.toMatchObject({ code: '55P03' });
  expect(runs).toBe(6);
});

async function addWorkspace(): Promise<number> {
  const row = await database.db
    .insertInto('workspace')
    .values({ name: 'w', external_id: sql<string>`gen_random_uuid()::text` })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}
