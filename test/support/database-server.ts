/** The test server's databases: their URLs, and statements that belong to no pool (create, drop). */
import pg from 'pg';

/** The URL of another database on the same server. */
export function databaseUrl(connection: string, database: string): string {
  const url = new URL(connection);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs one statement in a session of its own. */
export async function executeOn(connection: string, statement: string): Promise<void> {
  const session = new pg.Client({ connectionString: connection });
  await session.connect();
  try {
    await session.query(statement);
  } finally {
    await session.end();
  }
}
