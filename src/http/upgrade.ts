/** Requests with an `upgrade` header: which ask for a WebSocket, and answers to those that get none. */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GRAPHQL_PATH } from './graphql-http.js';
import { toRawAnswer } from './raw-answer.js';

/** An upgrade request, as the HTTP server hands it over. */
export interface Upgrade {
  request: IncomingMessage;
  stream: Duplex;
  /** What has come after the headers. */
  head: Buffer;
}

/** Why an upgrade is refused. */
export interface UpgradeRefusal {
  status: number;
  code: keyof typeof REFUSALS;
  requestId: string;
}

const REFUSALS = {
  BAD_REQUEST:
    'This is no handshake of a WebSocket: send GET with a `sec-websocket-key` of 16 bytes in base64 and `sec-websocket-version: 13`.',
  NOT_FOUND: `WebSockets are served at ${GRAPHQL_PATH} only.`,
  ORIGIN_NOT_ALLOWED:
    "A web page of this origin may not open WebSockets here: add it to the server's WEBSOCKET_ORIGINS.",
  RATE_LIMITED: 'Too many requests of this address: try again in a second.',
  SHUTTING_DOWN: 'The server is shutting down.',
  TOO_MANY_SOCKETS: 'This process has as many sockets open as it may: try again.',
} as const;

/** Whether a request asks for a WebSocket; others offer HTTP/2, and are to be answered without it. */
export function isForWebSocket({ headers: { upgrade = '' } }: IncomingMessage): boolean {
  return upgrade.toLowerCase() === 'websocket';
}

/**
 * Serves a request as if it had offered no upgrade. Node.js 20 has no `shouldUpgradeCallback`: it reads nothing more of
 * a connection once an upgrade was offered, not even the request's body. So the connection is begun anew with the same
 * request, and ends with it: of very many headers Node.js keeps some only, and a body without its length would be read
 * as the next request.
 */
export function serveWithoutUpgrade(server: Server, { request, stream, head }: Upgrade): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`, 'connection: close'];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = `${request.rawHeaders[index]}`;
    if (!HEADERS_OF_UPGRADE.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[index + 1]}`);
  }
  stream.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', stream);
}

const HEADERS_OF_UPGRADE: ReadonlySet<string> = new Set(['connection', 'upgrade', 'http2-settings']);

/** Answers an upgrade request that gets no WebSocket, and closes its connection. */
export function refuseUpgrade(stream: Duplex, { status, code, requestId }: UpgradeRefusal): void {
  const headers = code === 'BAD_REQUEST' ? VERSIONS : {};
  stream.end(toRawAnswer({ status, code, message: REFUSALS[code], requestId, headers }));
}

/** Those that the WebSocket library speaks. */
const VERSIONS = { 'sec-websocket-version': '13, 8' };
