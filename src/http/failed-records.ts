/** Downloads of failed records: `GET /failed-records.ndjson?list=…`, one JSON object a line. */

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { DOWNLOAD_ROUTE, type FailedRecordDownloads } from '../domain/failed-record-download.js';
import { type Admission, requireKey, viewerOf } from './authentication.js';
import { HttpError } from './error-answer.js';

/** What the route needs. */
export interface FailedRecordParts extends Admission {
  downloads: FailedRecordDownloads;
}

/** Adds the route. The list is read as fast as the client takes it; a fault in its midst breaks the answer off. */
export function registerFailedRecordRoute(server: FastifyInstance, parts: FailedRecordParts): void {
  const onRequest = requireKey(parts);
  server.get<{ Querystring: { list?: unknown } }>(DOWNLOAD_ROUTE, { onRequest }, (request, reply) => {
    const { list } = request.query;
    const lines = typeof list === 'string' ? parts.downloads.read(viewerOf(request).workspaceId, list) : null;
    if (!lines) throw new HttpError(400, 'BAD_REQUEST', 'This is no list of failed records: take its `downloadPath`.');
    return reply
      .type('application/x-ndjson; charset=utf-8')
      .header('content-disposition', 'attachment; filename="failed-records.ndjson"')
      .header('cache-control', 'no-store')
      .send(Readable.from(lines, { objectMode: false }));
  });
}
