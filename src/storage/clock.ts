/** The database's clock: the one that all processes share. */

import { sql } from 'kysely';
import type { Db } from './database.js';

/** Reads the time now, also within a transaction; cut to milliseconds. */
export async function readClock(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`/* clock.read */ select clock_timestamp() as now`.execute(db);
  const now = rows[0]?.now;
  if (now === undefined) throw new Error('The database told no time.');
  return now;
}
