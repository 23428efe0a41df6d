/** What a failure of the database means to whoever asked for something. */

import { DatabaseUnreachableError } from '../storage/session.js';

/** Told for it, over every transport. */
export const DATABASE_UNREACHABLE = {
  code: 'DATABASE_UNREACHABLE',
  message: 'The database does not answer, or has too much to do: send again in a moment.',
} as const;

/** Whether a failure is one of no session: nothing was done, and the same may well succeed in a moment. */
export function isDatabaseUnreachable(error: unknown): boolean {
  return error instanceof DatabaseUnreachableError;
}
