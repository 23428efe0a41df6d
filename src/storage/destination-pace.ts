/**
 * Rates of destinations, kept over all workers: each page takes a turn, and as long as its records count for nobody else
 * does. The time stands in the destination's row (`paced_until`), so that it survives processes.
 */

import { sql } from 'kysely';
import type { Db } from './database.js';

/** How far behind its rate a destination may be and catch up, in ms: workers come a little late to each turn. */
const CATCH_UP_MS = 500;

/**
 * Takes a turn for so many records.
 * @returns null if it was taken, else after how long the next one is due, in ms.
 */
export async function takeTurn(
  db: Db,
  destinationId: number,
  turn: { records: number; maxRecordsPerSecond: number },
): Promise<number | null> {
  const countsForMs = (turn.records * 1_000) / turn.maxRecordsPerSecond;
  const { numAffectedRows } = await sql`/* destination_pace.take_turn */
    update destination
    set paced_until = greatest(paced_until, clock_timestamp() - ${sql.lit(CATCH_UP_MS)} * interval '1 millisecond')
      + ${countsForMs} * interval '1 millisecond'
    where id = ${destinationId} and paced_until <= clock_timestamp()`.execute(db);
  return numAffectedRows === 1n ? null : await findTurnMs(db, destinationId);
}

/** After how long the next turn of a destination is due, in ms; 0 if it is due now. */
export async function findTurnMs(db: Db, destinationId: number): Promise<number> {
  const { rows } = await sql<{ wait_ms: number }>`/* destination_pace.find_turn */
    select greatest(0, extract(epoch from paced_until - clock_timestamp()) * 1000)::float8 as wait_ms
    from destination
    where id = ${destinationId}`.execute(db);
  return rows[0]?.wait_ms ?? 0;
}
