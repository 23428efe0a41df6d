/** Errors of the database that say nothing of the work, only that another transaction was in its way. */

/** Deadlock, serialisation failure, lock time-out. */
const CODES: ReadonlySet<unknown> = new Set(['40P01', '40001', '55P03']);

/** Whether the same transaction may succeed if it is tried again. */
export function isLostToAnother(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CODES.has(error.code);
}
