import { request } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openTrail } from '../../src/domain/audit.js';
import { createProfiles } from '../../src/domain/profile.js';
import type { Role, Viewer } from '../../src/domain/viewer.js';
import { registerIngestRoutes } from '../../src/http/ingest.js';
import type { HttpServer } from '../../src/http/server.js';
import { listProfilesByKeys } from '../../src/storage/profiles.js';
import { startRouteServer, usualLimits } from '../support/route-server.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let server: HttpServer;
let workspaceId: number;
/** Chunks that are written before the database fails. */
let chunksLeft = Number.POSITIVE_INFINITY;

beforeAll(async () => {
  const workspace = await database.db
    .insertInto('workspace')
    .values({ name: 'http', external_id: 'http' })
    .returning('id')
    .executeTakeFirstOrThrow();
  workspaceId = workspace.id;
  const keys = new Map<string, Viewer>(['VIEWER' as const, 'OPERATOR' as const].map((role) => [role, toViewer(role)]));
  server = await startRouteServer((scope) =>
    registerIngestRoutes(scope, {
      authenticate: async (key) => keys.get(key) ?? null,
      limits: usualLimits(),
      openAudit(call) {
        const trail = openTrail(database.db, call);
        const working = createProfiles({ db: trail.db, clock: () => new Date() });
        const lose = () => Promise.reject(new Error('secret detail'));
        return { trail, profiles: { apply: (...given) => (chunksLeft-- > 0 ? working.apply(...given) : lose()) } };
      },
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
    chunksLeft = 0;

    const refused = await post('/ingest/profiles', '{"profileId":"x"}');
    chunksLeft = Number.POSITIVE_INFINITY;

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
    const meanwhile = await readLastEntry();
    pending.end();

    expect(await answered).toBe(200);
    // So it stays if the process dies.
    expect(meanwhile).toMatchObject({ result: 'INTERRUPTED', code: 'INGEST_INTERRUPTED', counts: {} });
    expect(await readLastEntry()).toMatchObject({
      id: meanwhile.id,
      result: 'SUCCEEDED',
      counts: { created: '1000' },
    });
  });
});

describe('the audit log', () => {
  const toLines = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => JSON.stringify({ profileId: `${name}-${index}` })).join('\n');

  test('has one entry for an upload: who, when, from where, how many lines, and what came of it', async () => {
    const before = await countEntries();

    const { requestId } = await post('/ingest/profiles', `${toLines('audited', 2_500)}\nnonsense`);

    expect(await countEntries()).toBe(before + 1);
    expect(await readLastEntry()).toMatchObject({
      action: 'ingestProfiles',
      actor_kind: 'API_KEY',
      actor_name: 'OPERATOR',
      address: '127.0.0.1',
      request_id: requestId,
      workspace_id: workspaceId,
      result: 'SUCCEEDED',
      code: null,
      counts: { lines: '2501', accepted: '2500', created: '2500', updated: '0', unchanged: '0', refused: '1' },
    });
  });

  test('has an entry for an upload that changed nothing, and for one of a role that may not', async () => {
    await post('/ingest/memberships', '{"profileId":"nobody","segmentId":"no","status":"exited"}');
    const unchanged = await readLastEntry();
    await post('/ingest/memberships', '', { authorization: 'Bearer VIEWER' });
    const refused = await readLastEntry();

    expect(unchanged).toMatchObject({ action: 'ingestMemberships', result: 'SUCCEEDED', counts: { refused: '1' } });
    expect(refused).toMatchObject({ actor_name: 'VIEWER', result: 'REFUSED', code: 'FORBIDDEN', counts: {} });
  });

  test('says how far an upload came that was interrupted', async () => {
    chunksLeft = 2;

    const { status } = await post('/ingest/profiles', toLines('interrupted', 5_000));
    chunksLeft = Number.POSITIVE_INFINITY;

    expect(status).toBe(503);
    const counts = { lines: '2000', created: '2000' };
    expect(await readLastEntry()).toMatchObject({ result: 'INTERRUPTED', code: 'INGEST_INTERRUPTED', counts });
  });

  test('and the lines are one: where the entry cannot be written, no line is', async () => {
    await sql`alter table audit_entry add constraint none check (false) not valid`.execute(database.db);

    const { status } = await post('/ingest/profiles', toLines('unaudited', 10));
    await sql`alter table audit_entry drop constraint none`.execute(database.db);

    expect(status).toBe(503);
    expect(await listProfilesByKeys(database.db, workspaceId, ['unaudited-0'])).toEqual([null]);
  });
});

async function countEntries(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from audit_entry`.execute(database.db);
  return rows[0]?.count ?? 0;
}

const Entry = z.looseObject({
  id: z.number(),
  changes: z.array(z.object({ field: z.string(), after: z.string() })),
});

async function readLastEntry() {
  const { rows } = await sql`select * from audit_entry order by id desc limit 1`.execute(database.db);
  const entry = Entry.parse(rows[0]);
  return { ...entry, counts: Object.fromEntries(entry.changes.map(({ field, after }) => [field, after])) };
}
