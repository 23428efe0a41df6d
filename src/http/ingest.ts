/** Bulk ingest over HTTP: `POST /ingest/profiles` and `POST /ingest/memberships`, one JSON object a line. */

import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  IngestInterruptedError,
  type IngestReport,
  type IngestTarget,
  ingestMemberships,
  ingestProfiles,
} from '../domain/ingest.js';
import type { Profiles } from '../domain/profile.js';
import { RequestError } from '../domain/user-error.js';
import { includesRole } from '../domain/viewer.js';
import { type Admission, requireKey, viewerOf } from './authentication.js';
import { HttpError } from './error-answer.js';

/** What the routes need. */
export interface IngestParts extends Admission {
  profiles: Pick<Profiles, 'apply'>;
}

const CONTENT_TYPES = ['application/x-ndjson', 'application/ndjson', 'text/plain'];

/** Adds the routes. Bodies are read as they are written, so they have no bound on their size. */
export async function registerIngestRoutes(server: FastifyInstance, parts: IngestParts): Promise<void> {
  // A scope of their own: the content types are not for other routes.
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(CONTENT_TYPES, async (_request: FastifyRequest, body: Readable) => body);
    scope.addContentTypeParser('*', async () => {
      throw unsupported('The `content-type` is not one of lines: send application/x-ndjson.');
    });
    scope.addHook('onRequest', requireKey(parts));
    scope.addHook('onRequest', checkRequest);
    scope.post('/ingest/profiles', (request) => answer(request, ingestProfiles, parts));
    scope.post('/ingest/memberships', (request) => answer(request, ingestMemberships, parts));
  });
}

async function checkRequest(request: FastifyRequest): Promise<void> {
  const { role } = viewerOf(request);
  if (!includesRole(role, 'OPERATOR'))
    throw new RequestError('FORBIDDEN', `This needs role OPERATOR; yours is ${role}. Ask an ADMIN for a key.`);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw unsupported('Compressed bodies are not read: send the lines as they are.');
}

async function answer(
  request: FastifyRequest,
  ingest: (body: AsyncIterable<Uint8Array>, target: IngestTarget) => Promise<IngestReport>,
  parts: IngestParts,
): Promise<IngestReport> {
  const { workspaceId } = viewerOf(request);
  const body = isBody(request.body) ? request.body : emptyBody();
  try {
    return await ingest(body, { workspaceId, profiles: parts.profiles });
  } catch (error) {
    if (!(error instanceof IngestInterruptedError)) throw error;
    request.log.error({ err: error, requestId: request.id }, 'an ingest was interrupted');
    throw new HttpError(503, 'INGEST_INTERRUPTED', error.message);
  }
}

function isBody(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

async function* emptyBody(): AsyncGenerator<Uint8Array, void, undefined> {}

function unsupported(message: string): HttpError {
  return new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', message);
}
