/** Bulk ingest over HTTP: `POST /ingest/profiles` and `POST /ingest/memberships`, one JSON object a line. */

import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type AuditChange,
  type AuditedCall,
  type AuditTrail,
  INGEST_INTERRUPTED,
  type UploadAction,
} from '../domain/audit.js';
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
import { refuseEncodings } from './json-body.js';

/** What the routes need. */
export interface IngestParts extends Admission {
  /** Opens the audit trail of an upload. @returns what writes within it. */
  openAudit(call: AuditedCall): { profiles: Pick<Profiles, 'apply'>; trail: AuditTrail };
}

/** What a route does with its lines. */
interface Upload {
  action: UploadAction;
  ingest(body: AsyncIterable<Uint8Array>, target: IngestTarget): Promise<IngestReport>;
}

const UPLOADS: Record<string, Upload> = {
  '/ingest/profiles': { action: 'ingestProfiles', ingest: ingestProfiles },
  '/ingest/memberships': { action: 'ingestMemberships', ingest: ingestMemberships },
};

const CONTENT_TYPES = ['application/x-ndjson', 'application/ndjson', 'text/plain'];

/** Adds the routes. Bodies are read as they are written, so they have no bound on their size. */
export async function registerIngestRoutes(server: FastifyInstance, parts: IngestParts): Promise<void> {
  // A scope of their own: the content types are not for other routes.
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(CONTENT_TYPES, async (_request: FastifyRequest, body: Readable) => body);
    scope.addContentTypeParser('*', async () => {
      const message = 'The `content-type` is not one of lines: send application/x-ndjson.';
      throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', message);
    });
    scope.addHook('onRequest', requireKey(parts));
    for (const [route, upload] of Object.entries(UPLOADS)) {
      const onRequest = (request: FastifyRequest) => checkRequest(request, upload, parts);
      scope.post(route, { onRequest }, (request) => answer(request, upload, parts));
    }
  });
}

async function checkRequest(request: FastifyRequest, upload: Upload, parts: IngestParts): Promise<void> {
  const { role } = viewerOf(request);
  if (!includesRole(role, 'OPERATOR')) {
    await parts.openAudit(toCall(request, upload)).trail.close('FORBIDDEN');
    throw new RequestError('FORBIDDEN', `This needs role OPERATOR; yours is ${role}. Ask an ADMIN for a key.`);
  }
  refuseEncodings(request);
}

async function answer(request: FastifyRequest, upload: Upload, parts: IngestParts): Promise<IngestReport> {
  const { workspaceId } = viewerOf(request);
  const { profiles, trail } = parts.openAudit(toCall(request, upload));
  const body = isBody(request.body) ? request.body : emptyBody();
  try {
    const report = await upload.ingest(body, { workspaceId, profiles });
    await trail.close(null, toCounts(report));
    return report;
  } catch (error) {
    if (!(error instanceof IngestInterruptedError)) throw error;
    request.log.error({ err: error, requestId: request.id }, 'an ingest was interrupted');
    await closeInterrupted(request, trail, error);
    throw new HttpError(503, INGEST_INTERRUPTED, error.message);
  }
}

/** The entry says so already; without a database its counts are lost. */
async function closeInterrupted(
  request: FastifyRequest,
  trail: AuditTrail,
  { report }: IngestInterruptedError,
): Promise<void> {
  try {
    await trail.close(INGEST_INTERRUPTED, toCounts(report));
  } catch (error) {
    request.log.error({ err: error, requestId: request.id }, 'the audit entry of an ingest has no counts');
  }
}

function toCall(request: FastifyRequest, { action }: Upload): AuditedCall {
  const viewer = viewerOf(request);
  const origin = { requestId: request.id, address: request.clientAddress };
  return { viewer, action, ...origin, target: null, changes: [], codeMeanwhile: INGEST_INTERRUPTED };
}

function toCounts({ refusals: _lines, ...counts }: IngestReport): AuditChange[] {
  return Object.entries(counts).map(([field, count]) => ({ field, after: String(count) }));
}

function isBody(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

async function* emptyBody(): AsyncGenerator<Uint8Array, void, undefined> {}
