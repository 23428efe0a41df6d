/** Sends answers, whole or spoilt by a fault. */

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { errorBody } from './aws-error.js';
import type { Protocol } from './aws-request.js';
import type { AnswerFault } from './faults.js';
import { queryErrorBody } from './query-protocol.js';

/** A finished answer. */
export interface Answer {
  readonly protocol: Protocol;
  readonly status: number;
  /** JSON or XML text; empty for operations that answer nothing. */
  readonly body: string;
}

/** The answer that refuses a request. */
export function refusalAnswer(protocol: Protocol, error: { code: string; message: string; status: number }): Answer {
  const write = protocol === 'json' ? errorBody : queryErrorBody;
  return { protocol, status: error.status, body: write(error.code, error.message) };
}

/** Sends an answer with the headers that AWS sends. */
export function sendAnswer(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, awsHeaders(answer.protocol, Buffer.byteLength(answer.body)));
  response.end(answer.body);
}

/** Sends what a fault makes of an answer; resolves when that is done (a silent connection is done at once). */
export async function sendSpoiltAnswer(
  response: ServerResponse,
  spoilt: { fault: AnswerFault; answer: Answer; signal: AbortSignal },
): Promise<void> {
  const { fault, answer, signal } = spoilt;
  switch (fault.kind) {
    case 'request-error':
      return sendAnswer(response, refusalAnswer(answer.protocol, { ...fault, message: fault.message ?? fault.code }));
    case 'no-answer':
      return;
    case 'lost-answer':
      response.socket?.destroy();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'empty-answer':
      return sendAnswer(response, { ...answer, status: 200, body: '' });
    case 'html-body':
      return sendHtml(response);
    case 'half-body':
      return sendHalf(response, answer);
    case 'slow-body':
      return sendSlowly(response, answer, { intervalMs: fault.intervalMs ?? 1000, signal });
  }
}

function awsHeaders(protocol: Protocol, contentLength: number): Record<string, string | number> {
  return {
    'content-type': protocol === 'json' ? 'application/x-amz-json-1.1' : 'text/xml',
    'content-length': contentLength,
    'x-amzn-RequestId': randomUUID(),
  };
}

function sendHtml(response: ServerResponse): void {
  const page = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';
  response.writeHead(502, { ...awsHeaders('json', page.length), 'content-type': 'text/html' });
  response.end(page);
}

/** The length header promises the whole body, so that the client can tell. */
function sendHalf(response: ServerResponse, answer: Answer): void {
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status, awsHeaders(answer.protocol, bytes.length));
  response.write(bytes.subarray(0, bytes.length >>> 1), () => response.socket?.destroy());
}

async function sendSlowly(
  response: ServerResponse,
  answer: Answer,
  pace: { intervalMs: number; signal: AbortSignal },
): Promise<void> {
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status, awsHeaders(answer.protocol, bytes.length));
  response.flushHeaders();
  for (let sent = 0; sent < bytes.length && !response.destroyed; sent += 1) {
    response.write(bytes.subarray(sent, sent + 1));
    await delay(pace.intervalMs, undefined, { signal: pace.signal });
  }
  response.end();
}
