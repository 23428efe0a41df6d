/** Errors of the database that say nothing of the work, only that another transaction, or another statement, was in its way. */

/** Deadlock, serialisation failure, lock time-out. */
const LOST: ReadonlySet<unknown> = new Set(['40P01', '40001', '55P03']);
const REFUSED_BEHIND_ANOTHER = '25P02';

/** Whether the same transaction may succeed if it is tried again. */
export function isLostToAnother(error: unknown): boolean {
  return LOST.has(codeOf(error));
}

/** Whether a statement was refused since another one of its transaction had failed. */
export function isRefusedBehindAnother(error: unknown): boolean {
  return codeOf(error) === REFUSED_BEHIND_ANOTHER;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
