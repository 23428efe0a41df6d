/** Error answers as bytes, for connections on which there is no response object. */

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

/** Writes an answer out; it says that the connection ends with it. */
export function toRawAnswer({ status, code, message, requestId, headers = {} }: RawAnswer): string {
  const body = JSON.stringify(toErrorBody(code, message, requestId));
  const fields = Object.entries({
    ...headers,
    connection: 'close',
    [REQUEST_ID_HEADER]: requestId,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
