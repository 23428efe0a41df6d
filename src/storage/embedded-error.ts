/** The one error of the embedded PostgreSQL server. */

/**
 * The embedded PostgreSQL server cannot be found, run or reached.
 * The message names the cause and the way out: mostly the server log to read, or `DATABASE_URL` to set.
 */
export class EmbeddedServerError extends Error {
  override name = 'EmbeddedServerError';
}

/** The `code` that Node and PostgreSQL put on their errors (`ENOENT`, `57P03`), or undefined where there is none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
