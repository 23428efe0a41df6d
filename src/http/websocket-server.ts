/** Sockets of GraphQL over WebSocket: opening, watching and closing them. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { CloseCode, handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { RequestError } from '../domain/user-error.js';
import type { Authenticate } from './authentication.js';
import { toErrorBody } from './error-answer.js';
import { GRAPHQL_PATH } from './graphql-http.js';
import { type ProtocolServer, SocketRefusedError, type SocketSession } from './graphql-websocket.js';
import { requestIdOf } from './request-id.js';
import type { RequestLimits } from './request-limits.js';

/** What sockets are served from. */
export interface WebSocketParts {
  /** The HTTP server whose upgrades are taken. */
  server: Server<typeof IncomingMessage, typeof ServerResponse>;
  protocol: ProtocolServer;
  authenticate: Authenticate;
  log: FastifyBaseLogger;
  limits: RequestLimits;
  /** Web pages of other origins that may open sockets. */
  allowedOrigins: ReadonlySet<string>;
  /** Largest message of a client, in bytes; a larger one closes its socket with 1009. */
  maxPayloadBytes: number;
}

/** A silent peer is noticed after at most twice this. */
const PING_INTERVAL_MS = 12_000;
/** A revoked or expired key closes its sockets within this and the time that viewers are remembered. */
const KEY_CHECK_INTERVAL_MS = 400;
/** How long peers have to answer the closing handshake. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Serves WebSockets at {@link GRAPHQL_PATH}; disposing closes them all with 1001. */
export function serveWebSockets(parts: WebSocketParts): AsyncDisposable {
  return new SocketServer(parts);
}

interface OpenSocket {
  readonly socket: WebSocket;
  readonly session: SocketSession;
  isAlive: boolean;
}

class SocketServer implements AsyncDisposable {
  readonly #parts: WebSocketParts;
  readonly #upgrades: WebSocketServer;
  readonly #open = new Set<OpenSocket>();
  readonly #timers: NodeJS.Timeout[];
  #isClosing = false;

