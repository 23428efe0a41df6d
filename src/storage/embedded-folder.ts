/** The embedded server's places on disk: cluster, socket, log, and the lock files that a killed server leaves. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedServerError, errorCode } from './embedded-error.js';

/** Absolute paths, all private to the user who runs the server. */
export interface EmbeddedFolder {
  readonly root: string;
  /** PostgreSQL's own data directory. */
  readonly cluster: string;
  /** Holds the Unix socket, the server's only door. */
  readonly socket: string;
  /** What the server writes about itself. */
  readonly log: string;
}

const SOCKET_NAME = '.s.PGSQL.5432';
/** Bytes a Unix socket path may have: 107 on Linux, 103 on macOS. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Makes the folders, mode 0700, and says where everything is. The socket lives beside the data, or in a short folder
 * named by a hash under the system's temporary folder where that path would be too long for a socket.
 * @throws {EmbeddedServerError} if the socket's folder belongs to somebody else.
 */
export async function prepareEmbeddedFolder(dataFolder: string): Promise<EmbeddedFolder> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  // Two spellings of one folder must lead to one socket.
  const root = await realpath(dataFolder);
  const socket = socketFolder(root);
  await mkdir(socket, { recursive: true, mode: 0o700 });
  await checkPrivate(socket);
  return { root, cluster: join(root, 'postgres'), socket, log: join(root, 'postgres.log') };
}

/** Connection URL of one of the server's databases, through its socket. */
export function embeddedUrl(folder: EmbeddedFolder, database: string): string {
  return `postgresql://postgres@localhost/${database}?host=${encodeURIComponent(folder.socket)}&port=5432&sslmode=disable`;
}

/** The process id in the cluster's lock file; undefined if there is no such file. The process may be long gone. */
export async function findServerPid(folder: EmbeddedFolder): Promise<number | undefined> {
  return findLockPid(join(folder.cluster, 'postmaster.pid'));
}

/**
 * Removes lock files whose process id now belongs to a program that is not PostgreSQL. PostgreSQL clears a killed
 * server's files itself unless that id lives; in a restarted container ids start again at 1, and often it does.
 * Linux only: elsewhere a reused id is rare, and PostgreSQL's own message says what to remove.
 */
export async function removeForeignLocks(folder: EmbeddedFolder): Promise<void> {
  for (const path of [join(folder.cluster, 'postmaster.pid'), join(folder.socket, `${SOCKET_NAME}.lock`)]) {
    const pid = await findLockPid(path);
    // The second look narrows the window in which another starter has just written a lock of its own.
    if (pid && (await isForeign(pid)) && (await findLockPid(path)) === pid) await rm(path, { force: true });
  }
}

function socketFolder(root: string): string {
  const beside = join(root, 'socket');
  if (Buffer.byteLength(join(beside, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES) return beside;
  return join(tmpdir(), `tributary-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
}

async function checkPrivate(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (uid === process.getuid?.() && (mode & 0o077) === 0) return;
  throw new EmbeddedServerError(
    `The folder ${folder} for the embedded PostgreSQL's socket is open to other users (mode ${(mode & 0o777).toString(8)}, owner ${uid}). ` +
      'Remove it or make it yours alone (mode 700), or choose another DATA_FOLDER.',
  );
}

async function findLockPid(path: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(path, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function isForeign(pid: number): Promise<boolean> {
  try {
    return !(await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('postgres');
  } catch {
    // Gone, or no /proc here: PostgreSQL decides.
    return false;
  }
}
