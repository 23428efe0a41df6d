/** The embedded database of a benchmark, brought up to date. */

import { pino } from 'pino';
import { type Database, openDatabase } from '../src/storage/database.js';
import { startEmbeddedServer } from '../src/storage/embedded-server.js';
import { applyMigrations } from '../src/storage/migrations.js';

/** A running database; disposing closes its sessions, then ends it. */
export interface BenchDatabase extends Database {
  readonly url: string;
}

/**
 * Starts it in a folder of its own.
 * @param maxConnections for what the benchmark's own process does; statements take as long as they take.
 */
export async function startDatabase(dataFolder: string, maxConnections: number): Promise<BenchDatabase> {
  const server = await startEmbeddedServer({ dataFolder, log: pino({ level: 'warn' }) });
  await applyMigrations({ connection: server.url, folder: 'schema/migrations' });
  const database = openDatabase({ connection: server.url, maxConnections, statementTimeoutMs: 0 });
  return {
    url: server.url,
    db: database.db,
    pool: database.pool,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
