/** Simulations beyond the record: what stands in its way, what is hidden, what is refused; and nothing is written. */

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { keyOf } from '../support/destination-seed.js';
import { createTestEdge } from '../support/graphql-client.js';
import { HELD_BACK_MS, untilSessionsAreIdle } from '../support/idle-sessions.js';
import { ask, type Scene, type SimulationStage, setScene, simulate } from '../support/simulation.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let stage: SimulationStage;
let scene: Scene;

beforeAll(async () => {
  const sandbox = await startSandbox({ limits: 'off' });
  stage = { sandbox, edge: await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint }) };
});

beforeEach(async () => {
  stage.sandbox.setFaults([]);
  stage.edge = await createTestEdge(database.db, { kinesisEndpoint: stage.sandbox.endpoint });
  scene = await setScene(stage);
});

afterAll(() => stage.sandbox[Symbol.asyncDispose]());

/** Every row of every table, as text. */
async function dumpTables(): Promise<string[]> {
  const { rows } = await sql<{ name: string; content: string }>`/* test.dump */
    select table_name as name, query_to_xml(format('select * from %I order by 1, 2', table_name), true, true, '')::text as content
    from information_schema.tables where table_schema = 'public' order by table_name`.execute(database.db);
  return rows.map(({ name, content }) => `${name}: ${content}`);
}

test('nothing is written, whatever is asked, and nothing is sent', async () => {
  const { activationId, destinationId, names, profileId } = scene;
  const change = scene.toInput({ attributes: { tier: 2 }, memberships: { mapped: 'EXITED' } });
  const before = await dumpTables();
  const sent = stage.sandbox.stats.requests['PutRecords'];

  await simulate(stage.edge, { activationId, change });
  await simulate(stage.edge, { activationId, change: { ...change, profileId: 'new' } });
  await simulate(stage.edge, { activationId, profileId });
  await simulate(stage.edge, { destinationId, segmentIds: [names['mapped']] });

  expect(before.some((table) => table.includes('firstName'))).toBe(true);
  expect(await dumpTables()).toEqual(before);
  expect(stage.sandbox.stats.requests['PutRecords']).toBe(sent);
});

test('a VIEWER sees everything but payload and partition key', async () => {
  const question = { activationId: scene.activationId, change: scene.toInput({ attributes: { tier: 2 } }) };

  const open = await simulate(stage.edge, question);
  const hidden = await simulate(stage.edge, question, { ...stage.edge.viewer, role: 'VIEWER' });

  expect(open).toMatchObject({ payload: expect.stringContaining('"tier":2'), partitionKey: scene.profileId });
  expect(hidden).toEqual({ ...open, payload: null, partitionKey: null });
  expect(JSON.stringify(hidden)).not.toContain('Ada');
});

test.each([
  ['the activation is paused', `update activation set state = 'PAUSED'`, ['the activation is resumed']],
  ['the destination is disabled', 'update destination set enabled = false', ['the destination is enabled']],
  ['the destination is halted', `update destination set health_status = 'HALTED'`, ['health']],
  [
    'both are stopped',
    `with paused as (update activation set state = 'PAUSED') update destination set enabled = false`,
    ['the activation is resumed', 'the destination is enabled'],
  ],
])('while %s the record would be sent, and the message says until when it waits', async (_name, update, waits) => {
  await sql.raw(update).execute(database.db);

  const simulated = await simulate(stage.edge, {
    activationId: scene.activationId,
    change: scene.toInput({ attributes: { tier: 2 } }),
  });

  expect(simulated).toMatchObject({ wouldExport: true, code: null, payload: expect.any(String) });
  for (const wait of waits) expect(simulated.message).toContain(wait);
});

test.each([
  ['EXPORT_ALWAYS', [{ kind: 'ATTRIBUTE', subject: 'tier' }]],
  ['EXPORT_IF_CHANGED', []],
])('an equal value under %s has the causes %j', async (detection, causes) => {
  await sql`update activation set change_detection = ${detection}
    where id = ${keyOf(scene.activationId)}`.execute(database.db);
  const change = scene.toInput({ attributes: { tier: 1 } });

  expect(await simulate(stage.edge, { activationId: scene.activationId, change })).toMatchObject({ causes });
});

describe('a record over the limit', () => {
  // The third of three segments is exited: without it the record fits.
  beforeEach(async () => {
    scene = await setScene(stage, {
      settings: { membershipScope: 'ALL' },
      before: { memberships: { mapped: 'REALIZED', other: 'EXITED' } },
    });
    await sql`update profile
      set memberships = replace(memberships::text, '03:04:05', '03:04:05.' || repeat('0', 600000))::json
      where workspace_id = ${stage.edge.workspaceId} and profile_id = ${scene.profileId}`.execute(database.db);
  });

  test('fails as it is', async () => {
    expect(await simulate(stage.edge, { activationId: scene.activationId })).toMatchObject({
      wouldExport: false,
      code: 'RECORD_TOO_LARGE',
      reason: { kind: 'FAILURE' },
      message: expect.stringContaining('1048576'),
      partitionKey: scene.profileId,
      payload: expect.stringContaining(scene.names['other'] ?? ''),
    });
  });

  test('is sent if the policy trims it to fit', async () => {
    await sql`update destination set too_large_policy = 'TRIM_MEMBERSHIPS'
      where id = ${keyOf(scene.destinationId)}`.execute(database.db);

    const simulated = await simulate(stage.edge, { activationId: scene.activationId });

    expect(simulated).toMatchObject({ wouldExport: true, code: null });
    expect(simulated.payload).not.toContain(scene.names['other']);
    expect(simulated.sizeBytes).toBe(Buffer.byteLength(simulated.payload) + scene.profileId.length);
  });
});

