/** The commands `rewrap` and `workspace`: they work on the database, in a process with the server's code. */

import { runChild } from './child-process.js';
import { InterruptedError } from './command-error.js';

/**
 * Runs a command's entry to its end.
 * @param args as the entry takes them.
 * @returns whether all of it was done.
 * @throws {InterruptedError} if the signal ended it first; what is done stays done.
 */
export async function runOperatorCommand(
  entry: 'rewrap' | 'workspace',
  args: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const code = await runChild(entry, args, signal);
  if (signal.aborted) throw new InterruptedError(`${entry} was ended before it was done.`);
  return code === 0;
}
