/** Reading JSON bodies: UTF-8 only, and bytes that are not UTF-8 are refused instead of replaced. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './error-answer.js';

/** Makes a server take `application/json` bodies and nothing else; routes may add types of their own. */
export function takeJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      refuseEncodings(request);
      return parseBody(request.headers['content-type'] ?? '', body);
    },
  );
}

/** Refuses bodies that are compressed. @throws {HttpError} 415. */
export function refuseEncodings({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity') return;
  throw new HttpError(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'Compressed bodies are not read: send the body as it is, without `content-encoding`.',
  );
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parseBody(contentType: string, body: Buffer): unknown {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1];
  if (charset && !/^utf-?8$/i.test(charset))
    throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The `charset` is not utf-8: send the body in UTF-8.');
  if (body.length === 0) throw new HttpError(400, 'BAD_REQUEST', 'The body is empty: send a JSON object.');
  return parseJson(decode(body));
}

function decode(body: Buffer): string {
  try {
    return decoder.decode(body);
  } catch {
    throw new HttpError(400, 'BAD_REQUEST', 'The body is not valid UTF-8: encode it as UTF-8.');
  }
}

/** A key `__proto__` becomes an own property here, as in all of JSON.parse; nothing may copy it by assignment. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw new HttpError(400, 'BAD_REQUEST', 'The body is not valid JSON: check quotes, commas and brackets.');
  }
}
