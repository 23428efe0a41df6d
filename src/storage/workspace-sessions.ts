/**
 * The sessions of requests. Each is bound to one workspace at a time: it has a role that owns nothing, and row-level
 * security shows it that workspace's rows alone, whatever a statement asks for. The one place that binds them; see
 * docs/adr/0021-row-level-security.md.
 *
 * Sessions of their own, not those of the owner: a session that was bound never works for all workspaces again, so that
 * nobody has to remember to let go of it.
 */

import { sql } from 'kysely';
import type pg from 'pg';
import { type DatabaseOptions, type Db, openPool } from './database.js';
import { RowSecurityError, type SessionPool } from './session.js';
import { queryThrough } from './statement-session.js';
import type { Tables } from './tables.js';

/** Hands out the database as a workspace sees it; disposing waits for running queries and closes the sessions. */
export interface WorkspaceSessions extends AsyncDisposable {
  /** The database of one workspace: others' rows are not there, and none can be written. Cheap; ask for each request. */
  inWorkspace(workspaceId: number): Db;
}

/** As the migrations make it. */
const ROLE = 'tributary_app';

/** Opens the pool. Nothing is sent before the first query: {@link checkRowSecurity} is a good first one. */
export function openWorkspaceSessions(options: DatabaseOptions): WorkspaceSessions {
  const pool = openPool(options);
  const databases = new Map<number, Db>();
  return {
    inWorkspace(workspaceId) {
      const known = databases.get(workspaceId);
      if (known) return known;
      const db = queryThrough<Tables>(boundPool(pool, workspaceId));
      databases.set(workspaceId, db);
      return db;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** The pool, as one workspace uses it. */
export function boundPool(pool: SessionPool, workspaceId: number): SessionPool {
  return {
    async connect() {
      const session = await pool.connect();
      await bind(session, workspaceId);
      return session;
    },
    // It is that of all workspaces.
    end: async () => {},
  };
}

/**
 * Checks that row-level security holds for the sessions.
 * @throws {RowSecurityError} if it does not, or the role cannot be taken.
 */
export async function checkRowSecurity({ inWorkspace }: WorkspaceSessions): Promise<void> {
  const { rows } = await sql<{ active: boolean }>`/* workspace.row_security */
    select row_security_active('workspace') as active`.execute(inWorkspace(NO_WORKSPACE));
  if (rows[0]?.active) return;
  throw new RowSecurityError(
    `The database role ${ROLE} is not held by row-level security. ` +
      `Let an administrator make it an ordinary one (alter role ${ROLE} nosuperuser nobypassrls), and revoke its ` +
      'membership in the role that owns the tables.',
  );
}

/** An id that no row has. */
const NO_WORKSPACE = 0;

/** To which workspace a session was bound last. */
const workspaceOf = new WeakMap<pg.PoolClient, number>();

/** One message, and none if the session was the workspace's last time. Outside of any transaction, so that it stays. */
async function bind(session: pg.PoolClient, workspaceId: number): Promise<void> {
  if (workspaceOf.get(session) === workspaceId) return;
  try {
    await session.query({ ...BIND, values: [ROLE, String(workspaceId)] });
  } catch (error) {
    // Whose it is now, nobody knows.
    session.release(true);
    throw explain(error);
  }
  workspaceOf.set(session, workspaceId);
}

const BIND = {
  name: 'workspace.bind',
  text: `/* workspace.bind */ select set_config('role', $1, false), set_config('tributary.workspace_id', $2, false)`,
};

/** `invalid_parameter_value`: there is no such role. `insufficient_privilege`: the user is no member of it. */
const ROLE_FAULTS = new Set(['22023', '42501']);

function explain(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && ROLE_FAULTS.has(String(error.code)))) return error;
  return new RowSecurityError(
    `Requests run as the database role ${ROLE}, which the user of DATABASE_URL cannot take: ${error.message}. ` +
      `Let an administrator run: create role ${ROLE} nologin (if it is missing); grant ${ROLE} to <that user>.`,
    { cause: error },
  );
}
