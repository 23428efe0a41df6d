/** Downloads of failed records: the whole list of a connection, to the caller's own workspace only. */

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFailedRecordDownloads } from '../../src/domain/failed-record-download.js';
import { registerFailedRecordRoute } from '../../src/http/failed-records.js';
import type { HttpServer } from '../../src/http/server.js';
import { addProfiles, type DeliverySetup, setUpDelivery } from '../support/delivery.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { startRouteServer, usualLimits } from '../support/route-server.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const RECORDS = 2_345;
let server: HttpServer;
let setup: DeliverySetup;
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
  setup = await setUpDelivery(database.db, { stream: 'orders', workspaceId: edge.workspaceId });
  await addProfiles(database.db, setup, RECORDS);
  await sql`insert into failed_record (workspace_id, destination_id, activation_id, lane, profile_id, code, message,
      attempts, size_bytes, limit_bytes, exports, failed_at)
    select ${setup.workspaceId}, ${setup.destinationId}, ${setup.activationId}, lane, id,
      case when profile_id = 'p7' then 'RECORD_REFUSED' else 'RECORD_TOO_LARGE' end, 'too "large"', 1, 2000000, 1048576,
      '{"41":"0;RECORD_TOO_LARGE"}', timestamptz '2026-01-01' + id * interval '1 second'
    from profile where workspace_id = ${setup.workspaceId}`.execute(database.db);
  const viewer = (workspaceId: number) => ({
    actor: { kind: 'API_KEY' as const, name: 'k' },
    role: 'VIEWER' as const,
    workspaceId,
    expiresAt: null,
  });
  const keys = new Map([
    ['own', viewer(setup.workspaceId)],
    ['other', viewer(setup.workspaceId + 1)],
  ]);
  server = await startRouteServer((scope) =>
    registerFailedRecordRoute(scope, {
      authenticate: async (key) => keys.get(key) ?? null,
      limits: usualLimits(),
      downloads: createFailedRecordDownloads(database),
    }),
  );
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test('a list is downloaded whole, in its order, with all that a person needs to decide', async () => {
  const response = await get(await findPath());

  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  expect(response.headers.get('content-disposition')).toContain('attachment');
  const lines = await readLines(response);
  expect(lines).toHaveLength(RECORDS);
  expect(new Set(lines.map((line) => line.profileId)).size).toBe(RECORDS);
  const times = lines.map((line) => Date.parse(line['failedAt'] ?? ''));
  expect(times).toEqual([...times].sort((a, b) => b - a));
  const { data } = await edge.execute('{ failedRecords(first: 1) { nodes { id profileId destination { id } } } }');
  const [newest] = data.failedRecords.nodes;
  expect(lines[0]).toMatchObject({
    id: newest.id,
    profileId: newest.profileId,
    destinationId: newest.destination.id,
    code: 'RECORD_TOO_LARGE',
    retryable: false,
    state: 'OPEN',
    message: 'too "large"',
    sizeBytes: 2_000_000,
    limitBytes: 1_048_576,
    retriedBy: null,
  });
  expect(lines[0]?.remedy).toContain('Map fewer attributes');
});

test('the filter of the connection holds, and that of its parent', async () => {
  const refused = await get(await findPath('filter: { codes: [RECORD_REFUSED] }'));
  const ofNobody = await get(await findPath('filter: { profileId: "nobody", from: "2026-01-01T00:00:00Z" }'));
  const ofDestination = await edge.execute(
    '{ destinations { nodes { failedRecords(filter: { codes: [RECORD_REFUSED] }) { downloadPath } } } }',
  );

  expect((await readLines(refused)).map((line) => line.profileId)).toEqual(['p7']);
  expect(await readLines(ofNobody)).toEqual([]);
  const path = ofDestination.data.destinations.nodes[0].failedRecords.downloadPath;
  expect((await readLines(await get(path))).map((line) => line.profileId)).toEqual(['p7']);
});

test('the path gives no right: another workspace finds nothing by it, and nobody gets in without a key', async () => {
  const path = await findPath();

  expect(await readLines(await get(path, 'other'))).toEqual([]);
  expect((await fetch(`${server.url}${path}`)).status).toBe(401);
});

test.each(['x', 'e30', Buffer.from('{"scope":"world"}').toString('base64url')])('%s is no list', async (token) => {
  const response = await get(`/failed-records.ndjson?list=${token}`);

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
});

async function findPath(args = 'first: 1'): Promise<string> {
  const { data } = await edge.execute(`{ failedRecords(${args}) { downloadPath } }`);
  return data.failedRecords.downloadPath;
}

async function get(path: string, key = 'own'): Promise<Response> {
  return await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
}

async function readLines(response: Response): Promise<Record<string, string>[]> {
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
