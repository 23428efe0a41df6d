/** The real application in this process: on a free port, with a sandbox Kinesis and a database of the test's own. */
import { randomBytes } from 'node:crypto';
import type { FormattedExecutionResult } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.js';

/** How an app is started; see {@link startTestApp}. */
export interface TestAppOptions {
  /** URL of a migrated database, such as `useTestDatabase().connection`. */
  readonly connection: string;
  /** A key of the database, if the app is not the first on it; else the first start's own is used. */
  readonly apiKey?: string;
  /** Variables of the environment on top of the test's, such as `{ ROLE: 'api' }`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets every line of the log, from level trace on. Default: none. */
  readonly onLogLine?: (line: string) => void;
  /** Default: limits off. */
  readonly sandbox?: SandboxOptions;
}

/** An answer to a GraphQL request. */
export interface GraphQLAnswer {
  readonly status: number;
  readonly requestId: string | null;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly z.infer<typeof answerError>[];
}

/** A running app; disposing ends its subscriptions and shuts it down. */
export interface TestApp extends AsyncDisposable {
  /** `http://host:port`, without a path. */
  readonly url: string;
  readonly wsUrl: string;
  /** An ADMIN key. */
  readonly apiKey: string;
  readonly sandbox: Sandbox;
  /** Sends a query or mutation over HTTP. */
  graphql(query: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer>;
  /** Subscribes over a socket of its own; `return()` ends it. */
  subscribe(query: string, variables?: Record<string, unknown>): AsyncIterableIterator<FormattedExecutionResult>;
}

/** Starts the app. */
export async function startTestApp(options: TestAppOptions): Promise<TestApp> {
  const config = readConfig(environmentOf(options));
  const { onLogLine } = options;
  const log = onLogLine
    ? pino({ level: 'trace' }, { write: onLogLine })
    : pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const app = await createApp(config, { log, overrides: { sandbox: options.sandbox ?? { limits: 'off' } } });
  const apiKey = options.apiKey ?? app.firstKey;
  if (apiKey === null || !app.sandbox) {
    await app[Symbol.asyncDispose]();
    throw new Error('The app has no key or no sandbox: give `apiKey` on a database that has a workspace already.');
  }
  const wsUrl = `${app.url.replace('http', 'ws')}/graphql`;
  const clients = new Set<Client>();
  return {
    url: app.url,
    wsUrl,
    apiKey,
    sandbox: app.sandbox,
    graphql: (query, variables) => post({ url: app.url, apiKey }, query, variables),
    subscribe(query, variables) {
      const client = connect(wsUrl, apiKey);
      clients.add(client);
      return client.iterate({ query, variables: variables ?? {} });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...clients].map((client) => client.dispose()));
      await app[Symbol.asyncDispose]();
    },
  };
}

/** A client that neither retries nor waits for a first subscription to fail. */
export function connect(wsUrl: string, apiKey: string): Client {
  return createClient({
    url: wsUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${apiKey}` },
  });
}

/** One for all apps of a test file: a database takes no other key than its first. */
const ENCRYPTION_KEY = randomBytes(32).toString('base64');

function environmentOf({ connection, environment }: TestAppOptions): Record<string, string> {
  return {
    DATABASE_URL: connection,
    ENCRYPTION_KEY,
    NODE_ENV: 'test',
    PORT: '0',
    ...environment,
  };
}

const answerError = z.looseObject({
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.looseObject({ code: z.string(), requestId: z.string() }),
});

const answerBody = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(answerError).default([]),
});

async function post(
  to: { url: string; apiKey: string },
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphQLAnswer> {
  const response = await fetch(`${to.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${to.apiKey}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = answerBody.parse(await response.json());
  return { status: response.status, requestId: response.headers.get('x-request-id'), data, errors };
}
