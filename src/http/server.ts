/** The HTTP server of a process: one port for GraphQL, ingest, the console, health and metrics. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList, Socket } from 'node:net';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import { takeClientAddresses } from './client-address.js';
import { type Console, isPageRequest, registerConsole, sendPage } from './console.js';
import { answerError, HttpError } from './error-answer.js';
import { type GraphQLParts, registerGraphQL } from './graphql-http.js';
import { createProtocolServer } from './graphql-websocket.js';
import { registerHealth } from './health.js';
import { takeJsonBodies } from './json-body.js';
import { type Metrics, registerMetrics } from './metrics.js';
import { toMessage, toRawAnswer } from './raw-answer.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import { serveWebSockets } from './websocket-server.js';

/** What a server is made from. */
export interface HttpServerParts {
  host: string;
  /** 0 takes any free one. */
  port: number;
  /** Largest JSON body and WebSocket message, in bytes. */
  maxBodyBytes: number;
  log: FastifyBaseLogger;
  /** Whose `x-forwarded-for` is believed; null or absent: nobody's. */
  trustedProxies?: BlockList | null;
  /** Null serves health and metrics only, for processes that only deliver. */
  graphql: GraphQLParts | null;
  /** Null or absent serves none. */
  console?: Console | null;
  metrics: Metrics;
  /** Rejects if the database does not answer. */
  pingDatabase(): Promise<unknown>;
  /** Adds the routes of other parts, before the server listens. */
  registerRoutes?(server: FastifyInstance): void | Promise<void>;
}

/** A listening server; disposing closes WebSockets with 1001, waits for running requests and stops. */
export interface HttpServer extends AsyncDisposable {
  /** `http://host:port`. */
  readonly url: string;
  /** From now on `/health/ready` answers 503; everything else is served on. */
  stopBeingReady(): void;
}

/**
 * Longest time to receive a request, in ms: slower clients would hold sockets for ever. It has to last for bulk ingest,
 * whose body comes no faster than it is written: 1,000,000 lines take 6 minutes at 3,000 a second. Node.js has one
 * bound for the whole server.
 */
const REQUEST_TIMEOUT_MS = 3_600_000;
/** Longest time to receive a request's headers, in ms: nothing slows a client down there but itself. */
const HEADERS_TIMEOUT_MS = 60_000;

/** Starts a server. @throws {Error} if the address is taken or not there. */
export async function startHttpServer(parts: HttpServerParts): Promise<HttpServer> {
  const server = createServer(parts);
  let isShuttingDown = false;
  registerHealth(server, { pingDatabase: () => parts.pingDatabase(), isShuttingDown: () => isShuttingDown });
  registerMetrics(server, parts.metrics);
  if (parts.graphql) await registerGraphQL(server, parts.graphql);
  if (parts.console) registerConsole(server, parts.console);
  await parts.registerRoutes?.(server);
  const url = await server.listen({ host: parts.host, port: parts.port });
  const sockets = parts.graphql && openSockets(server, parts.graphql, parts);
  return {
    url,
    stopBeingReady() {
      isShuttingDown = true;
    },
    async [Symbol.asyncDispose]() {
      isShuttingDown = true;
      await sockets?.[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

function createServer({ log, maxBodyBytes, console: files, trustedProxies = null }: HttpServerParts): FastifyInstance {
  const server = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    bodyLimit: maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    // Its own 503 has neither code nor request id; what comes on open connections is served till the end.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    frameworkErrors: answerError,
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket),
  });
  server.server.on('checkExpectation', refuseExpectation);
  server.decorateRequest('viewer', null);
  takeClientAddresses(server, trustedProxies);
  takeJsonBodies(server);
  server.setErrorHandler(answerError);
  // Registered, so that the hook runs for unknown addresses too; the hook refuses them before their body is read.
  server.setNotFoundHandler((request) => refuseAddress(server, request));
  server.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID_HEADER, request.id);
    if (!request.is404) return;
    if (files && isPageRequest(request) && listMethods(server, request).length === 0) return sendPage(files, reply);
    refuseAddress(server, request);
  });
  server.addHook('onResponse', logAnswer);
  return server;
}

function openSockets(
  server: FastifyInstance,
  graphql: GraphQLParts,
  { maxBodyBytes, log, trustedProxies = null }: HttpServerParts,
): AsyncDisposable {
  return serveWebSockets({
    server: server.server,
    protocol: createProtocolServer(graphql),
    authenticate: graphql.authenticate,
    limits: graphql.limits,
    allowedOrigins: graphql.webSocketOrigins,
    trustedProxies,
    maxPayloadBytes: maxBodyBytes,
    log,
  });
}

/** Never the address as sent (a GET's query holds values), nor headers, nor bodies. */
async function logAnswer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const durationMs = Math.round(reply.elapsedTime * 10) / 10;
  const route = request.routeOptions.url ?? 'unknown';
  request.log.debug({ method: request.method, route, status: reply.statusCode, durationMs }, 'answered');
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function refuseAddress(server: FastifyInstance, request: FastifyRequest): never {
  const allowed = listMethods(server, request);
  if (allowed.length === 0) throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this address: check its path.');
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', `This address takes ${allowed.join(' and ')} only.`, {
    allow: allowed.join(', '),
  });
}

function listMethods(server: FastifyInstance, request: FastifyRequest): string[] {
  const url = request.url.split('?')[0] ?? '';
  return METHODS.filter((method) => server.findRoute({ url, method }) !== null);
}

/** Node.js asks this of every `expect` but 100-continue; its own answer has no body. */
function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const requestId = requestIdOf(request);
  const message = 'The `expect` is not one that this server can meet: leave it out, or send 100-continue.';
  const { headers, body } = toMessage({ code: 'EXPECTATION_FAILED', message, requestId });
  response.writeHead(417, headers).end(body);
}

interface BrokenRequest {
  status: number;
  code: string;
  message: string;
}

const BROKEN_REQUESTS: Record<string, BrokenRequest> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'HEADERS_TOO_LARGE', message: 'The headers are too large: send fewer.' },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'REQUEST_TIMEOUT',
    message: 'The request came too slowly: send it again.',
  },
};

const UNREADABLE: BrokenRequest = { status: 400, code: 'BAD_REQUEST', message: 'This is no readable HTTP request.' };

/** What the HTTP parser gives up on has no request object: the answer is written by hand. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const broken = BROKEN_REQUESTS[error.code ?? ''] ?? UNREADABLE;
  socket.end(toRawAnswer({ ...broken, requestId: requestIdOf({ headers: {} }) }));
}
