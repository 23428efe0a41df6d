/** The product as benches of the API use it: one process, an embedded PostgreSQL that the bench fills by itself. */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { pino } from 'pino';
import { Closer } from '../src/closer.js';
import { type Db, openDatabase } from '../src/storage/database.js';
import { startEmbeddedServer } from '../src/storage/embedded-server.js';
import { applyMigrations } from '../src/storage/migrations.js';
import { startProcess } from './harness.js';

/** A running product with its first workspace. */
export interface ApiProduct extends AsyncDisposable {
  db: Db;
  url: string;
  apiKey: string;
  workspaceId: number;
  /** Of the product's process. */
  pid: number;
}

/** Starts the product over an empty database; `db` is for filling it. */
export async function startApiProduct(folder: string): Promise<ApiProduct> {
  const ends = new Closer();
  const log = pino({ level: 'warn' });
  const server = ends.use(await startEmbeddedServer({ dataFolder: path.join(folder, 'database'), log }));
  await applyMigrations({ connection: server.url, folder: 'schema/migrations' });
  const { db } = ends.use(openDatabase({ connection: server.url, maxConnections: 4, statementTimeoutMs: 0 }));
  const lines: string[] = [];
  const product = ends.use(
    await startProcess(
      ['--max-semi-space-size=32', 'dist/main.js'],
      (line) => {
        lines.push(line);
        return line.trim().startsWith('trb_') ? line.trim() : null;
      },
      {
        DATABASE_URL: server.url,
        DATA_FOLDER: path.join(folder, 'product'),
        ENCRYPTION_KEY: randomBytes(32).toString('base64'),
        KINESIS: 'aws',
        KINESIS_ENDPOINT: 'http://127.0.0.1:1',
        PORT: '0',
        LOG_LEVEL: 'warn',
        NODE_ENV: 'production',
        // One client is measured at its full rate.
        OPERATIONS_PER_KEY: '1000000',
        OPERATIONS_PER_ADDRESS: '1000000',
      },
    ),
  );
  const url = lines.map((line) => /http:\S+/.exec(line)?.[0]).find((found) => found !== undefined) ?? '';
  const { id: workspaceId } = await db.selectFrom('workspace').select('id').executeTakeFirstOrThrow();
  return {
    db,
    url,
    apiKey: product.found,
    workspaceId,
    pid: product.pid,
    [Symbol.asyncDispose]: () => ends[Symbol.asyncDispose](),
  };
}