  constructor(parts: WebSocketParts) {
    this.#parts = parts;
    this.#upgrades = new WebSocketServer({ noServer: true, maxPayload: parts.maxPayloadBytes, handleProtocols });
    this.#timers = [
      setInterval(() => this.#ping(), PING_INTERVAL_MS),
      setInterval(() => void this.#checkKeys(), KEY_CHECK_INTERVAL_MS),
    ];
    parts.server.on('upgrade', this.#upgrade);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const closed = [...this.#open].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)));
    for (const { socket } of this.#open) socket.close(1001, 'The server is shutting down.');
    const deadline = setTimeout(() => this.#terminateAll(), CLOSE_TIMEOUT_MS);
    await Promise.all(closed);
    clearTimeout(deadline);
    this.#upgrades.close();
  }

  readonly #upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', (error) => this.#parts.log.debug({ err: error }, 'a socket broke while it was opened'));
    const requestId = requestIdOf(request);
    if (this.#isClosing) refuseUpgrade(stream, { status: 503, code: 'SHUTTING_DOWN', requestId });
    else if (request.url?.split('?')[0] !== GRAPHQL_PATH)
      refuseUpgrade(stream, { status: 404, code: 'NOT_FOUND', requestId });
    else if (!isOriginAllowed(request, this.#parts.allowedOrigins))
      refuseUpgrade(stream, { status: 403, code: 'ORIGIN_NOT_ALLOWED', requestId });
    else if (this.#open.size >= this.#parts.limits.socketsPerNode)
      refuseUpgrade(stream, { status: 503, code: 'TOO_MANY_SOCKETS', requestId });
    else if (this.#isOverRate(request)) refuseUpgrade(stream, { status: 429, code: 'RATE_LIMITED', requestId });
    else this.#upgrades.handleUpgrade(request, stream, head, (socket) => this.#serve(socket, requestId));
  };

  #isOverRate(request: IncomingMessage): boolean {
    try {
      this.#parts.limits.countAddress(request.socket.remoteAddress ?? '');
      return false;
    } catch (error) {
      if (error instanceof RequestError) return true;
      throw error;
    }
  }

  #serve(socket: WebSocket, requestId: string): void {
    const { log, protocol } = this.#parts;
    const session: SocketSession = { requestId, key: null, viewer: null, leave: null, isClosed: false };
    const open: OpenSocket = { socket, session, isAlive: true };
    this.#open.add(open);
    const end = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => socket.on('message', (message) => void this.#take(open, () => take(String(message)))),
      },
      session,
    );
    socket.on('pong', () => {
      open.isAlive = true;
    });
    // What a peer breaks, such as the size limit, ws has answered already: 1009 and the like.
    socket.on('error', (error) => log.debug({ err: error, requestId }, 'a socket broke'));
    socket.once('close', (code, reason) => {
      this.#open.delete(open);
      session.isClosed = true;
      session.leave?.();
      void this.#take(open, () => end(code, String(reason)));
    });
  }

  async #take({ socket, session }: OpenSocket, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (error instanceof SocketRefusedError) return socket.close(error.code, error.message);
      this.#parts.log.error({ err: error, requestId: session.requestId }, 'a socket failed');
      socket.close(CloseCode.InternalServerError, `Our fault; quote request id ${session.requestId}.`);
    }
  }

  #ping(): void {
    for (const open of this.#open) {
      if (!open.isAlive) open.socket.terminate();
      open.isAlive = false;
      open.socket.ping();
    }
  }

  async #checkKeys(): Promise<void> {
    await Promise.all([...this.#open].map((open) => this.#checkKey(open)));
  }

  async #checkKey({ socket, session }: OpenSocket): Promise<void> {
    if (session.key === null || socket.readyState !== socket.OPEN) return;
    const roleBefore = session.viewer?.role;
    try {
      session.viewer = await this.#parts.authenticate(session.key);
    } catch (error) {
      // An unreachable database says nothing about the key.
      this.#parts.log.debug({ err: error }, "a socket's key could not be checked");
    }
    if (!session.viewer) socket.close(CloseCode.Forbidden, 'The API key has expired or was revoked.');
    // What runs on the socket was allowed by the old role, and reads on with it.
    else if (session.viewer.role !== roleBefore) socket.close(CloseCode.Forbidden, "The API key's role has changed.");
  }

  #terminateAll(): void {
    for (const { socket } of this.#open) socket.terminate();
  }
}

/**
 * Whether a page of the request's origin may open a socket: browsers do not hold WebSockets to the same-origin policy.
 * The scheme is not compared for our own: a proxy may have ended TLS.
 */
function isOriginAllowed({ headers: { origin, host } }: IncomingMessage, allowed: ReadonlySet<string>): boolean {
  if (origin === undefined || allowed.has(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Resolves when the text is with the kernel, so that a slow reader slows its own subscription only. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()));
  });
}

const UPGRADE_REFUSALS = {
  NOT_FOUND: `WebSockets are served at ${GRAPHQL_PATH} only.`,
  ORIGIN_NOT_ALLOWED:
    "A web page of this origin may not open WebSockets here: add it to the server's WEBSOCKET_ORIGINS.",
  RATE_LIMITED: 'Too many requests of this address: try again in a second.',
  SHUTTING_DOWN: 'The server is shutting down.',
  TOO_MANY_SOCKETS: 'This process has as many sockets open as it may: try again.',
} as const;

interface UpgradeRefusal {
  status: number;
  code: keyof typeof UPGRADE_REFUSALS;
  requestId: string;
}

function refuseUpgrade(stream: Duplex, { status, code, requestId }: UpgradeRefusal): void {
  const body = JSON.stringify(toErrorBody(code, UPGRADE_REFUSALS[code], requestId));
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\nx-request-id: ${requestId}\r\n` +
      `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