test.each([
  ['refuses', { kind: 'request-error', code: 'AccessDeniedException', status: 400 }],
  ['cannot be reached', { kind: 'reset' }],
] as const)('without the shards of AWS that %s, all else is answered', async (_name, fault) => {
  const question = { activationId: scene.activationId, profileId: scene.profileId };
  const known = await simulate(stage.edge, question);
  stage.sandbox.setFaults([{ ...fault, match: { operation: 'ListShards' } }]);

  expect(known.shardId).toMatch(/^shardId-/);
  expect(await simulate(stage.edge, question)).toEqual({ ...known, shardId: null });
});

test('no transaction is open while AWS is asked', async () => {
  stage.sandbox.setFaults([{ kind: 'slow-answer', delayMs: HELD_BACK_MS, match: { operation: 'ListShards' } }]);
  const asked = stage.sandbox.stats.requests['ListShards'] ?? 0;

  const asking = simulate(stage.edge, { activationId: scene.activationId });
  await until(() => stage.sandbox.stats.requests['ListShards'] === asked + 1);
  await untilSessionsAreIdle(database.db);

  expect(await asking).toMatchObject({ wouldExport: true });
});

test('what another workspace has is not there', async () => {
  const other = await createTestEdge(database.db, { kinesisEndpoint: stage.sandbox.endpoint });
  const { activationId, destinationId, names, profileId } = scene;

  expect(await ask(other, { activationId })).toMatchObject({ issues: [{ path: ['activationId'] }] });
  expect(await ask(other, { destinationId, segmentIds: [names['mapped']], profileId })).toMatchObject({
    issues: [{ path: ['destinationId'] }, { path: ['segmentIds', '0'] }, { path: ['profileId'] }],
  });
});

describe('is refused by name, before AWS is asked:', () => {
  const many = Array.from({ length: 251 }, (_, number) => `segment-${number}`);
  const change = (fields: object) => ({ change: { profileId: 'p', ...fields } });
  const member = (fields: object) => change({ memberships: [{ segmentId: 'none', status: 'REALIZED', ...fields }] });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['an unknown activation', { activationId: toGlobalId('Activation', 1e9) }, ['NOT_FOUND activationId']],
    ['an activation that is a segment', { activationId: toGlobalId('Segment', 1) }, ['NOT_FOUND activationId']],
    [
      'an unknown destination',
      { activationId: null, destinationId: toGlobalId('KinesisDestination', 1e9), segmentIds: ['mapped'] },
      ['NOT_FOUND destinationId', 'NOT_FOUND segmentIds.0'],
    ],
    ['neither', { activationId: null }, ['REQUIRED activationId']],
    ['no segments of a destination', { activationId: null, destinationId: 'own' }, ['REQUIRED segmentIds']],
    ['both', { destinationId: 'own', segmentIds: ['none'] }, ['NOT_ALLOWED destinationId']],
    ['0 segments', { segmentIds: [] }, ['OUT_OF_RANGE segmentIds']],
    ['251 segments', { segmentIds: many }, ['OUT_OF_RANGE segmentIds']],
    ['an unknown segment', { segmentIds: ['none'] }, ['NOT_FOUND segmentIds.0']],
    ['a segment twice', { segmentIds: ['a', 'a'] }, ['DUPLICATE segmentIds.1']],
    ['a malformed path', { attributes: ['a..b'] }, ['MALFORMED attributes.0']],
    ['a path twice', { attributes: ['a', 'a'] }, ['DUPLICATE attributes.1']],
    ['101 paths', { attributes: many.slice(0, 101) }, ['OUT_OF_RANGE attributes']],
    ['a map and a list', { attributes: ['person', 'list'] }, ['NOT_ALLOWED attributes.0', 'NOT_ALLOWED attributes.1']],
    ['an empty profile id', { profileId: '' }, ['REQUIRED profileId']],
    ['an unknown profile', { profileId: 'none' }, ['NOT_FOUND profileId']],
    ['a profile that is not that of the change', { profileId: 'q', ...change({}) }, ['NOT_ALLOWED profileId']],
    ['a change without a profile', change({ profileId: '' }), ['REQUIRED change.profileId']],
    ['a change with NUL', change({ attributes: { a: '\0' } }), ['MALFORMED change.attributes.a']],
    ['a change of an unknown segment', member({}), ['NOT_FOUND change.memberships.0.segmentId']],
    ['a change at no time', member({ validUntil: 'soon' }), ['MALFORMED change.memberships.0.validUntil']],
    ['a change of 257 KiB', change({ attributes: { a: 'x'.repeat(257 * 1024) } }), ['OUT_OF_RANGE change.attributes']],
    [
      'an identity twice',
      change({ identities: [1, 2].map(() => ({ namespace: 'n', value: 'v' })) }),
      ['DUPLICATE change.identities.1'],
    ],
  ])('%s', async (_name, bad, issues) => {
    const given = { activationId: scene.activationId, ...bad };
    const asked = stage.sandbox.stats.requests['ListShards'];

    const answer = await ask(
      stage.edge,
      'own' === bad['destinationId'] ? { ...given, destinationId: scene.destinationId } : given,
    );

    expect(answer.__typename).toBe('InvalidInputError');
    const found: { code: string; path: string[] }[] = answer.issues;
    expect(found.map(({ code, path }) => `${code} ${path.join('.')}`)).toEqual(issues);
    expect(stage.sandbox.stats.requests['ListShards']).toBe(asked);
  });
});
