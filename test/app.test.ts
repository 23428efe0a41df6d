import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestApp } from './support/app.js';
import { useTestDatabase } from './support/test-database.js';
import { until } from './support/until.js';

const database = useTestDatabase();

/** Sessions of apps on this database; the test's own pool has another name. */
async function sessionCount(): Promise<number> {
  const { rows } = await database.pool.query(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and application_name like 'tributary %'`,
  );
  return Number(rows[0]?.count);
}

// First in the file: later starts find the workspace there.
test('the first start makes a workspace and a key, which works; the second makes none', async () => {
  const first = await startTestApp({ connection: database.connection });
  const answer = await first.graphql('{ segments { totalCount } }');
  const { apiKey } = first;
  await first[Symbol.asyncDispose]();

  expect(answer).toMatchObject({ status: 200, data: { segments: { totalCount: 0 } }, errors: [] });
  await expect(startTestApp({ connection: database.connection })).rejects.toThrow('has no key');
  await using second = await startTestApp({ connection: database.connection, apiKey });
  expect((await second.graphql('{ __typename }')).status).toBe(200);
});

test('a key that is missing or unknown is refused with 401, in the form of GraphQL errors', async () => {
  await using app = await startTestApp({ connection: database.connection, apiKey: 'trb_unknown' });
  const missing = await fetch(`${app.url}/graphql`, { method: 'POST', body: '{}' });
  const ingest = await fetch(`${app.url}/ingest/profiles`, { method: 'POST', body: '{}' });

  expect(await app.graphql('{ __typename }')).toMatchObject({
    status: 401,
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
  for (const response of [missing, ingest]) {
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  }
});

test('a worker has health and metrics, and neither GraphQL nor ingest nor sockets', async () => {
  await using app = await startTestApp({
    connection: database.connection,
    apiKey: 'none',
    environment: { ROLE: 'worker' },
  });
  const statusOf = async (path: string, method = 'GET') => (await fetch(`${app.url}${path}`, { method })).status;

  expect(await statusOf('/health/ready')).toBe(200);
  expect(await statusOf('/metrics')).toBe(200);
  expect(await statusOf('/graphql', 'POST')).toBe(404);
  expect(await statusOf('/ingest/profiles', 'POST')).toBe(404);
  const refused = new Promise((resolve) => new WebSocket(app.wsUrl, 'graphql-transport-ws').once('error', resolve));
  expect(await refused).toBeInstanceOf(Error);
});

test('metrics hold the books of the database', async () => {
  await using app = await startTestApp({ connection: database.connection, apiKey: 'none' });

  const text = await (await fetch(`${app.url}/metrics`)).text();

  expect(text).toContain('tributary_export_unaccounted_records 0\n');
  expect(text).toContain('tributary_pending_records 0\n');
  expect(text).toContain('process_cpu_seconds_total');
});

test('shutting down ends sockets with 1001 and leaves no session behind', async () => {
  const app = await startTestApp({ connection: database.connection, apiKey: 'none' });
  const socket = new WebSocket(app.wsUrl, 'graphql-transport-ws');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));

  await app[Symbol.asyncDispose]();

  expect(await closed).toBe(1001);
  await until(async () => expect(await sessionCount()).toBe(0));
});

test('what had started is closed again if a part does not start', async () => {
  const occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
  const address = occupant.address();
  const port = typeof address === 'object' ? String(address?.port) : '';

  const start = startTestApp({ connection: database.connection, apiKey: 'none', environment: { PORT: port } });

  await expect(start).rejects.toThrow('EADDRINUSE');
  await until(async () => expect(await sessionCount()).toBe(0));
  await new Promise((resolve) => occupant.close(resolve));
});
