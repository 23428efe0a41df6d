/** Statements without the code's own conditions on workspaces: what is left is row-level security. */

import { type CompiledQuery, PostgresDialect, PostgresQueryCompiler } from 'kysely';
import { type Db, openPool } from '../../src/storage/database.js';
import { queryIn, statementPool } from '../../src/storage/statement-session.js';
import type { Tables } from '../../src/storage/tables.js';
import { boundPool, type WorkspaceSessions } from '../../src/storage/workspace-sessions.js';

/** As `openWorkspaceSessions`, in a build whose statements ask for no workspace. */
export function openUnfilteredSessions(connection: string): WorkspaceSessions {
  const pool = openPool({ connection });
  return {
    inWorkspace: (workspaceId): Db =>
      queryIn<Tables>(new UnfilteredDialect({ pool: statementPool(boundPool(pool, workspaceId)) })),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** Makes every `workspace_id = …` true. What it is compared with stays in place, since it is a parameter. */
export function withoutWorkspaceConditions(statement: string): string {
  return statement.replace(CONDITION, '($1)::bigint is not null');
}

const CONDITION = /(?:"?\w+"?\.)?"?workspace_id"? = (\$\d+|parent\.id)/g;

class UnfilteredDialect extends PostgresDialect {
  override createQueryCompiler() {
    return new UnfilteredCompiler();
  }
}

class UnfilteredCompiler extends PostgresQueryCompiler {
  override compileQuery(...query: Parameters<PostgresQueryCompiler['compileQuery']>): CompiledQuery {
    const compiled = super.compileQuery(...query);
    return { ...compiled, sql: withoutWorkspaceConditions(compiled.sql) };
  }
}
