import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/storage/embedded-server.js';
import { until } from '../support/until.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const log = pino({ level: 'silent' });
const script = join(import.meta.dirname, 'embedded-server.child.ts');

let seed: string;
let dataFolder: string;
let children: ChildProcess[] = [];
let servers: EmbeddedServer[] = [];

beforeAll(async () => {
  seed = await mkdtemp(join(tmpdir(), 'embedded-seed-'));
  await (await start(seed))[Symbol.asyncDispose]();
});

afterAll(() => rm(seed, { recursive: true }));

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'embedded-'));
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
  // Whatever a test left running, the last process out stops it.
  if (await findPid()) await start(dataFolder);
  for (const server of servers) await server[Symbol.asyncDispose]();
  await rm(dataFolder, { recursive: true, force: true });
  children = [];
  servers = [];
});

async function start(folder: string): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ dataFolder: folder, log, isDurable: false, startTimeoutMs: 20_000 });
  servers.push(server);
  return server;
}

/** Starts a process of its own on the data folder, as another user if asked. */
async function startChild(asUser: string[] = []) {
  const [file = '', ...args] = [...asUser, process.execPath, '--import', '@oxc-node/core/register', script, dataFolder];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url, attached } = z.object({ url: z.string(), attached: z.boolean() }).parse(JSON.parse(line));
  const exited = once(child, 'exit');
  return {
    url,
    attached,
    leave: async () => {
      child.stdin.end();
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

async function useSeed(): Promise<void> {
  await cp(join(seed, 'postgres'), join(dataFolder, 'postgres'), { recursive: true });
  await chmod(join(dataFolder, 'postgres'), 0o700);
}

async function query(url: string, text: string): Promise<unknown[]> {
  const session = new pg.Client({ connectionString: url });
  session.on('error', () => undefined);
  await session.connect();
  try {
    return (await session.query(text)).rows;
  } finally {
    await session.end();
  }
}

async function findPid(): Promise<number | undefined> {
  const text = await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || undefined;
}

async function killServer(): Promise<void> {
  const pid = await findPid();
  if (pid) process.kill(pid, 'SIGKILL');
}

test('an empty folder becomes a private server without a network port', async () => {
  const server = await start(dataFolder);

  expect(server.attached).toBe(false);
  expect(
    await query(server.url, `select current_setting('listen_addresses') as ports, current_database() as name`),
  ).toEqual([{ ports: '', name: 'tributary' }]);
  for (const name of ['postgres', 'socket']) {
    expect((await stat(join(dataFolder, name))).mode & 0o777).toBe(0o700);
  }
});

test('a durable server has fsync on', async () => {
  await useSeed();
  await using server = await startEmbeddedServer({ dataFolder, log });

  expect(await query(server.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
});

test('two processes that start at once on an empty folder share one server', async () => {
  const [first, second] = await Promise.all([startChild(), startChild()]);

  await query(first.url, 'create table kept (id int)');
  expect(await query(second.url, 'select * from kept')).toEqual([]);
  expect([first.attached, second.attached].filter((attached) => !attached).length).toBeLessThanOrEqual(1);
});

describe('on a folder with data', () => {
  beforeEach(useSeed);

  test('data outlive a restart', async () => {
    const server = await start(dataFolder);
    await query(server.url, 'create table kept as select 42 as id');
    await server[Symbol.asyncDispose]();

    const again = await start(dataFolder);

    expect(again.attached).toBe(false);
    expect(await query(again.url, 'select id from kept')).toEqual([{ id: 42 }]);
  });

  test('the server stays while a second process uses it, and stops with the last one', async () => {
    const server = await start(dataFolder);
    const child = await startChild();

    await server[Symbol.asyncDispose]();

    expect(child.attached).toBe(true);
    expect(await query(child.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await child.leave()).toEqual([0, null]);
    expect(await findPid()).toBeUndefined();
  });

  test('processes that leave at the same moment leave nothing behind', async () => {
    const [first, second] = await Promise.all([start(dataFolder), start(dataFolder)]);

    await Promise.all([first[Symbol.asyncDispose](), second[Symbol.asyncDispose]()]);

    expect(await findPid()).toBeUndefined();
  });

  test('a newcomer that meets a stopping server starts it again', async () => {
    const server = await start(dataFolder);

    const [, again] = await Promise.all([server[Symbol.asyncDispose](), start(dataFolder)]);

    expect(await query(again.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('the server outlives the kill of its starter, and the next process joins it', async () => {
    const child = await startChild();
    await query(child.url, 'create table kept as select 42 as id');
    await child.kill();

    const server = await start(dataFolder);

    expect(server.attached).toBe(true);
    expect(await query(server.url, 'select id from kept')).toEqual([{ id: 42 }]);
  });

  test('after the kill of starter and server committed data are recovered', async () => {
    const child = await startChild();
    await query(child.url, 'create table kept as select 42 as id');
    await child.kill();
    await killServer();

    const server = await start(dataFolder);

    expect(server.attached).toBe(false);
    expect(await query(server.url, 'select id from kept')).toEqual([{ id: 42 }]);
  });

  test('a killed server comes back without a restart of its process', async () => {
    const server = await start(dataFolder);
    const before = await findPid();

    await killServer();

    await until(() => query(server.url, 'select 1'), { timeoutMs: 15_000, intervalMs: 100 });
    expect(await findPid()).not.toBe(before);
  });

  test('a lock file whose process id now belongs to another program is no obstacle', async () => {
    await writeFile(join(dataFolder, 'postgres', 'postmaster.pid'), `${process.ppid}\n${dataFolder}\n`);

    const server = await start(dataFolder);

    expect(server.attached).toBe(false);
  });

  test('a folder with a path too long for a socket works', async () => {
    const long = join(dataFolder, 'long'.repeat(25));
    await mkdir(long);
    await cp(join(seed, 'postgres'), join(long, 'postgres'), { recursive: true });

    const server = await start(long);

    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server[Symbol.asyncDispose]();
    await rm(new URL(server.url).searchParams.get('host') ?? '', { recursive: true });
  });

  test('a server that cannot start says why, and names its log and DATABASE_URL', async () => {
    await writeFile(join(dataFolder, 'postgres', 'PG_VERSION'), '12\n');

    await expect(start(dataFolder)).rejects.toThrow(/database files are incompatible.*postgres\.log.*DATABASE_URL/);
  });
});

test('a folder that holds something else is not touched', async () => {
  await mkdir(join(dataFolder, 'postgres'));
  await writeFile(join(dataFolder, 'postgres', 'notes.txt'), 'mine');

  await expect(start(dataFolder)).rejects.toThrow(/could not set up .*DATABASE_URL/s);
  expect(await readFile(join(dataFolder, 'postgres', 'notes.txt'), 'utf8')).toBe('mine');
});

// Becoming another user takes root; as an ordinary user all other tests show the same.
test.runIf(isRoot)('an ordinary user can run it too', async () => {
  await chown(dataFolder, NOBODY, NOBODY);

  const child = await startChild(['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']);

  expect(child.attached).toBe(false);
  expect((await stat(join(dataFolder, 'postgres'))).uid).toBe(NOBODY);
  expect(await child.leave()).toEqual([0, null]);
  expect(await findPid()).toBeUndefined();
});
