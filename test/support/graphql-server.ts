/** A real HTTP server with a schema and callers of the test's own, without a database. */

import type { GraphQLSchema } from 'graphql';
import { pino } from 'pino';
import { readConfig } from '../../src/config.js';
import type { Viewer } from '../../src/domain/viewer.js';
import type { Context } from '../../src/graphql/context.js';
import type { Authenticate } from '../../src/http/authentication.js';
import { createErrorPresenter, type PresenterOptions } from '../../src/http/graphql-errors.js';
import { createMetrics } from '../../src/http/metrics.js';
import { createRequestLimits } from '../../src/http/request-limits.js';
import { type HttpServer, startHttpServer } from '../../src/http/server.js';

/** How a server is started; see {@link startGraphQLServer}. */
export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly authenticate: Authenticate;
  /** Errors that mean bad input. Default: none. */
  readonly badInputErrors?: PresenterOptions['badInputErrors'];
  /** Gets the lines of the log from level error on. */
  onLogLine(line: string): void;
}

/** Starts it on a free port; contexts have the ids `request-1`, `request-2` and so on. Dispose of it at the end. */
export function startGraphQLServer(options: GraphQLServerOptions): Promise<HttpServer> {
  const { schema, authenticate, badInputErrors = [], onLogLine } = options;
  const log = pino({ level: 'error' }, { write: onLogLine });
  return startHttpServer({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 200_000,
    log,
    metrics: createMetrics({ readBooks: () => Promise.reject(new Error('none')), log }),
    pingDatabase: async () => undefined,
    graphql: {
      schema,
      createContext: countContexts(),
      authenticate,
      limits: createRequestLimits(readConfig({}).limits),
      webSocketOrigins: new Set(),
      operations: null,
      presenter: createErrorPresenter({ badInputErrors, hidesSuggestions: true }),
      log,
    },
  });
}

function countContexts(): (viewer: Viewer) => Context {
  let contexts = 0;
  return (viewer) => ({
    viewer,
    requestId: `request-${++contexts}`,
    services: Object.create(null),
    events: Object.create(null),
    loaders: Object.create(null),
    loadNode: async () => null,
    openAudit: () => {
      throw new Error('There are no mutations here.');
    },
  });
}
