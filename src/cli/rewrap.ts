/** The command `rewrap`: puts all stored secrets under the current encryption key, in a process with the server's code. */

import { runChild } from './child-process.js';
import { InterruptedError } from './command-error.js';

/**
 * Runs it to its end.
 * @returns whether nothing is left under another key.
 * @throws {InterruptedError} if the signal ended it; what is done stays done.
 */
export async function runRewrap(signal: AbortSignal): Promise<boolean> {
  const code = await runChild('rewrap', [], signal);
  if (signal.aborted) throw new InterruptedError('Ended before all secrets were looked at.');
  return code === 0;
}
