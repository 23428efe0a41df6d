/** The product as benches of the API use it: one process, an embedded PostgreSQL that the bench fills by itself. */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { Closer } from '../src/closer.js';
import type { Db } from '../src/storage/database.js';
import { startDatabase } from './database.js';
import { type ServerProcess, startServer } from './harness.js';

/** A running product with its first workspace. */
export interface ApiProduct extends AsyncDisposable {
  db: Db;
  url: string;
  apiKey: string;
  workspaceId: number;
  /** Of the product's process. */
  pid: number;
  /** Waits for a line of its output that comes from now on. */
  waitForLine: ServerProcess['waitForLine'];
}

/** What differs from the usual. */
export interface ApiProductOptions {
  environment?: Readonly<Record<string, string>>;
  /** Options of node. */
  nodeArgs?: readonly string[];
}

/** Starts the product over an empty database; `db` is for filling it. */
export async function startApiProduct(folder: string, options: ApiProductOptions = {}): Promise<ApiProduct> {
  const ends = new Closer();
  const { db, url: databaseUrl } = ends.use(await startDatabase(path.join(folder, 'database'), 4));
  const environment = {
    DATABASE_URL: databaseUrl,
    DATA_FOLDER: path.join(folder, 'product'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    KINESIS_ENDPOINT: 'http://127.0.0.1:1',
    NODE_ENV: 'production',
    ...options.environment,
  };
  const product = ends.use(await startServer(environment, options.nodeArgs));
  const { id: workspaceId } = await db.selectFrom('workspace').select('id').executeTakeFirstOrThrow();
  const { url, apiKey, pid } = product;
  return {
    db,
    url,
    apiKey,
    workspaceId,
    pid,
    waitForLine: (find) => product.waitForLine(find),
    [Symbol.asyncDispose]: () => ends[Symbol.asyncDispose](),
  };
}
