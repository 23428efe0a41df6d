/** Who is asking: API keys in the `authorization` header. */

import type { FastifyRequest } from 'fastify';
import { RequestError } from '../domain/user-error.js';
import type { Viewer } from '../domain/viewer.js';
import type { RequestLimits } from './request-limits.js';

/** Finds the caller that an API key belongs to; null if the key is unknown, expired or revoked. */
export type Authenticate = (key: string) => Promise<Viewer | null>;

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller, on routes with {@link requireKey}; else null. */
    viewer: Viewer | null;
  }
}

/** The key of a header `Bearer <key>`; null if there is none. */
export function readBearerKey(header: unknown): string | null {
  if (typeof header !== 'string') return null;
  return /^Bearer +([\x21-\x7e]{1,4096}) *$/i.exec(header)?.[1] ?? null;
}

/** What requests with a key pass on their way in. */
export interface Admission {
  authenticate: Authenticate;
  limits: Pick<RequestLimits, 'countAddress' | 'countOperation'>;
}

/**
 * Makes a hook that counts requests by address and caller, refuses those without a valid key before their body is read,
 * and sets `request.viewer`.
 * @throws {RequestError} RATE_LIMITED or UNAUTHENTICATED, from the hook.
 */
export function requireKey({ authenticate, limits }: Admission): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    limits.countAddress(request.clientAddress);
    const key = readBearerKey(request.headers.authorization);
    const viewer = key === null ? null : await authenticate(key);
    if (!viewer) throw unauthenticated(key === null);
    limits.countOperation(viewer);
    request.viewer = viewer;
  };
}

/** The caller of a request that has passed {@link requireKey}. @throws {RequestError} UNAUTHENTICATED without one. */
export function viewerOf(request: FastifyRequest): Viewer {
  if (request.viewer) return request.viewer;
  throw unauthenticated(true);
}

/** Options of {@link rememberViewers}. */
export interface RememberOptions {
  /** How long a caller is remembered, hence how long a revoked key still works. Default 500. */
  ttlMs?: number;
  /** Monotonic milliseconds. Default `performance.now`. */
  now?: () => number;
}

/** Remembers callers for a moment, so that a burst of requests asks the database once. Refusals are not remembered. */
export function rememberViewers(authenticate: Authenticate, options: RememberOptions = {}): Authenticate {
  const { ttlMs = 500, now = () => performance.now() } = options;
  const remembered = new Map<string, { until: number; viewer: Promise<Viewer | null> }>();
  return async (key) => {
    const known = remembered.get(key);
    if (known && known.until > now()) return unlessExpired(await known.viewer);
    for (const [old, { until }] of remembered) if (until <= now()) remembered.delete(old);
    const viewer = authenticate(key);
    const entry = { until: now() + ttlMs, viewer };
    remembered.set(key, entry);
    const forget = () => remembered.get(key) === entry && remembered.delete(key);
    viewer.then((found) => found ?? forget(), forget);
    return unlessExpired(await viewer);
  };
}

/** The caller, if the key's or token's time is not over. */
export function unlessExpired(viewer: Viewer | null): Viewer | null {
  return viewer?.expiresAt && viewer.expiresAt.getTime() <= Date.now() ? null : viewer;
}

function unauthenticated(isMissing: boolean): RequestError {
  return isMissing
    ? new RequestError('UNAUTHENTICATED', 'The API key is missing: send the header `authorization: Bearer <API key>`.')
    : new RequestError('UNAUTHENTICATED', 'The API key is unknown, expired or revoked: ask an ADMIN for another.');
}
