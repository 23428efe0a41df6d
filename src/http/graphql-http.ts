/** GraphQL over HTTP: POST with JSON, GET for queries. */

import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import { z } from 'zod';
import type { Context } from '../graphql/context.js';
import type { CreateContext } from '../graphql/execution-context.js';
import { type Authenticate, requireKey, viewerOf } from './authentication.js';
import { type ErrorPresenter, stampErrors } from './graphql-errors.js';
import { findExcess, MAX_TOKENS } from './operation-limits.js';
import { type OperationList, refuseUnlisted } from './operation-list.js';
import { refuseOperation } from './operation-refusal.js';
import type { RequestLimits } from './request-limits.js';

/** What GraphQL is served from, over HTTP and WebSocket alike. */
export interface GraphQLParts {
  schema: GraphQLSchema;
  createContext: CreateContext;
  authenticate: Authenticate;
  presenter: ErrorPresenter;
  limits: RequestLimits;
  /** Web pages of other origins that may open WebSockets. */
  webSocketOrigins: ReadonlySet<string>;
  /** Null answers any operation. */
  operations: OperationList | null;
  log: FastifyBaseLogger;
}

/** Address of GraphQL, over HTTP and WebSocket. */
export const GRAPHQL_PATH = '/graphql';

/** Serves GraphQL on a server that does not listen yet; it stops with the server. */
export async function registerGraphQL(server: FastifyInstance, parts: GraphQLParts): Promise<void> {
  const apollo = createApollo(parts);
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  const answer = fastifyApolloHandler(apollo, {
    context: async (request) =>
      parts.createContext(viewerOf(request), { requestId: request.id, address: request.clientAddress }),
  });
  server.route({
    method: ['GET', 'POST'],
    url: GRAPHQL_PATH,
    onRequest: requireKey(parts),
    async handler(request, reply) {
      return stampRefusal(await answer.call(server, request, reply), request, reply);
    },
  });
}

function createApollo({ schema, presenter, limits, operations, log }: GraphQLParts): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    // Refused by our own limits where it is not allowed.
    introspection: true,
    // A browser sends the key's header to another origin only after a preflight, which is never granted.
    csrfPrevention: { requestHeaders: ['authorization', 'x-apollo-operation-name', 'apollo-require-preflight'] },
    allowBatchedHttpRequests: false,
    persistedQueries: operations ? { cache: toQueryCache(operations) } : false,
    parseOptions: { maxTokens: MAX_TOKENS },
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: log,
    formatError: (_formatted, error) => presenter.present(error),
    // The cache-control plug-in alone makes lists 1.7 times slower; a landing page would load scripts of another origin.
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      refuseExcess(limits, operations),
      reportErrors(presenter, log),
    ],
  });
}

/** What clients may name by its hash alone: the list, to which none can add. */
function toQueryCache(operations: OperationList) {
  return {
    get: async (key: string) => operations.find(key.replace(/^apq:/, '')),
    set: async () => undefined,
    delete: async () => false,
  };
}

/** Weighs each operation before it runs, and looks whether it is listed. */
function refuseExcess(
  { allowsDiscovery }: RequestLimits,
  operations: OperationList | null,
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request: { variables = {} } }) {
          if (operations && !operations.includes(document)) throw refuseUnlisted();
          // graphql-js would run it as a query, in which a stream's field has nothing to read.
          if (operation?.operation === 'subscription') throw refuseSubscription();
          // Without one, Apollo says itself that it cannot be told.
          const excess = operation && findExcess({ schema, document, operation, variables }, allowsDiscovery);
          if (excess) throw excess;
        },
      };
    },
  };
}

function refuseSubscription(): GraphQLError {
  return refuseOperation(
    'BAD_REQUEST',
    `Subscriptions are served over WebSocket only: open one at ${GRAPHQL_PATH} with the protocol graphql-transport-ws.`,
    400,
  );
}

/** Logs our faults and stamps errors: the error formatter knows no request. AsyncLocalStorage would slow every promise. */
function reportErrors(presenter: ErrorPresenter, log: FastifyBaseLogger): ApolloServerPlugin<Context> {
  return {
    async requestDidStart({ contextValue: { requestId } }) {
      return {
        async didEncounterErrors({ errors }) {
          logFaults(errors, { presenter, log, requestId });
        },
        async willSendResponse({ response: { body } }) {
          if (body.kind !== 'single' || !body.singleResult.errors) return;
          body.singleResult.errors = stampErrors(body.singleResult.errors, requestId);
        },
      };
    },
    async unexpectedErrorProcessingRequest({ error, requestContext }) {
      log.error({ err: error, requestId: requestContext.contextValue.requestId }, 'a GraphQL request failed');
    },
  };
}

/** Logs those errors of an operation that are our fault. */
export function logFaults(
  errors: readonly unknown[],
  { presenter, log, requestId }: { presenter: ErrorPresenter; log: FastifyBaseLogger; requestId: string },
): void {
  for (const error of errors) {
    const fault = presenter.findFault(error);
    if (fault !== null) log.error({ err: fault, requestId }, 'a GraphQL operation failed');
  }
}

const refusal = z.object({
  errors: z.array(z.looseObject({ extensions: z.record(z.string(), z.unknown()).optional() })),
});

/** What Apollo refuses before there is an operation has passed no plug-in: it gets its request id here. */
function stampRefusal(body: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  if (reply.statusCode < 400 || typeof body !== 'string') return body;
  const { errors, ...rest } = refusal.parse(JSON.parse(body));
  return JSON.stringify({ ...rest, errors: stampErrors(errors, request.id) });
}
