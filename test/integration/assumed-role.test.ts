/** An export with an assumed role by public means, while the role's sessions end under it. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { consume } from '../support/stream-consumer.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const PROFILES = 1_000;
/** So slow that the sessions end in the middle. */
const RECORDS_PER_SECOND = 400;

const database = useTestDatabase();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ connection: database.connection, environment: { OWN_IDENTITY: 'roles' } });
});
afterAll(() => app?.[Symbol.asyncDispose]());

/** Runs a mutation and takes what its success has under a name. */
async function make(name: string, input: object, field: string): Promise<{ id: string }> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const { data, errors } = await app.graphql(
    `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { ... on ${type}Success { ${field} { id } } ... on UserError { code message } }
    }`,
    { input },
  );
  expect(errors).toEqual([]);
  const made = Object(data?.[name])[field];
  expect(made).toEqual({ id: expect.any(String) });
  return made;
}

test('1,000 records are delivered once each although sessions end in the middle, and the destination never halts', async () => {
  const role = { kind: 'ASSUME_ROLE', name: 'role', roleArn: 'arn:aws:iam::123456789012:role/writer' };
  const credential = await make('createCredential', role, 'credential');
  const target = { name: 'd', region: 'us-east-1', stream: 'profiles', maxRecordsPerSecond: RECORDS_PER_SECOND };
  const settings = { ...target, credentialId: credential.id };
  const destination = await make('createKinesisDestination', settings, 'destination');
  await make('createKinesisDestination', { ...settings, name: 'e' }, 'destination');
  await make('createKinesisDestination', { ...settings, name: 'f' }, 'destination');
  await make('createSegment', { segmentId: 's', name: 'S' }, 'segment');
  await ingest(Array.from({ length: PROFILES }, (_, number) => `p${number}`));
  const order = { destinationId: destination.id, segmentIds: ['s'], attributes: [], backfill: { mode: 'NONE' } };
  const activation = await make('activateSegments', order, 'activation');
  const before = await readHealth(destination.id);
  expect(before).toMatchObject({ status: 'HEALTHY' });

  const { id: exportId } = await make('triggerExport', { activationId: activation.id }, 'export');
  for (const records of [100, 500]) {
    await until(() => app.sandbox.stats.records >= records, { timeoutMs: 20_000 });
    app.sandbox.endSessions();
  }
  await until(
    async () => {
      const { data } = await app.graphql('query ($id: ID!) { export(id: $id) { state delivered failed } }', {
        id: exportId,
      });
      expect(data).toEqual({ export: { state: 'SUCCEEDED', delivered: PROFILES, failed: 0 } });
    },
    { timeoutMs: 30_000 },
  );

  expect(app.sandbox.stats.records).toBe(PROFILES);
  expect((await consume(app.sandbox.endpoint, 'profiles')).size).toBe(PROFILES);
  expect(await readHealth(destination.id)).toEqual(before);
  // All destinations' tests and the deliveries share a session; each of the three costs one call and two that are refused.
  expect(app.sandbox.stats.requests['AssumeRole']).toBe(9);
}, 90_000);

async function readHealth(id: string): Promise<unknown> {
  const { data } = await app.graphql('query ($id: ID!) { destination(id: $id) { health { status code since } } }', {
    id,
  });
  return Object(data?.['destination']).health;
}

async function ingest(profileIds: string[]): Promise<void> {
  const lines = profileIds.map((profileId) =>
    JSON.stringify({ profileId, memberships: [{ segmentId: 's', status: 'REALIZED' }] }),
  );
  const response = await fetch(`${app.url}/ingest/profiles`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${app.apiKey}` },
    body: lines.join('\n'),
  });
  expect(await response.json()).toMatchObject({ accepted: profileIds.length, refused: 0 });
}
