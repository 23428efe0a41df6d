/** Workspaces made by the command beside a running server: their keys work at once, and see nothing of each other. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp } from '../support/app.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { runCli } from './cli-process.js';

const database = useTestDatabase();
const encryptionKey = randomBytes(32).toString('base64');

const run = (...words: string[]) =>
  runCli(['workspace', ...words], { DATABASE_URL: database.connection, ENCRYPTION_KEY: encryptionKey });

async function create(name: string): Promise<{ id: string; apiKey: string }> {
  const { status, stdout } = await run('create', name);
  expect(status).toBe(0);
  const [, id] = /The workspace (\S+) and/.exec(stdout) ?? [];
  const [apiKey] = /trb_[\w-]{43}/.exec(stdout) ?? [];
  return z.object({ id: z.string(), apiKey: z.string() }).parse({ id, apiKey });
}

const LISTS = `{
  viewer { role workspace { id name } }
  segments { nodes { segmentId } } profiles { nodes { profileId } } credentials { nodes { id } }
  destinations { nodes { id } } activations { nodes { id } } exports { nodes { id } } failedRecords { nodes { id } }
  apiKeys { nodes { name } } auditEntries(filter: { actions: ["createSegment", "ingestProfiles"] }) { nodes { action } }
}`;

test('two workspaces see nothing of each other, and are listed and renamed', { timeout: 240_000 }, async () => {
  const environment = { ENCRYPTION_KEY: encryptionKey };
  await using app = await startTestApp({ connection: database.connection, environment });
  const [first, second] = [await create('First'), await create('Second')];
  const [one, other] = [new Frontend(app.url, first.apiKey), new Frontend(app.url, second.apiKey)];
  await one.createSegments(['everyone']);
  await one.ingest('profiles', [{ profileId: 'ann', memberships: [{ segmentId: 'everyone', status: 'realized' }] }]);
  const { destinationId, activationId } = await one.setUp({
    stream: 'profiles',
    segmentIds: ['everyone'],
    attributes: [],
  });

  const own = await one.run(LISTS);
  const foreign = await other.run(LISTS);
  const byId = await other.run('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: [destinationId, activationId, first.id],
  });

  expect(own).toMatchObject({
    segments: { nodes: [{ segmentId: 'everyone' }] },
    profiles: { nodes: [{ profileId: 'ann' }] },
  });
  expect(foreign).toEqual({
    viewer: { role: 'ADMIN', workspace: { id: second.id, name: 'Second' } },
    ...Object.fromEntries(EMPTY_LISTS.map((list) => [list, { nodes: [] }])),
    apiKeys: { nodes: [{ name: 'first key' }] },
  });
  expect(byId).toEqual({ nodes: [null, null, null] });

  expect(await run('rename', second.id, 'Renamed')).toMatchObject({ status: 0 });
  expect((await other.run(LISTS))['viewer']).toMatchObject({ workspace: { name: 'Renamed' } });
  const { stdout } = await run('list');
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split('  ')),
  ).toEqual([
    [expect.any(String), expect.stringMatching(/^tributary-/), 'Default'],
    [first.id, expect.stringMatching(/^tributary-/), 'First'],
    [second.id, expect.stringMatching(/^tributary-/), 'Renamed'],
  ]);
  const changes = await other.run(
    '{ auditEntries(orderBy: AT_ASC) { nodes { action actor { kind name } targetId } } }',
  );
  const actor = { kind: 'SYSTEM', name: 'command line' };
  expect(changes).toEqual({
    auditEntries: {
      nodes: ['createWorkspace', 'renameWorkspace'].map((action) => ({ action, actor, targetId: second.id })),
    },
  });
});

const EMPTY_LISTS = [
  'segments',
  'profiles',
  'credentials',
  'destinations',
  'activations',
  'exports',
  'failedRecords',
  'auditEntries',
];

test.each([
  [['rename', 'nonsense', 'x'], 'There is no workspace with this id: `tributary workspace list` shows all.'],
  [['create', ''], '`name` is empty; give 1–200 characters.'],
])('%j is refused with what is wrong, and status 1', { timeout: 120_000 }, async (words, message) => {
  expect(await run(...words)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining(message) });
});
