/**
 * How statements travel. Those that are asked for together go to the server together, and their answers come as one: a
 * round trip costs more than most statements, on a busy machine by far. Kysely alone would send each after the answer to
 * the one before. See docs/adr/0022-statements-together.md.
 */

import { Duplex } from 'node:stream';
import { setImmediate as nextTurnOfLoop } from 'node:timers/promises';
import {
  type ConnectionProvider,
  DefaultConnectionProvider,
  DefaultQueryExecutor,
  type Dialect,
  Kysely,
  type KyselyPlugin,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import type pg from 'pg';
import { CopyBody, runCopy } from './copy.js';
import { preparedName } from './prepared.js';
import { type SessionPool, takeSession } from './session.js';
import { isRefusedBehindAnother } from './transaction-conflict.js';

/**
 * Makes what statements are sent with. In a transaction those of one `Promise.all` travel together, in their order; if one
 * fails, so do those behind it, and the transaction.
 * @param pool of sessions that send ahead (`pipeline`).
 */
export function queryThrough<Tables>(pool: SessionPool): Kysely<Tables> {
  return queryIn(new PostgresDialect({ pool: statementPool(pool) }));
}

/** The pool as Kysely's dialect takes it. */
export function statementPool(pool: SessionPool): PostgresPool {
  return {
    connect: async () => new StatementSession(await takeSession(pool)),
    end: () => pool.end(),
  };
}

/** As {@link queryThrough}. @param dialect of a {@link statementPool}. */
export function queryIn<Tables>(dialect: Dialect): Kysely<Tables> {
  const driver = dialect.createDriver();
  // Takes over the pool, at once.
  void driver.init();
  const executor = new TogetherExecutor(
    dialect.createQueryCompiler(),
    dialect.createAdapter(),
    new DefaultConnectionProvider(driver),
  );
  return new Kysely<Tables>({ config: { dialect }, dialect, driver, executor });
}

/** Kysely lets one statement of a transaction wait for the other; its session alone is of use here. */
class TogetherExecutor extends DefaultQueryExecutor {
  readonly #parts: ExecutorParts;

  constructor(...parts: ExecutorParts) {
    super(...parts);
    this.#parts = parts;
  }

  override withConnectionProvider(provider: ConnectionProvider): DefaultQueryExecutor {
    return super.withConnectionProvider({
      provideConnection: async (consumer) => consumer(await provider.provideConnection(async (session) => session)),
    });
  }

  override withPlugin(plugin: KyselyPlugin): TogetherExecutor {
    const [compiler, adapter, provider] = this.#parts;
    return new TogetherExecutor(compiler, adapter, provider, [...this.plugins, plugin]);
  }
}

type ExecutorParts = ConstructorParameters<typeof DefaultQueryExecutor>;

/** A session as pg has it: a named statement is planned by its first call. */
interface PreparingSession {
  query<Row>(statement: { name: string; text: string; values: readonly unknown[] }): Promise<PostgresQueryResult<Row>>;
}

class StatementSession implements PostgresPoolClient {
  readonly #session: pg.PoolClient;
  /** The same session, as Kysely sees it. */
  readonly #statements: PostgresPoolClient;
  readonly #prepared: PreparingSession;
  /** A transaction that is being opened: its first statement goes with it. */
  #opening: Promise<unknown> | null = null;
  /** Settles with the latest statement: those before it were answered by then. */
  #latest: Promise<unknown> = Promise.resolve();
  /** A COPY, which travels alone. */
  #copy: Promise<unknown> | null = null;
  readonly #wire: Duplex | null;
  #isHeld = false;
  /** What failed in the transaction: those behind it are refused for its sake, and would hide it. */
  #failure: unknown = null;
  /** The end of the transaction, under way: what came behind it would stay, whatever became of the transaction. */
  #ending: string | null = null;

  constructor(session: pg.PoolClient) {
    this.#session = session;
    this.#wire = wireOf(session);
    this.#statements = session;
    this.#prepared = session;
  }

  query<Row>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query<Row>(
    statement: string | PostgresCursor<Row>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> | PostgresCursor<Row> {
    if (typeof statement !== 'string') return this.#statements.query(statement);
    if (OPENS_TRANSACTION.test(statement)) return this.#open(statement);
    const [body] = parameters;
    return body instanceof CopyBody ? this.#copyAlone(statement, body) : this.#send(statement, parameters);
  }

  release(): void {
    this.#session.release();
  }

  async #open<Row>(statement: string): Promise<PostgresQueryResult<Row>> {
    this.#holdWire();
    this.#failure = null;
    this.#opening = this.#note(this.#statements.query(statement, []));
    return { command: 'SELECT', rowCount: 0, rows: [] };
  }

  async #send<Row>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    if (!ENDS_TRANSACTION.test(statement)) return await this.#sendNow(statement, parameters);
    if (statement === 'rollback') await this.#untilQuiet();
    this.#ending = statement;
    try {
      return await this.#sendNow(statement, parameters);
    } finally {
      this.#ending = null;
    }
  }

  async #sendNow<Row>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    while (this.#copy) await this.#copy.catch(ignore);
    this.#refuseBehindEnd(statement);
    this.#holdWire();
    const opening = this.#opening;
    this.#opening = null;
    const name = preparedName(statement);
    const answer = this.#note(
      name === null
        ? this.#statements.query<Row>(statement, parameters)
        : this.#prepared.query<Row>({ name, text: statement, values: parameters }),
    );
    try {
      const [result] = await Promise.all([answer, opening]);
      return result;
    } catch (error) {
      throw isRefusedBehindAnother(error) ? (this.#failure ?? error) : error;
    }
  }

  /** Waits for all parts of the work: those that did not fail go on in answer to what they asked for. */
  async #untilQuiet(): Promise<void> {
    for (let latest: Promise<unknown> | null = null; latest !== this.#latest; ) {
      latest = this.#latest;
      await latest.catch(ignore);
      await nextTurnOfLoop();
    }
  }

  #refuseBehindEnd(statement: string): void {
    if (this.#ending !== null && this.#ending !== statement)
      throw new Error(`The transaction was over before this was asked for: ${statement}`);
  }

  async #copyAlone<Row>(statement: string, body: CopyBody): Promise<PostgresQueryResult<Row>> {
    while (this.#copy) await this.#copy.catch(ignore);
    this.#refuseBehindEnd(statement);
    const copying = this.#latest.then(() => runCopy(this.#session, statement, body));
    this.#opening = null;
    this.#copy = copying;
    try {
      return { command: 'INSERT', rowCount: await copying, rows: [] };
    } finally {
      this.#copy = null;
    }
  }

  /** What is asked for until this turn's promises have settled is one message: each takes a system call, which costs most. */
  #holdWire(): void {
    if (this.#isHeld || !this.#wire) return;
    this.#isHeld = true;
    this.#wire.cork();
    process.nextTick(() => {
      this.#isHeld = false;
      this.#wire?.uncork();
    });
  }

  #note<Answer>(answer: Promise<Answer>): Promise<Answer> {
    this.#latest = answer;
    // Whoever asked hears of it. Answers come in their order: what failed is known before what was refused for it.
    answer.catch((error: unknown) => {
      if (!isRefusedBehindAnother(error)) this.#failure ??= error;
    });
    return answer;
  }
}

function ignore(): void {}

/** The driver's socket, which it does not give out; null if there is none. */
function wireOf(session: pg.PoolClient): Duplex | null {
  const stream: unknown = Reflect.get(Object(Reflect.get(session, 'connection')), 'stream');
  return stream instanceof Duplex ? stream : null;
}

/** As Kysely opens one, and ends it. */
const OPENS_TRANSACTION = /^(begin|start transaction)\b/;
const ENDS_TRANSACTION = /^(commit|rollback)$/;
