/** Whether a database has work of clients under way. */

import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Db } from '../../src/storage/database.js';
import { until } from './until.js';

/** A test that asks {@link untilSessionsAreIdle} while AWS is asked holds the answer back for longer than that waits, in ms. */
export const HELD_BACK_MS = 2_000;

/** Waits for half of {@link HELD_BACK_MS}: a session may be done with its last statement a moment after its client is told. */
export async function untilSessionsAreIdle(db: Db): Promise<void> {
  const expectIdle = async () => {
    const { rows } = await sql`/* test.busy_sessions */
      select state, query from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
        and state <> 'idle'`.execute(db);
    expect(rows).toEqual([]);
  };
  await until(expectIdle, { timeoutMs: HELD_BACK_MS / 2 });
}
