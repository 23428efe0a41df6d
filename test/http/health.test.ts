import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createMetrics } from '../../src/http/metrics.js';
import { type HttpServer, startHttpServer } from '../../src/http/server.js';

const log = pino({ level: 'silent' });

/** A server as a worker has it: no GraphQL. */
function startServer(pingDatabase: () => Promise<unknown>): Promise<HttpServer> {
  const readBooks = () => Promise.reject(new Error('no database'));
  return startHttpServer({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_024,
    log,
    graphql: null,
    metrics: createMetrics({ readBooks, log }),
    pingDatabase,
  });
}

async function read(server: HttpServer, path: string) {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, text: await response.text() };
}

test('a process is ready while its database answers, and live in any case', async () => {
  let isUp = true;
  await using server = await startServer(() => (isUp ? Promise.resolve() : Promise.reject(new Error('down'))));
  const whileUp = await read(server, '/health/ready');
  isUp = false;
  const whileDown = await read(server, '/health/ready');

  expect(whileUp.status).toBe(200);
  expect(whileDown.status).toBe(503);
  expect(whileDown.text).toContain('DATABASE_UNREACHABLE');
  expect((await read(server, '/health/live')).status).toBe(200);
});

test('a process that shuts down is not ready, and serves on', async () => {
  await using server = await startServer(() => Promise.resolve());

  server.stopBeingReady();

  expect(await read(server, '/health/ready')).toMatchObject({
    status: 503,
    text: expect.stringContaining('SHUTTING_DOWN'),
  });
  expect((await read(server, '/health/live')).status).toBe(200);
});

test('a process without GraphQL has no such address', async () => {
  await using server = await startServer(() => Promise.resolve());

  expect((await read(server, '/graphql')).status).toBe(404);
});

test('metrics are served without a database; what it would say is NaN, not 0', async () => {
  await using server = await startServer(() => Promise.reject(new Error('down')));

  const { status, text } = await read(server, '/metrics');

  expect(status).toBe(200);
  expect(text).toMatch(/^tributary_export_unaccounted_records Nan$/im);
  expect(text).toMatch(/^tributary_pending_records Nan$/im);
});
