/** Sockets of GraphQL over WebSocket: opening, watching and closing them. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { CloseCode, handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { RequestError } from '../domain/user-error.js';
import type { Viewer } from '../domain/viewer.js';
import { type Authenticate, unlessExpired } from './authentication.js';
import { readClientAddress } from './client-address.js';
import { GRAPHQL_PATH } from './graphql-http.js';
import { type ProtocolServer, SocketRefusedError, type SocketSession, TOO_MANY } from './graphql-websocket.js';
import { requestIdOf } from './request-id.js';
import type { RequestLimits } from './request-limits.js';
import { isForWebSocket, refuseUpgrade, serveWithoutUpgrade } from './upgrade.js';

/** What sockets are served from. */
export interface WebSocketParts {
  /** The HTTP server whose upgrades to WebSockets are taken. */
  server: Server<typeof IncomingMessage, typeof ServerResponse>;
  protocol: ProtocolServer;
  authenticate: Authenticate;
  log: FastifyBaseLogger;
  limits: RequestLimits;
  /** Web pages of other origins that may open sockets. */
  allowedOrigins: ReadonlySet<string>;
  /** Whose `x-forwarded-for` is believed; null: nobody's. */
  trustedProxies: BlockList | null;
  /** Largest message of a client, in bytes; a larger one closes its socket with 1009. */
  maxPayloadBytes: number;
}

/** A silent peer is noticed after at most twice this. */
const PING_INTERVAL_MS = 12_000;
/** A revoked or expired key closes its sockets within this and the time that viewers are remembered. */
const KEY_CHECK_INTERVAL_MS = 200;
const KEY_ENDED = 'The API key has expired or was revoked.';
/** How often it is looked whether a client has read what it had left unread. */
const LISTEN_INTERVAL_MS = 100;
/** Bytes that a client may leave unread before no more messages of it are taken; a ping's echo alone may have 1 MiB. */
const MAX_UNREAD_BYTES = 1_048_576;
/** Bytes that a client may leave unread before it has to be waited for: a hundred events or so. */
const MAX_AHEAD_BYTES = 65_536;
/** How long peers have to answer the closing handshake. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Serves WebSockets at {@link GRAPHQL_PATH}; disposing closes them all with 1001. */
export function serveWebSockets(parts: WebSocketParts): AsyncDisposable {
  return new SocketServer(parts);
}

interface OpenSocket {
  /** Unique in this process. */
  readonly name: string;
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
  #opened = 0;

