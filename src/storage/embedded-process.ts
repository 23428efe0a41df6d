/** Runs PostgreSQL's programs: initdb once for a folder, then the server, apart from this process. */
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { EmbeddedBinaries } from './embedded-binaries.js';
import { EmbeddedServerError } from './embedded-error.js';
import { type EmbeddedFolder, removeForeignLocks } from './embedded-folder.js';

/** What to run and where; `isDurable: false` trades safety on a crash of the machine for speed (tests). */
export interface ServerLaunch {
  readonly binaries: EmbeddedBinaries;
  readonly folder: EmbeddedFolder;
  readonly isDurable: boolean;
}

/** A server process that this process started; it outlives this process. */
export interface ServerProcess {
  /** Undefined while it runs; then why it ended, and whether starting again can help. */
  readonly ending: ServerEnding | undefined;
  /** `unshare` becomes the server, and keeps its id; undefined if it could not be started. */
  readonly pid: number | undefined;
}

/** How a server process ended, read from its log. */
export interface ServerEnding {
  readonly reason: string;
  readonly isTransient: boolean;
}

const execute = promisify(execFile);

/** Only what the programs need: the caller's PG… variables and time zone must not change the server. */
const PROGRAM_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC' };

const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '200',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // The queries are short: compiling them costs more than it gains.
  jit: 'off',
  // Details of an error hold row values, and those are personal data.
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
};

/** Commits still reach the operating system: only a crash of the machine loses them, not a kill of the server. */
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off' };

/** Another starter holds the folder, or a killed server's last processes have yet to notice. */
const TRANSIENT_FAULT = /lock file|shared memory block/;

/**
 * Makes the cluster unless there is one. Safe when several processes do it at once: each makes a draft, and the first
 * to rename its draft into place wins, so no lock file can go stale.
 * @throws {EmbeddedServerError} if the programs do not run here or the folder can not be used.
 */
export async function initialiseCluster(launch: ServerLaunch): Promise<void> {
  if (await hasCluster(launch.folder)) return removeDrafts(launch.folder);
  const draft = `${launch.folder.cluster}.draft-${randomUUID()}`;
  try {
    await runInitdb(launch, draft);
    await rename(draft, launch.folder.cluster);
    await syncFolder(launch.folder.root);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await hasCluster(launch.folder))) throw initialisationError(launch.folder, error);
  }
}

/** Starts a server in a process group of its own: an interrupt from the terminal must not stop it before its clients. */
export async function startServerProcess(launch: ServerLaunch): Promise<ServerProcess> {
  const { folder, binaries } = launch;
  await removeForeignLocks(folder);
  const log = await open(folder.log, 'a', 0o600);
  try {
    const logStart = (await log.stat()).size;
    const command = asOrdinaryUser(binaries.postgres, ['-D', folder.cluster, ...settingArguments(launch)]);
    return watch({ ...command, folder, logFile: log.fd, logStart });
  } finally {
    await log.close();
  }
}

interface Command {
  readonly file: string;
  readonly args: string[];
}

/** PostgreSQL refuses to run as uid 0: a user namespace shows it uid 1000 while the files stay root's. */
function asOrdinaryUser(file: string, args: string[]): Command {
  if (process.getuid?.() !== 0) return { file, args };
  return { file: 'unshare', args: ['--user', '--map-user=1000', '--map-group=1000', file, ...args] };
}

async function runInitdb({ binaries, folder, isDurable }: ServerLaunch, draft: string): Promise<void> {
  // The built-in locale sorts by code point on every system, whatever its C library offers.
  const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = ['-D', draft, '-U', 'postgres', '-A', 'trust', ...locale, ...(isDurable ? [] : ['--no-sync'])];
  const command = asOrdinaryUser(binaries.initdb, args);
  await execute(command.file, command.args, { cwd: folder.root, env: PROGRAM_ENVIRONMENT });
}

function settingArguments({ folder, isDurable }: ServerLaunch): string[] {
  const settings = { ...SETTINGS, unix_socket_directories: folder.socket, ...(isDurable ? {} : NOT_DURABLE) };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function watch(start: Command & { folder: EmbeddedFolder; logFile: number; logStart: number }): ServerProcess {
  const { root, log } = start.folder;
  const stdio: ['ignore', number, number] = ['ignore', start.logFile, start.logFile];
  const child = spawn(start.file, start.args, { cwd: root, env: PROGRAM_ENVIRONMENT, stdio, detached: true });
  const server: { ending: ServerEnding | undefined; pid: number | undefined } = { ending: undefined, pid: child.pid };
  child.unref();
  child.on('error', (error) => {
    server.ending = { reason: error.message, isTransient: false };
  });
  child.on('exit', async () => {
    server.ending = describeEnding(await readLogFrom(log, start.logStart));
  });
  return server;
}

function describeEnding(written: string): ServerEnding {
  const fault = written.split('\n').findLast((line) => / (FATAL|PANIC|unshare): /.test(` ${line}`));
  // Without a fault of its own it was stopped or killed from outside.
  if (!fault) return { reason: 'it was stopped', isTransient: true };
  return { reason: fault, isTransient: TRANSIENT_FAULT.test(fault) };
}

async function readLogFrom(path: string, start: number): Promise<string> {
  const written = await readFile(path).catch(() => Buffer.alloc(0));
  return written.subarray(start).toString('utf8');
}

async function hasCluster(folder: EmbeddedFolder): Promise<boolean> {
  return access(join(folder.cluster, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

/** Once there is a cluster, every draft is the rest of a killed start, or will lose the race anyway. */
async function removeDrafts(folder: EmbeddedFolder): Promise<void> {
  const prefix = `${basename(folder.cluster)}.draft-`;
  const drafts = (await readdir(folder.root)).filter((name) => name.startsWith(prefix));
  await Promise.allSettled(drafts.map((name) => rm(join(folder.root, name), { recursive: true, force: true })));
}

/** A rename is on disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function initialisationError(folder: EmbeddedFolder, cause: unknown): EmbeddedServerError {
  const detail = cause instanceof Error ? cause.message.trim() : String(cause);
  const root = process.getuid?.() === 0 ? ' Run as an ordinary user where `unshare` is not allowed.' : '';
  return new EmbeddedServerError(
    `The embedded PostgreSQL could not set up ${folder.cluster}: ${detail}\n` +
      `Check that the folder is writable and has space. The programs need glibc: on Alpine (musl) they do not run.${root} ` +
      'With DATABASE_URL the server uses a PostgreSQL of your own instead.',
    { cause },
  );
}
