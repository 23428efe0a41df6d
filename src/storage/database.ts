/** The connection to PostgreSQL: a pool, Kysely over it, and how values come back. */
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { queryThrough } from './statement-session.js';
import type { Tables } from './tables.js';

/**
 * What every storage function takes first: the pool, or a transaction of it.
 * `bigint` comes back as a number and throws beyond 2^53; `numeric` (also `sum(bigint)`) as a string: cast it in SQL;
 * `timestamptz` as a `Date` (milliseconds); `jsonb` parsed, or as text with `::text`.
 */
export type Db = Kysely<Tables>;

/** Where and how to connect. */
export interface DatabaseOptions {
  /** PostgreSQL URL. */
  readonly connection: string;
  /** Sessions at most. Default 10. */
  readonly maxConnections?: number;
  /** Shown in `pg_stat_activity`. Default `tributary`. */
  readonly applicationName?: string;
  /** Longest statement. Default 30,000; 0 = no bound. */
  readonly statementTimeoutMs?: number;
  /**
   * Whether statements are planned for any values rather than for those given. Default false: the lists of the API are read
   * the other way round for a small segment than for a large one. True where all statements are of one shape and frequent.
   */
  readonly plansForAnyValues?: boolean;
  /** Told of sessions that broke; the pool replaces them by itself. */
  readonly log?: BaseLogger;
}

/** An open pool; disposing waits for its running queries and closes it. */
export interface Database extends AsyncDisposable {
  readonly db: Db;
  /** For what Kysely has no words for, such as LISTEN; COPY goes through `copyInto`. */
  readonly pool: pg.Pool;
}

/** The server is not one that this product runs on. */
export class UnsupportedServerError extends Error {
  override name = 'UnsupportedServerError';
}

const MIN_SERVER_VERSION = 15;
/** Longest time to open a session: an address that swallows packets is reported within 2 s. */
const CONNECT_TIMEOUT_MS = 2_000;
/** Longest time to wait for a free session of the pool. */
const POOL_WAIT_MS = 10_000;
/**
 * How long a session is kept that nobody uses. The driver's ten seconds are less than a pause between two bursts, and a new
 * session has its process to start and all its statements to plan.
 */
const IDLE_MS = 600_000;
/** Idle sessions are probed as often: what lies between forgets silent ones after some minutes, and tells nobody. */
const KEEP_ALIVE_MS = 30_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
/**
 * Left to itself PostgreSQL compares with the plans of a session's first calls, which may have met other tables: after each
 * analysis it may plan hundreds of calls for their values.
 */
const PLANS_FOR_ANY_VALUES = ' -c plan_cache_mode=force_generic_plan';
const INT8 = 20;
const INT8_ARRAY = 1016;

/** Opens a pool. Nothing is sent before the first query: {@link checkServerVersion} is a good first one. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = openPool(options);
  const db = queryThrough<Tables>(pool);
  return {
    db,
    pool,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      // Kysely leaves a pool alone that it never used itself.
      if (!pool.ending) await pool.end();
    },
  };
}

/** Opens the sessions alone; nothing is sent before the first query. */
export function openPool(options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool(poolConfig(options));
  // Also for sessions in use: without a listener of its own a broken one would end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => options.log?.warn({ err: error }, 'a database session broke'));
  });
  pool.on('error', () => {});
  return pool;
}

/**
 * Reaches the server and checks that it is PostgreSQL 15 or later.
 * @throws {UnsupportedServerError} if it is older.
 */
export async function checkServerVersion(db: Db): Promise<void> {
  const query = sql<{
    version: number;
  }>`/* database.version */ select current_setting('server_version_num')::int as version`;
  const version = Math.floor(((await query.execute(db)).rows[0]?.version ?? 0) / 10_000);
  if (version >= MIN_SERVER_VERSION) return;
  throw new UnsupportedServerError(
    `The database server is PostgreSQL ${version}; this product needs ${MIN_SERVER_VERSION} or later. ` +
      'Upgrade it, or point DATABASE_URL to another server.',
  );
}

/**
 * Parses a PostgreSQL `bigint`.
 * @throws {RangeError} beyond 2^53, where a number would silently be another one.
 */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(
    `The database sent the bigint ${text}, no whole number below 2^53: read it as text (\`::text\`).`,
  );
}

function poolConfig(options: DatabaseOptions): pg.PoolConfig {
  return {
    connectionString: options.connection,
    max: options.maxConnections ?? 10,
    application_name: options.applicationName ?? 'tributary',
    // Cursors hold times as text: one zone for all sessions. And the pages that a probe of an index needs are in memory: at
    // the server's own price for a random page, made for disks, 100 probes look dearer than reading 50,000 rows.
    options: `-c TimeZone=UTC -c random_page_cost=1.1${options.plansForAnyValues ? PLANS_FOR_ANY_VALUES : ''}`,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    connectionTimeoutMillis: POOL_WAIT_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: { getTypeParser },
    Client: PromptClient,
  };
}

/** The pool has one time-out for waiting and for connecting; here connecting has its own, shorter one. */
class PromptClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super({
      ...(typeof config === 'string' ? { connectionString: config } : config),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      pipeline: true,
    });
  }
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (format !== 'binary' && oid === INT8) return parseInt8;
  if (format !== 'binary' && oid === INT8_ARRAY) return parseInt8Array;
  return pg.types.getTypeParser(oid, format);
};

/** One dimension, as in `{1,2,NULL}`: numbers are never quoted. */
function parseInt8Array(text: string): (number | null)[] {
  if (text === '{}') return [];
  return text
    .slice(1, -1)
    .split(',')
    .map((entry) => (entry === 'NULL' ? null : parseInt8(entry)));
}
