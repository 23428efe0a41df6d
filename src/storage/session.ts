/** Sessions of a pool: how one is taken, and the errors that say why there is none. */

import type pg from 'pg';

/** Where sessions are taken from: a pool, or what binds the sessions of one. */
export interface SessionPool {
  connect(): Promise<pg.PoolClient>;
  end(): Promise<void>;
}

/** Row-level security would not hold for a session; the message says how to mend it. */
export class RowSecurityError extends Error {
  override readonly name = 'RowSecurityError';
}

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
 * @throws {RowSecurityError}
 */
export async function takeSession(pool: Pick<SessionPool, 'connect'>): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw error instanceof RowSecurityError ? error : new DatabaseUnreachableError(error);
  }
}
