/**
 * The embedded PostgreSQL: started by the first process that needs it, shared by all processes on its data folder,
 * stopped by the last one that leaves.
 *
 * Each process holds a session with a shared advisory lock. Who leaves gives up its lock and tries for the exclusive
 * one: getting it proves that nobody else is there, and holding it keeps newcomers out until the server is gone.
 * A killed process loses its lock with its session. If all are killed the server goes on, and the next start finds it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { findEmbeddedBinaries } from './embedded-binaries.js';
import { EmbeddedServerError, errorCode } from './embedded-error.js';
import { embeddedUrl, findServerPid, prepareEmbeddedFolder } from './embedded-folder.js';
import { initialiseCluster, type ServerLaunch, type ServerProcess, startServerProcess } from './embedded-process.js';

/** Where the data lives, and how. */
export interface EmbeddedServerOptions {
  /** Made if missing; holds the cluster, the log and, where its path is short enough, the socket. */
  readonly dataFolder: string;
  readonly log: BaseLogger;
  /** False gives up safety on a crash of the machine for speed: for tests. Default true. */
  readonly isDurable?: boolean;
  /** How long starting may take, recovery after a crash included. Default 120,000. */
  readonly startTimeoutMs?: number;
}

/** A running server that this process takes part in; disposing leaves it, and stops it if nobody else is there. */
export interface EmbeddedServer extends AsyncDisposable {
  /** Connection URL of the application's database, through a Unix socket. */
  readonly url: string;
  /** True if the server ran already or another process started it. */
  readonly attached: boolean;
}

const DATABASE_NAME = 'tributary';
/** Any fixed number; advisory locks of the database `postgres` are used for nothing else. */
const ATTACHMENT_LOCK = 7_245_001;
const POLL_MS = 25;
const RETRY_MS = 1_000;
const STOP_TIMEOUT_MS = 30_000;

/**
 * Starts the server of a data folder, or joins it if it runs, and keeps it running until disposed: if the server is
 * killed, it is started again.
 * @throws {EmbeddedServerError} if it does not start; the message names the server log or `DATABASE_URL`.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const [binaries, folder] = await Promise.all([findEmbeddedBinaries(), prepareEmbeddedFolder(options.dataFolder)]);
  const launch = { binaries, folder, isDurable: options.isDurable ?? true };
  const server = new SharedServer({ launch, log: options.log, startTimeoutMs: options.startTimeoutMs ?? 120_000 });
  await server.start();
  return server;
}

interface Settings {
  readonly launch: ServerLaunch;
  readonly log: BaseLogger;
  readonly startTimeoutMs: number;
}

class SharedServer implements EmbeddedServer {
  readonly url: string;
  attached = false;
  readonly #settings: Settings;
  readonly #leaving = new AbortController();
  #session: pg.Client | undefined;
  #returning: Promise<void> = Promise.resolve();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.url = embeddedUrl(settings.launch.folder, DATABASE_NAME);
  }

  async start(): Promise<void> {
    const { launch, log } = this.#settings;
    const { session, attached } = await joinServer(this.#settings, this.#leaving.signal);
    const ended = new Promise((resolve) => session.once('end', resolve));
    await createDatabase(session);
    this.#session = session;
    this.attached = attached;
    void ended.then(() => {
      if (!this.#leaving.signal.aborted) this.#returning = this.#return();
    });
    log.info(
      { folder: launch.folder.root, attached },
      attached ? 'joined the embedded database' : 'started the embedded database',
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#leaving.signal.aborted) return;
    this.#leaving.abort();
    await this.#returning;
    const session = this.#session;
    if (!session) return;
    try {
      await leaveServer(session, this.#settings);
    } catch (error) {
      this.#settings.log.warn({ err: error }, 'left the embedded database without knowing whether it still runs');
    } finally {
      await session.end();
    }
  }

  /** Joins again, or starts again, after the session broke: the server was restarted or killed. */
  async #return(): Promise<void> {
    const { log } = this.#settings;
    const { signal } = this.#leaving;
    this.#session = undefined;
    log.warn('lost the embedded database; joining it again');
    while (!signal.aborted && !this.#session) {
      try {
        await this.start();
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error }, 'the embedded database does not come back; trying again');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

