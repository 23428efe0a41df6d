/** The GraphQL edge without a server: the schema, the services and a database. */
import { randomUUID } from 'node:crypto';
import { graphql, parse, subscribe } from 'graphql';
import type { KyselyPlugin } from 'kysely';
import { pino } from 'pino';
import { createAwsAccess, type OwnIdentityUse } from '../../src/aws-access.js';
import type { Viewer } from '../../src/domain/viewer.js';
import { EventTail } from '../../src/events/tail.js';
import { createContextFactory } from '../../src/graphql/execution-context.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { bindServices } from '../../src/services.js';
import type { Db } from '../../src/storage/database.js';
import { deafListener } from './event-tail.js';
import { createTestSeal } from './seal.js';
import { workspacesOf } from './test-database.js';

/** What an operation answered; `data` is untyped on purpose: tests compare it whole. */
export interface TestAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of any shape
  readonly data: any;
  readonly errors: readonly { readonly message: string; readonly code: unknown }[];
}

/** The edge, bound to a workspace of its own. */
export interface TestEdge {
  readonly workspaceId: number;
  /** An ADMIN of the workspace. */
  readonly viewer: Viewer;
  /** Runs an operation; by default as {@link TestEdge.viewer}. */
  execute(query: string, variables?: Record<string, unknown>, viewer?: Viewer): Promise<TestAnswer>;
  /** Subscribes; the first result, after which it leaves. */
  readFirst(subscription: string, variables?: Record<string, unknown>): Promise<unknown>;
  /** Runs the work and counts the SQL statements that the edge sent meanwhile. */
  countQueries(work: () => Promise<unknown>): Promise<number>;
}

/** What asks for a workspace; it may do so over the wire. */
export type Asker = Pick<TestEdge, 'workspaceId' | 'execute'>;

/**
 * Makes an edge with a new workspace, or on one that there is. `kinesisEndpoint` is where AWS is asked; by default nobody answers there, and
 * null is AWS itself.
 * `ownIdentity` is what credentials may use the process's own identity for; it is that of a sandbox.
 * @param db of a test database.
 */
export async function createTestEdge(
  db: Db,
  options: {
    readonly kinesisEndpoint?: string | null;
    readonly ownIdentity?: OwnIdentityUse;
    readonly workspaceId?: number;
    /** The database as a workspace sees it, if it is to differ from how it is. */
    readonly inWorkspace?: (workspaceId: number) => Db;
  } = {},
): Promise<TestEdge> {
  let sent = 0;
  const counting = countingPlugin(() => {
    sent += 1;
  });
  const inWorkspace = options.inWorkspace ?? workspacesOf(db);
  const workspaceId = options.workspaceId ?? (await addWorkspace(db));
  const viewer: Viewer = {
    actor: { kind: 'API_KEY', name: 'test' },
    role: 'ADMIN',
    workspaceId,
    expiresAt: null,
  };
  const schema = buildGraphQLSchema();
  const servicesOn = bindServices({
    seal: createTestSeal(),
    aws: createAwsAccess({
      endpoint: options.kinesisEndpoint === undefined ? NOBODY : options.kinesisEndpoint,
      ownIdentity: options.ownIdentity ?? 'off',
      isSandbox: true,
    }),
  });
  const events = new EventTail({
    db: db.withPlugin(counting),
    log: pino({ level: 'silent' }),
    listener: deafListener,
  });
  const createContext = createContextFactory({
    inWorkspace: (id) => inWorkspace(id).withPlugin(counting),
    events,
    servicesOn,
  });
  return {
    workspaceId,
    viewer,
    async execute(source, variableValues, caller = viewer) {
      const contextValue = createContext(caller, { requestId: 'test' });
      const { data, errors = [] } = await graphql({ schema, source, variableValues, contextValue });
      // Own code and message: GraphQL's wrapper hides what the resolver threw.
      const faults = errors.map(({ message, originalError }) => ({
        message,
        code: originalError && 'code' in originalError ? originalError.code : null,
      }));
      return { data: structuredClone(data), errors: faults };
    },
    async readFirst(source, variableValues) {
      const contextValue = createContext(viewer, { requestId: 'test' });
      const results = await subscribe({ schema, document: parse(source), variableValues, contextValue });
      if (!(Symbol.asyncIterator in results)) return results;
      const { value } = await results.next();
      await results.return(undefined);
      return value;
    },
    async countQueries(work) {
      const before = sent;
      await work();
      return sent - before;
    },
  };
}

async function addWorkspace(db: Db): Promise<number> {
  const name = `test ${randomUUID()}`;
  const row = await db
    .insertInto('workspace')
    .values({ name, external_id: name })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** A port that refuses connections at once. */
const NOBODY = 'http://127.0.0.1:1';

function countingPlugin(onQuery: () => void): KyselyPlugin {
  return {
    transformQuery({ node }) {
      onQuery();
      return node;
    },
    transformResult: async ({ result }) => result,
  };
}
