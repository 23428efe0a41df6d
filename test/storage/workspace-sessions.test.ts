import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { applyMigrations } from '../../src/storage/migrations.js';
import {
  checkRowSecurity,
  openWorkspaceSessions,
  type WorkspaceSessions,
} from '../../src/storage/workspace-sessions.js';
import { databaseUrl, executeOn } from '../support/database-server.js';
import { useTestDatabase } from '../support/test-database.js';

const MIGRATIONS = join(import.meta.dirname, '..', '..', 'schema', 'migrations');

const database = useTestDatabase();
let sessions: WorkspaceSessions;
let workspaces: number[];

beforeAll(async () => {
  sessions = openWorkspaceSessions({ connection: database.connection, maxConnections: 2 });
  const { rows } = await sql<{ id: number }>`
    insert into workspace (name, external_id) select 'w' || n, 'w' || n from generate_series(1, 3) as n
    returning id`.execute(database.db);
  workspaces = rows.map(({ id }) => id);
});

afterAll(async () => {
  await sessions[Symbol.asyncDispose]();
});

describe('a session', () => {
  test('shows one workspace at a time, whoever had it before', async () => {
    const asked = Array.from({ length: 300 }, (_, index) => workspaces[index % 3] ?? 0);

    const seen = await Promise.all(asked.map(seeWorkspaces));

    expect(seen).toEqual(asked.map((id) => [id]));
  });

  test('stays bound through transactions that are rolled back, and through statements that fail', async () => {
    const [one = 0, another = 0] = workspaces;
    for (const id of [one, another, one]) {
      const db = sessions.inWorkspace(id);
      const failing = db.transaction().execute((tx) => sql`select 1 / 0`.execute(tx));
      await expect(failing).rejects.toThrow('division by zero');
      await expect(sql`nonsense`.execute(db)).rejects.toThrow('syntax error');
      expect(await seeWorkspaces(id)).toEqual([id]);
    }
  });

  test('that is lost is replaced by one that is bound as well', async () => {
    const [one = 0] = workspaces;
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(sessions.inWorkspace(one));
    await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(database.db);

    await expect.poll(() => seeWorkspaces(one)).toEqual([one]);
  });

  test('is bound by one message, and by none if it had the workspace last', async () => {
    await using single = openWorkspaceSessions({ connection: database.connection, maxConnections: 1 });
    const [one = 0, another = 0] = workspaces;
    const countBindings = async () => {
      const { rows } = await sql<{ calls: number }>`
        select (generic_plans + custom_plans)::int as calls from pg_prepared_statements where name = 'workspace.bind'`.execute(
        single.inWorkspace(one),
      );
      return rows[0]?.calls;
    };

    expect(await countBindings()).toBe(1);
    expect(await countBindings()).toBe(1);
    await sql`select 1`.execute(single.inWorkspace(another));
    expect(await countBindings()).toBe(3);
  });
});

describe('row-level security holds', () => {
  test('for the role that the migrations make', async () => {
    await expect(checkRowSecurity(sessions)).resolves.toBeUndefined();
  });

  test('also for a user who is no superuser, once an administrator has granted the role', async () => {
    await using owner = await createOwner();

    await expect(applyMigrations({ connection: owner.connection, folder: MIGRATIONS })).rejects.toThrow(
      `Let an administrator run: create role tributary_app nologin (if it is missing); grant tributary_app to ${owner.name}`,
    );
    await executeOn(inject('testServer').connection, `grant tributary_app to ${owner.name}`);
    await applyMigrations({ connection: owner.connection, folder: MIGRATIONS });

    await using granted = openWorkspaceSessions({ connection: owner.connection });
    await expect(checkRowSecurity(granted)).resolves.toBeUndefined();
    const { rows } = await sql`select from workspace`.execute(granted.inWorkspace(1));
    expect(rows).toEqual([]);
  });

  test('or the start is refused: the role was taken away', async () => {
    await using owner = await createOwner();
    await using refused = openWorkspaceSessions({ connection: owner.connection });

    await expect(checkRowSecurity(refused)).rejects.toThrow(
      'which the user of DATABASE_URL cannot take: permission denied to set role "tributary_app". Let an administrator run',
    );
  });

  test('or the start is refused: the tables have no policies', async () => {
    await using owner = await createOwner();
    await executeOn(inject('testServer').connection, `grant tributary_app to ${owner.name}`);
    await executeOn(owner.connection, 'create table workspace (id int); grant select on workspace to tributary_app');
    await using open = openWorkspaceSessions({ connection: owner.connection });

    await expect(checkRowSecurity(open)).rejects.toThrow('tributary_app is not held by row-level security');
  });
});

/** A user who owns a database and nothing else, and is no member of the role. */
async function createOwner(): Promise<{ name: string; connection: string } & AsyncDisposable> {
  const { connection: server } = inject('testServer');
  const name = `tributary_owner_${randomUUID().replaceAll('-', '')}`;
  await executeOn(server, `create role ${name} login password '${name}'`);
  await executeOn(server, `create database ${name} owner ${name}`);
  const url = new URL(databaseUrl(server, name));
  url.username = name;
  url.password = name;
  return {
    name,
    connection: url.href,
    async [Symbol.asyncDispose]() {
      await executeOn(server, `drop database ${name} with (force)`);
      await executeOn(server, `drop role ${name}`);
    },
  };
}

async function seeWorkspaces(id: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`select id from workspace`.execute(sessions.inWorkspace(id));
  return rows.map((row) => row.id);
}
