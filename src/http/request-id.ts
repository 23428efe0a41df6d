/** Request ids: what ties an answer to the lines of the log. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Header that carries the id, in requests and in answers. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** The id that the client sent, if it has 1–64 characters of `A-Z a-z 0-9 _ -`, else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(given) ? given : randomUUID();
}
