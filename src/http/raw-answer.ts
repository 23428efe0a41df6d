/** Error answers of those that have no reply of Fastify: as Node's response takes them, or as bytes. */

import { STATUS_CODES } from 'node:http';
import { toErrorBody } from './error-answer.js';
import { REQUEST_ID_HEADER } from './request-id.js';

/** An error answer. */
export interface RawAnswer {
  /** 400–599. */
  status: number;
  code: string;
  message: string;
  requestId: string;
  /** More headers. */
  headers?: Readonly<Record<string, string>>;
}

/** The answer's headers and body. */
export function toMessage({ code, message, requestId, headers = {} }: Omit<RawAnswer, 'status'>): {
  headers: Readonly<Record<string, string | number>>;
  body: string;
} {
  const body = JSON.stringify(toErrorBody(code, message, requestId));
  const described = {
    [REQUEST_ID_HEADER]: requestId,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  };
  return { headers: { ...headers, ...described }, body };
}

/** Writes an answer out; it says that the connection ends with it. */
export function toRawAnswer(answer: RawAnswer): string {
  const { status } = answer;
  const { headers, body } = toMessage(answer);
  const fields = Object.entries({ ...headers, connection: 'close' });
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
