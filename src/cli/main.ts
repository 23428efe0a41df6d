#!/usr/bin/env node
/** Entry of the command `tributary`: runs what the arguments ask for. Status 0 is well, 1 is not, 2 is a wrong argument. */

import { CommandError, InterruptedError, UsageError } from './command-error.js';
import { type Command, parseCommandLine, USAGE } from './command-line.js';
import { runDemo } from './demo.js';
import { runExport } from './export.js';
import { runImport } from './import.js';
import { runOperatorCommand } from './operator-command.js';

const INTERRUPTED = 130;
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // A second one ends the process at once.
  process.once(signal, () => interruption.abort(new InterruptedError(`Ended by ${signal}.`)));
}
process.exitCode = await runToStatus(process.argv.slice(2));
// Sockets that servers keep alive would hold the process for seconds.
process.exit();

async function runToStatus(args: readonly string[]): Promise<number> {
  try {
    return (await run(parseCommandLine(args))) ? 0 : 1;
  } catch (error) {
    if (error instanceof InterruptedError) return INTERRUPTED;
    console.error(`\n${describeError(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Import and export end with their process; the others have processes to stop first. */
function run(command: Command): Promise<boolean> {
  switch (command.name) {
    case 'help':
      console.log(USAGE);
      return Promise.resolve(true);
    case 'demo':
      return runDemo(command.options, interruption.signal);
    case 'import':
      return endOn(interruption.signal, runImport(command.options));
    case 'export':
      return endOn(interruption.signal, runExport(command.options));
    case 'rewrap':
      return runOperatorCommand('rewrap', [], interruption.signal);
    case 'workspace':
      return runOperatorCommand('workspace', command.words, interruption.signal);
  }
}

function endOn(signal: AbortSignal, work: Promise<boolean>): Promise<boolean> {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, interrupted]);
}

/** Texts of our own are for people; a bug shows where it is. */
function describeError(error: unknown): string {
  if (error instanceof UsageError) return `${error.message} \`tributary --help\` shows all.`;
  if (error instanceof CommandError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
