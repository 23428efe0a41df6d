/** The lease as its worker sees it: over for the worker before it is over for others, whatever holds it up. */

import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { WorkerLease } from '../../src/delivery/lease.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { type Db, openDatabase } from '../../src/storage/database.js';
import { addExport, addProfiles, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const log = pino({ level: 'silent' });

test('heartbeats keep a lease for longer than it runs', async () => {
  await using lease = await acquire(database.db, 200);
  const startedAt = performance.now();

  await until(() => performance.now() - startedAt > 500);

  expect(lease.lost.aborted).toBe(false);
  expect(await runsOnTheBooks(lease)).toBe(true);
});

test('an event loop that was blocked for longer than the lease sends nothing more', async () => {
  await using lease = await acquire(database.db, 300);
  expect(lease.mayAttempt()).toBe(true);

  const startedAt = performance.now();
  while (performance.now() - startedAt < 350);

  // Right now, before any timer had its turn.
  expect(lease.mayAttempt()).toBe(false);
  await until(() => lease.lost.aborted);
  expect(lease.mayAttempt()).toBe(false);
});

test('close to its end nothing is sent, although the lease still runs', async () => {
  await using lease = await acquire(database.db, 600);

  const startedAt = performance.now();
  while (performance.now() - startedAt < 530);

  expect(lease.mayAttempt()).toBe(false);
  expect(await runsOnTheBooks(lease)).toBe(true);
});

test('cut off from the database the lease is lost before it is over for others', async () => {
  await using relay = await startRelay(database.connection);
  await using remote = openDatabase({ connection: relay.connection, maxConnections: 2 });
  await using lease = await acquire(remote.db, 600);

  relay.freeze();
  await new Promise((resolve) => lease.lost.addEventListener('abort', resolve, { once: true }));
  const lostAt = performance.now();
  const leftMs = await readLeftMs(lease);
  const askedForMs = performance.now() - lostAt;
  relay.cut();

  expect(leftMs + askedForMs).toBeGreaterThan(0);
  expect(leftMs).toBeLessThan(100);
  expect(lease.mayAttempt()).toBe(false);
});

test('a lease that others see as over is lost at the next heartbeat, and its worker starts anew', async () => {
  await using sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream('anew', 1);
  const setup = await setUpDelivery(database.db, { stream: 'anew' });
  await using _engine = startEngine(database.db, sandbox.endpoint, { name: 'anew', leaseMs: 300 });
  const first = await until(() => findWorker('anew'));

  await sql`update worker set lease_expires_at = clock_timestamp() where id = ${first}`.execute(database.db);
  await until(async () => (await findWorker('anew')) !== first);

  await addProfiles(database.db, setup, 50);
  const exportId = await addExport(database.db, setup);
  expect(await untilFinished(database.db, exportId)).toMatchObject({ state: 'SUCCEEDED', delivered: 50 });
});

test('workers share the busy lanes', async () => {
  await using sandbox = await startSandbox({
    limits: 'off',
    faults: [{ kind: 'slow-answer', delayMs: 60 }],
  });
  sandbox.createStream('shared', 1);
  const setup = await setUpDelivery(database.db, { stream: 'shared' });
  await addProfiles(database.db, setup, 4_000);
  await sql`update profile set size_bytes = 500000 where workspace_id = ${setup.workspaceId}`.execute(database.db);
  const exportId = await addExport(database.db, setup);
  await using _first = startEngine(database.db, sandbox.endpoint, { maxLanes: 16, leaseMs: 600 });
  await until(async () => expect(await countOwned()).toEqual([16]));
  await using _second = startEngine(database.db, sandbox.endpoint, { maxLanes: 16, leaseMs: 600 });

  await until(async () => {
    const owned = await countOwned();
    expect(owned).toHaveLength(2);
    expect(Math.min(...owned)).toBeGreaterThanOrEqual(6);
  });
  await sql`update export set state = 'CANCELING' where id = ${exportId}`.execute(database.db);
  await untilFinished(database.db, exportId);
});

function acquire(db: Db, leaseMs: number): Promise<WorkerLease> {
  return WorkerLease.acquire({ db, log, name: 'lease', leaseMs });
}

async function runsOnTheBooks(lease: WorkerLease): Promise<boolean> {
  return (await readLeftMs(lease)) > 0;
}

/** What is left of a lease for others. */
async function readLeftMs(lease: WorkerLease): Promise<number> {
  const { rows } = await sql<{ left_ms: number }>`
    select extract(epoch from lease_expires_at - clock_timestamp())::float8 * 1000 as left_ms
    from worker where id = ${lease.workerId}`.execute(database.db);
  return rows[0]?.left_ms ?? Number.NaN;
}

async function findWorker(name: string): Promise<number> {
  const row = await database.db
    .selectFrom('worker')
    .select('id')
    .where('name', '=', name)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Lanes by worker. */
async function countOwned(): Promise<number[]> {
  const { rows } = await sql<{ lanes: number }>`
    select count(*)::int as lanes from lane where worker_id is not null group by worker_id`.execute(database.db);
  return rows.map((row) => row.lanes);
}

/** Stands between a pool and the server: freezing lets nothing through, either way, and closes nothing. */
async function startRelay(connection: string) {
  const target = readAddress(connection);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(connection);
  url.hostname = '127.0.0.1';
  url.searchParams.delete('host');
  url.searchParams.delete('port');
  url.port = String(typeof address === 'object' && address ? address.port : 0);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    connection: url.href,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Where a server listens: a socket in a folder, or a host and port. */
function readAddress(connection: string): NetConnectOpts {
  const url = new URL(connection);
  const folder = url.searchParams.get('host');
  const port = url.searchParams.get('port') ?? (url.port || '5432');
  return folder?.startsWith('/') ? { path: `${folder}/.s.PGSQL.${port}` } : { host: url.hostname, port: Number(port) };
}