  constructor(parts: WebSocketParts) {
    this.#parts = parts;
    this.#upgrades = new WebSocketServer({
      noServer: true,
      maxPayload: parts.maxPayloadBytes,
      handleProtocols,
      // One message of a socket a turn: a flood that has arrived already would hold up everybody else.
      allowSynchronousEvents: false,
    });
    this.#upgrades.on('wsClientError', (_error, stream, request) =>
      refuseUpgrade(stream, { status: 400, code: 'BAD_REQUEST', requestId: requestIdOf(request) }),
    );
    this.#timers = [
      setInterval(() => this.#ping(), PING_INTERVAL_MS),
      setInterval(() => void this.#checkKeys(), KEY_CHECK_INTERVAL_MS),
      setInterval(() => this.#listenAgain(), LISTEN_INTERVAL_MS),
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
    if (isForWebSocket(request)) this.#admit(request, stream, head);
    else serveWithoutUpgrade(this.#parts.server, { request, stream, head });
  };

  #admit(request: IncomingMessage, stream: Duplex, head: Buffer): void {
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
    else
      this.#upgrades.handleUpgrade(request, stream, head, (socket) =>
        this.#serve(socket, { requestId, address: this.#addressOf(request) }),
      );
  }

  #addressOf(request: IncomingMessage): string {
    return readClientAddress(request, this.#parts.trustedProxies);
  }

  #isOverRate(request: IncomingMessage): boolean {
    try {
      this.#parts.limits.countAddress(this.#addressOf(request));
      return false;
    } catch (error) {
      if (error instanceof RequestError) return true;
      throw error;
    }
  }

  #serve(socket: WebSocket, origin: Pick<SocketSession, 'requestId' | 'address'>): void {
    const { log, protocol } = this.#parts;
    const { requestId } = origin;
    const write = (message: Buffer) => writeAhead(socket, message);
    const session: SocketSession = { ...origin, key: null, viewer: null, leave: null, isClosed: false, write };
    this.#opened += 1;
    const open: OpenSocket = { name: String(this.#opened), socket, session, isAlive: true };
    this.#open.add(open);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => end(socket, code, reason),
        onMessage: (take) => socket.on('message', (message) => this.#receive(open, () => take(String(message)))),
      },
      session,
    );
    socket.on('ping', () => this.#receive(open));
    socket.on('pong', () => {
      open.isAlive = true;
      this.#receive(open);
    });
    // What a peer breaks, such as the size limit, ws has answered already: 1009 and the like.
    socket.on('error', (error) => log.debug({ err: error, requestId }, 'a socket broke'));
    socket.once('close', (code, reason) => {
      this.#open.delete(open);
      session.isClosed = true;
      session.leave?.();
      void this.#take(open, () => closed(code, String(reason)));
    });
  }

  /** Takes a message or control frame, unless there are too many of them. What comes after the end is dropped. */
  #receive(open: OpenSocket, step = async () => {}): void {
    const { socket, name } = open;
    if (socket.readyState !== socket.OPEN) return;
    void this.#take(open, async () => {
      this.#parts.limits.countMessage(name);
      if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.pause();
      await step();
    });
  }

  #listenAgain(): void {
    for (const { socket } of this.#open)
      if (socket.isPaused && socket.bufferedAmount <= MAX_UNREAD_BYTES) socket.resume();
  }

  async #take({ socket, session }: OpenSocket, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (error instanceof SocketRefusedError) return end(socket, error.code, error.message);
      if (error instanceof RequestError) return end(socket, TOO_MANY, error.message);
      if (isForServers(error)) return end(socket, CloseCode.BadRequest, 'Invalid message received');
      this.#parts.log.error({ err: error, requestId: session.requestId }, 'a socket failed');
      end(socket, CloseCode.InternalServerError, `Our fault; quote request id ${session.requestId}.`);
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
    // Known without the database, which may be away, or may take long to say so.
    if (!unlessExpired(session.viewer)) return end(socket, CloseCode.Forbidden, KEY_ENDED);
    const viewer = await this.#findViewer(session.key, session.viewer);
    if (socket.readyState !== socket.OPEN) return;
    const roleBefore = session.viewer?.role;
    session.viewer = viewer;
    if (!viewer) end(socket, CloseCode.Forbidden, KEY_ENDED);
    // What runs on the socket was allowed by the old role, and reads on with it.
    else if (viewer.role !== roleBefore) end(socket, CloseCode.Forbidden, "The API key's role has changed.");
  }

  async #findViewer(key: string, before: Viewer | null): Promise<Viewer | null> {
    try {
      return await this.#parts.authenticate(key);
    } catch (error) {
      // An unreachable database says nothing about the key.
      this.#parts.log.debug({ err: error }, "a socket's key could not be checked");
      return before;
    }
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

/** Whether a client sent what only servers send: the protocol's server throws at that, and at nothing else that is sent. */
function isForServers(error: unknown): boolean {
  return error instanceof Error && /^Unexpected message of type (connection_ack|next|error) /.test(error.message);
}

/** Closes a socket. A peer that does not answer the closing handshake is cut off: its flood would be read on. */
function end(socket: WebSocket, code?: number, reason?: string): void {
  socket.close(code, reason);
  const deadline = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
  socket.once('close', () => clearTimeout(deadline));
}

/** Resolves when the text is with the kernel, so that a slow reader slows its own subscription only. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()));
  });
}

/** Hands a text, as bytes, to the socket. @returns false if more than {@link MAX_AHEAD_BYTES} wait there. */
function writeAhead(socket: WebSocket, message: Buffer): boolean {
  if (socket.readyState === socket.OPEN) socket.send(message, { binary: false });
  return socket.bufferedAmount <= MAX_AHEAD_BYTES;
}
