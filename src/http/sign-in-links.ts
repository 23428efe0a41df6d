/** Links that sign a browser in once: made with an API key, they hold a token in its place. */

import { createHash, randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Admission, readBearerKey, requireKey } from './authentication.js';
import { HttpError } from './error-answer.js';

/** What the routes need. */
export interface SignInParts extends Admission {
  /** Milliseconds since 1970. Default `Date.now`. */
  now?(): number;
}

/** How long a link may wait to be opened. */
const LIFETIME_MS = 600_000;
/** Most links of a process that wait; the oldest give way. */
const MOST_LINKS = 1_000;
const TOKEN_BYTES = 32;

const redemption = z.object({ token: z.string().max(256) });

interface Link {
  apiKey: string;
  until: number;
}

/**
 * Adds `POST /sign-in-links` (with a key: answers `path` and `expiresAt` of a new link) and `POST /sign-ins` (with the
 * `token` of a link: answers its `apiKey`, once). The token stands in the link's fragment, which browsers send nowhere.
 * Links live in the memory of the process that made them: they end with it, and no other process knows them.
 */
export function registerSignInRoutes(server: FastifyInstance, { now = Date.now, ...admission }: SignInParts): void {
  const links = new Map<string, Link>();
  server.post('/sign-in-links', { onRequest: requireKey(admission) }, (request, reply) => {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const until = now() + LIFETIME_MS;
    links.set(digest(token), { apiKey: readBearerKey(request.headers.authorization) ?? '', until });
    for (const [name, link] of links) if (links.size > MOST_LINKS || link.until <= now()) links.delete(name);
    const expiresAt = new Date(until).toISOString();
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .send({ path: `/#sign-in=${token}`, expiresAt });
  });
  const onRequest = async ({ clientAddress }: FastifyRequest) => admission.limits.countAddress(clientAddress);
  server.post('/sign-ins', { onRequest }, (request, reply) => {
    const name = digest(redemption.safeParse(request.body).data?.token ?? '');
    const link = links.get(name);
    links.delete(name);
    if (link === undefined || link.until <= now()) {
      const message =
        'This link was used, has expired or is none of this process: make another, or sign in with a key.';
      throw new HttpError(410, 'SIGN_IN_LINK_SPENT', message);
    }
    return reply.header('cache-control', 'no-store').send({ apiKey: link.apiKey });
  });
}

/** What is looked up by a hash gives nothing away by how long the search takes. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
