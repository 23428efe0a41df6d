/** A database for each test file: a clone of the template, dropped at the end. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { type Database, type Db, openDatabase } from '../../src/storage/database.js';
import { databaseUrl, executeOn } from './database-server.js';

/** Read the fields inside tests and hooks, not before: the database is made in `beforeAll`. */
export interface TestDatabase {
  /** A pool of 10 sessions. */
  readonly db: Db;
  readonly pool: pg.Pool;
  /** URL of the database, for further pools, listeners and child processes. */
  readonly connection: string;
}

/** Options of {@link useTestDatabase}. */
export interface TestDatabaseOptions {
  /** True starts without any table, `migration` included. Default false. */
  readonly isEmpty?: boolean;
}

/**
 * Gives the test file (or the `describe` around the call) a database of its own with every migration applied.
 * Write `const database = useTestDatabase()` and use `database.db` in tests; do not take it apart at the top.
 */
export function useTestDatabase(options: TestDatabaseOptions = {}): TestDatabase {
  let opened: (Database & { readonly connection: string }) | undefined;
  const name = `tributary_test_${randomUUID().replaceAll('-', '')}`;
  const { connection: server, template } = inject('testServer');
  beforeAll(async () => {
    await executeOn(server, `create database ${name} template ${options.isEmpty ? 'template0' : template}`);
    const connection = databaseUrl(server, name);
    opened = { ...openDatabase({ connection, applicationName: name }), connection };
  });
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
    await executeOn(server, `drop database if exists ${name} with (force)`);
  });
  return laterDatabase(() => {
    if (!opened) throw new Error('The test database is made in beforeAll: use it inside a test or a later hook.');
    return opened;
  });
}

function laterDatabase(get: () => TestDatabase): TestDatabase {
  return {
    get db() {
      return get().db;
    },
    get pool() {
      return get().pool;
    },
    get connection() {
      return get().connection;
    },
  };
}
