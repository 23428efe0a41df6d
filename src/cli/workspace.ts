/** The command `workspace`: makes, lists and renames workspaces, in a process with the server's code. */

import { runChild } from './child-process.js';
import { InterruptedError } from './command-error.js';

/**
 * Runs it to its end.
 * @param words what to do, as the entry takes it.
 * @returns whether it was done.
 * @throws {InterruptedError} if the signal ended it first.
 */
export async function runWorkspace(words: readonly string[], signal: AbortSignal): Promise<boolean> {
  const code = await runChild('workspace', words, signal);
  if (signal.aborted) throw new InterruptedError('Ended before it was done.');
  return code === 0;
}
