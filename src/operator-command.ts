/** What commands of the operator have in common: they take the environment of the servers, beside which they are safe. */

import { Closer } from './closer.js';
import { ConfigError, loadConfig } from './config.js';
import { UserError } from './domain/user-error.js';
import { createLog } from './log.js';
import { EncryptionKeyError } from './storage/encryption-key.js';
import { openStore, type Store } from './store.js';

/**
 * Opens the store for a command and runs it to its end.
 * @param applicationName shown in `pg_stat_activity`.
 * @param work does it. @returns the exit status.
 * @returns the exit status; 1, with the reason on standard error, if the environment or what was asked for is wrong.
 */
export async function runOperatorCommand(
  applicationName: string,
  work: (store: Store) => Promise<number>,
): Promise<number> {
  const closer = new Closer();
  try {
    const config = loadConfig();
    // What is printed is for people: the log goes elsewhere.
    const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel, process.stderr);
    return await work(await openStore(config, { log, closer, maxConnections: 2, applicationName }));
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof EncryptionKeyError || error instanceof UserError))
      throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    await closer[Symbol.asyncDispose]();
  }
}

/** Prints a line for people. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
