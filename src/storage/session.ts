/** Sessions of a pool: how one is taken, and the error that says that there is none. */

import type pg from 'pg';

/** The database gave no session: it is away, or has more to do than it can. Nothing was sent to it. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';

  /** @param cause what the driver says. */
  constructor(cause: unknown) {
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : 'it does not answer';
    super(`The database gives no session: ${reason}. Check that it runs, how busy it is, and DATABASE_URL.`, { cause });
  }
}

/**
 * Takes a session; it has to be released.
 * @throws {DatabaseUnreachableError}
 */
export async function takeSession(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new DatabaseUnreachableError(error);
  }
}
