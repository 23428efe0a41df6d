/** Records as the destination's settings want them, from the database to the stream. */

import { type RawBuilder, sql } from 'kysely';
import { expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { recordId } from '../../src/domain/record-id.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { addExport, addProfiles, setUpDelivery, startEngine, untilFinished } from '../support/delivery.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('partition keys come from the identity, or from the profile id where there is none that Kinesis takes', async () => {
  await using run = await prepare('keys', sql`partition_key_strategy = 'IDENTITY', partition_key_argument = 'ECID'`, {
    profiles: 4,
  });
  const values = { p0: ['e0', 'other'], p1: ['x'.repeat(257)], p2: [] };
  for (const [profileId, ECID] of Object.entries(values))
    await sql`update profile set identities = ${JSON.stringify({ ECID })}
      where workspace_id = ${run.setup.workspaceId} and profile_id = ${profileId}`.execute(database.db);

  expect(await run.deliver()).toMatchObject({ state: 'SUCCEEDED', delivered: 4 });

  const keys = run.listRecords().map(({ partitionKey }) => partitionKey);
  expect(keys.sort()).toEqual(['e0', 'p1', 'p2', 'p3']);
});

test('random partition keys differ, and each record is delivered', async () => {
  await using run = await prepare('random', sql`partition_key_strategy = 'RANDOM'`, { profiles: 4 });

  expect(await run.deliver()).toMatchObject({ state: 'SUCCEEDED', delivered: 4 });

  const keys = run.listRecords().map(({ partitionKey }) => partitionKey);
  expect(new Set(keys).size).toBe(4);
  expect(keys.filter((key) => key.startsWith('p'))).toEqual([]);
});

test('the envelope names the record as the books do', async () => {
  await using run = await prepare('envelope', sql`envelope = 'V1', version = 5`, { profiles: 1 });

  await run.deliver();

  const [record] = run.listRecords();
  const envelope = JSON.parse(record?.data.toString() ?? '');
  const { activationId } = run.setup;
  const { rows } = await sql<{ activation_version: number; destination_version: number; revisions: number[] }>`
    select activation_version, destination_version, to_json(revisions) as revisions from delivery_event
    where activation_id = ${activationId}`.execute(database.db);
  expect(rows).toEqual([{ activation_version: 1, destination_version: 5, revisions: [1_000] }]);
  expect(envelope).toEqual({
    v: 1,
    recordId: recordId({ activationId, activationVersion: 1, destinationVersion: 5, profileId: 'p0', revision: 1_000 }),
    activationId: toGlobalId('Activation', activationId),
    origin: 'MANUAL',
    causes: [],
    sequence: 1_000,
    exportedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    profile: {
      name: 'n'.repeat(20),
      segmentMembership: {
        ups: { 'segment-0': { lastQualificationTime: '2026-01-01T00:00:00Z', status: 'realized' } },
      },
    },
  });
  expect(Math.abs(Date.parse(envelope.exportedAt) - Date.now())).toBeLessThan(60_000);
});

test.each([
  ['FAIL', { state: 'FAILED', failed: 1, delivered: 0 }, []],
  ['TRIM_MEMBERSHIPS', { state: 'SUCCEEDED', failed: 0, delivered: 1 }, [['segment-0', 'segment-2']]],
])('of a record over the limit of the stream, %s makes %j', async (policy, books, sent) => {
  const scope = sql`membership_scope = 'ALL', too_large_policy = ${policy}`;
  await using run = await prepare(`large-${policy}`, scope, { profiles: 1, segments: 3 });
  // The third segment is exited, the second is not activated: without it the record fits.
  await sql`delete from activation_segment
    where activation_id = ${run.setup.activationId} and segment_id = ${run.setup.segmentIds[1]}`.execute(database.db);
  const time = `2026-01-01T00:00:00.${'0'.repeat(400_000)}Z`;
  const statuses = ['REALIZED', 'REALIZED', 'EXITED'];
  const held = Object.fromEntries(
    run.setup.segmentIds.map((id, index) => [id, { status: statuses[index], qualifiedAt: time }]),
  );
  await sql`update profile set memberships = ${JSON.stringify(held)}
    where workspace_id = ${run.setup.workspaceId}`.execute(database.db);

  expect(await run.deliver()).toMatchObject(books);

  const records = run.listRecords().map(({ data }) => JSON.parse(data.toString()));
  expect(records.map(({ segmentMembership }) => Object.keys(segmentMembership.ups))).toEqual(sent);
});

/** A destination with settings and profiles p0, p1, …, and a way to export them to it. */
async function prepare(
  stream: string,
  settings: RawBuilder<unknown>,
  options: { profiles: number; segments?: number },
) {
  const sandbox = await startSandbox({ limits: 'off' });
  sandbox.createStream(stream, 2);
  const setup = await setUpDelivery(database.db, { stream, segments: options.segments ?? 1 });
  await sql`update destination set ${settings} where id = ${setup.destinationId}`.execute(database.db);
  await addProfiles(database.db, setup, options.profiles);
  return {
    setup,
    deliver: async () => {
      const exportId = await addExport(database.db, setup);
      await using _engine = startEngine(database.db, sandbox.endpoint);
      return await untilFinished(database.db, exportId);
    },
    listRecords: () => [...sandbox.listRecords(stream)],
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}
