/** A real HTTP server with routes of one part alone: no GraphQL, no console, metrics that count nothing. */

import { pino } from 'pino';
import { readConfig } from '../../src/config.js';
import { createMetrics } from '../../src/http/metrics.js';
import { createRequestLimits } from '../../src/http/request-limits.js';
import { type HttpServer, type HttpServerParts, startHttpServer } from '../../src/http/server.js';

/** The limits that a server has by default. */
export const usualLimits = () => createRequestLimits(readConfig({}).limits);

/** Starts it on a free port; dispose of it at the end. */
export async function startRouteServer(
  registerRoutes: NonNullable<HttpServerParts['registerRoutes']>,
): Promise<HttpServer> {
  const log = pino({ level: 'silent' });
  const readBooks = async () => ({ pendingRecords: 0, oldestPendingSeconds: 0, unaccountedRecords: 0 });
  return await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_024,
    log,
    graphql: null,
    metrics: createMetrics({ readBooks, log }),
    pingDatabase: async () => undefined,
    registerRoutes,
  });
}
