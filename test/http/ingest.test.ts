import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProfiles, type Profiles } from '../../src/domain/profile.js';
import type { Role, Viewer } from '../../src/domain/viewer.js';
import { registerIngestRoutes } from '../../src/http/ingest.js';
import type { HttpServer } from '../../src/http/server.js';
import { listProfilesByKeys } from '../../src/storage/profiles.js';
import { startRouteServer, usualLimits } from '../support/route-server.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let server: HttpServer;
let workspaceId: number;
let profiles: Pick<Profiles, 'apply'>;

beforeAll(async () => {
  const workspace = await database.db
    .insertInto('workspace')
    .values({ name: 'http', external_id: 'http' })
    .returning('id')
    .executeTakeFirstOrThrow();
  workspaceId = workspace.id;
  profiles = createProfiles({ db: database.db, clock: () => new Date() });
  const keys = new Map<string, Viewer>(['VIEWER' as const, 'OPERATOR' as const].map((role) => [role, toViewer(role)]));
  server = await startRouteServer((scope) =>
    registerIngestRoutes(scope, {
      authenticate: async (key) => keys.get(key) ?? null,
      limits: usualLimits(),
      profiles: { apply: (...given) => profiles.apply(...given) },
    }),
  );
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

function toViewer(role: Role): Viewer {
  return { actor: { kind: 'API_KEY', name: role }, role, workspaceId, expiresAt: null };
}

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    body,
    headers: { authorization: 'Bearer OPERATOR', 'content-type': 'application/x-ndjson', ...headers },
  });
  const answer: unknown = await response.json();
  return { status: response.status, answer, requestId: response.headers.get('x-request-id') };
}

describe('POST /ingest', () => {
  test.each(['application/x-ndjson', 'application/x-ndjson; charset=utf-8', 'text/plain'])(
    'profiles and memberships as %s are answered with the report',
    async (type) => {
      const profileId = `as ${type}`;
      const written = await post('/ingest/profiles', JSON.stringify({ profileId }), { 'content-type': type });
      const refused = await post(
        '/ingest/memberships',
        `{"profileId":"${profileId}","segmentId":"no","status":"exited"}`,
        {
          'content-type': type,
        },
      );

      expect(written).toMatchObject({ status: 200, answer: { lines: 1, accepted: 1, created: 1, refused: 0 } });
      expect(refused).toMatchObject({
        status: 200,
        answer: { refused: 1, refusals: [{ line: 1, code: 'NOT_FOUND', path: ['segmentId'] }] },
      });
    },
  );

  test('a body may be larger than the bound of other bodies', async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => JSON.stringify({ profileId: `large-${index}` }));

    expect(await post('/ingest/profiles', lines.join('\n'))).toMatchObject({ status: 200, answer: { created: 3_000 } });
  });

  test('an empty body is a report of nothing', async () => {
    expect(await post('/ingest/profiles', '')).toMatchObject({ status: 200, answer: { lines: 0 } });
  });

  test.each([
    ['no key', { authorization: '' }, 401, 'UNAUTHENTICATED'],
    ['an unknown key', { authorization: 'Bearer nobody' }, 401, 'UNAUTHENTICATED'],
    ['a viewer', { authorization: 'Bearer VIEWER' }, 403, 'FORBIDDEN'],
    ['JSON', { 'content-type': 'application/json' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a compressed body', { 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ])('%s is refused, with a code and the request id', async (_what, headers, status, code) => {
    const refused = await post('/ingest/profiles', '{"profileId":"refused"}', headers);

    expect(refused.status).toBe(status);
    expect(refused.answer).toEqual({
      errors: [{ message: expect.any(String), extensions: { code, requestId: refused.requestId } }],
    });
    expect(await listProfilesByKeys(database.db, workspaceId, ['refused'])).toEqual([null]);
  });

  test('a database that fails is a 503 that says where to go on', async () => {
    const working = profiles;
    profiles = { apply: () => Promise.reject(new Error('secret detail')) };

    const refused = await post('/ingest/profiles', '{"profileId":"x"}');
    profiles = working;

    expect(refused.status).toBe(503);
    expect(refused.answer).toMatchObject({ errors: [{ extensions: { code: 'INGEST_INTERRUPTED' } }] });
    expect(JSON.stringify(refused.answer)).toContain('after line 0');
    expect(JSON.stringify(refused.answer)).not.toContain('secret');
  });

  test('lines are written while the body still comes', async () => {
    const pending = request(`${server.url}/ingest/profiles`, {
      method: 'POST',
      headers: { authorization: 'Bearer OPERATOR', 'content-type': 'application/x-ndjson' },
    });
    const answered = new Promise<number | undefined>((resolve, reject) => {
      pending.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    for (let index = 0; index < 1_000; index += 1) pending.write(`{"profileId":"early-${index}"}\n`);

    await expect
      .poll(async () => (await listProfilesByKeys(database.db, workspaceId, ['early-999']))[0])
      .not.toBeNull();
    pending.end();

    expect(await answered).toBe(200);
  });
});
