/** A database for each test file: a clone of the template, dropped at the end. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { Closer } from '../../src/closer.js';
import { type Db, openDatabase } from '../../src/storage/database.js';
import { openWorkspaceSessions } from '../../src/storage/workspace-sessions.js';
import { databaseUrl, executeOn } from './database-server.js';

/** Read the fields inside tests and hooks, not before: the database is made in `beforeAll`. */
export interface TestDatabase {
  /** A pool of 10 sessions. */
  readonly db: Db;
  readonly pool: pg.Pool;
  /** The database as requests of a workspace see it. */
  inWorkspace(workspaceId: number): Db;
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
  let opened: TestDatabase | undefined;
  const ends = new Closer();
  const name = `tributary_test_${randomUUID().replaceAll('-', '')}`;
  const { connection: server, template } = inject('testServer');
  beforeAll(async () => {
    await executeOn(server, `create database ${name} template ${options.isEmpty ? 'template0' : template}`);
    const connection = databaseUrl(server, name);
    const { db, pool } = ends.use(openDatabase({ connection, applicationName: name }));
    const { inWorkspace } = ends.use(openWorkspaceSessions({ connection, applicationName: name }));
    opened = { db, pool, inWorkspace, connection };
    viewsOf.set(db, inWorkspace);
  });
  afterAll(async () => {
    await ends[Symbol.asyncDispose]();
    await executeOn(server, `drop database if exists ${name} with (force)`);
  });
  return laterDatabase(() => {
    if (!opened) throw new Error('The test database is made in beforeAll: use it inside a test or a later hook.');
    return opened;
  });
}

/**
 * The database of a test as requests of its workspaces see it, for what is handed `db` alone.
 * @throws {Error} if it is not the `db` of a {@link TestDatabase}.
 */
export function workspacesOf(db: Db): TestDatabase['inWorkspace'] {
  const inWorkspace = viewsOf.get(db);
  if (inWorkspace) return inWorkspace;
  throw new Error('Only the `db` of a test database has workspaces: hand it over, and wrap what `inWorkspace` gives.');
}

/** By the `db` of a test database. */
const viewsOf = new WeakMap<Db, TestDatabase['inWorkspace']>();

function laterDatabase(get: () => TestDatabase): TestDatabase {
  return {
    get db() {
      return get().db;
    },
    get pool() {
      return get().pool;
    },
    inWorkspace: (workspaceId) => get().inWorkspace(workspaceId),
    get connection() {
      return get().connection;
    },
  };
}