interface Joined {
  readonly session: pg.Client;
  readonly attached: boolean;
}

async function joinServer({ launch, startTimeoutMs }: Settings, signal: AbortSignal): Promise<Joined> {
  const deadline = Date.now() + startTimeoutMs;
  let started: ServerProcess | undefined;
  for (;;) {
    const answer = await knock(embeddedUrl(launch.folder, 'postgres'));
    if (answer instanceof pg.Client) return { session: answer, attached: !(await isServing(launch, started)) };
    if (answer === 'absent') started = await ensureStarted(launch, started);
    if (Date.now() > deadline) throw startError(launch, `no answer within ${startTimeoutMs} ms`);
    await delay(POLL_MS, undefined, { signal });
  }
}

/** Whether the server that answers is ours: one that lost to another starter's may not have ended yet. */
async function isServing(launch: ServerLaunch, started: ServerProcess | undefined): Promise<boolean> {
  return started?.pid !== undefined && (await findServerPid(launch.folder)) === started.pid;
}

async function ensureStarted(launch: ServerLaunch, started: ServerProcess | undefined): Promise<ServerProcess> {
  if (started && !started.ending) return started;
  if (started?.ending && !started.ending.isTransient) throw startError(launch, started.ending.reason);
  // A failed start comes again only after a pause: the other starter needs the processor too.
  if (started) await delay(10 * POLL_MS);
  await initialiseCluster(launch);
  return startServerProcess(launch);
}

/** One try for a session with the shared lock. `busy`: starting, recovering or stopping; `absent`: nobody listens. */
async function knock(url: string): Promise<pg.Client | 'busy' | 'absent'> {
  const session = new pg.Client({
    connectionString: url,
    application_name: 'tributary attachment',
    connectionTimeoutMillis: 2_000,
  });
  // Without a listener a broken session would end the process; `end` follows and is what we act on.
  session.on('error', () => undefined);
  try {
    await session.connect();
    if (await tryLock(session, 'pg_try_advisory_lock_shared')) return session;
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes(errorCode(error) ?? '')) return 'absent';
    if (!isPassing(error)) throw error;
  }
  await session.end();
  return 'busy';
}

/** 57P03 starting or recovering, 57P01 stopping, 53300 full; no code: the session was cut or timed out. */
function isPassing(error: unknown): boolean {
  return [undefined, '57P01', '57P02', '57P03', '53300', 'ECONNRESET', 'EPIPE'].includes(errorCode(error));
}

async function tryLock(session: pg.Client, lock: 'pg_try_advisory_lock' | 'pg_try_advisory_lock_shared') {
  const { rows } = await session.query(`/* embedded-server.lock */ select ${lock}($1) as locked`, [ATTACHMENT_LOCK]);
  return rows[0].locked === true;
}

async function createDatabase(session: pg.Client): Promise<void> {
  const { rowCount } = await session.query('/* embedded-server.find */ select from pg_database where datname = $1', [
    DATABASE_NAME,
  ]);
  if (rowCount) return;
  try {
    await session.query(`create database ${DATABASE_NAME}`);
  } catch (error) {
    // Another process was first.
    if (['42P04', '23505'].includes(errorCode(error) ?? '')) return;
    await session.end();
    throw error;
  }
}

async function leaveServer(session: pg.Client, { launch, log }: Settings): Promise<void> {
  await session.query('/* embedded-server.leave */ select pg_advisory_unlock_shared($1)', [ATTACHMENT_LOCK]);
  if (!(await tryLock(session, 'pg_try_advisory_lock'))) {
    log.info('left the embedded database running for other processes');
    return;
  }
  const pid = await findServerPid(launch.folder);
  if (!pid) return;
  // SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes a checkpoint.
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  // The file and not the process: nobody may be there to reap a server that outlived its starter.
  while ((await findServerPid(launch.folder)) === pid && Date.now() < deadline) await delay(POLL_MS);
  log.info('stopped the embedded database');
}

function startError({ folder }: ServerLaunch, reason: string): EmbeddedServerError {
  return new EmbeddedServerError(
    `The embedded PostgreSQL in ${folder.root} does not start: ${reason}. ` +
      `Read its log, ${folder.log}, or set DATABASE_URL to use a PostgreSQL of your own.`,
  );
}
