/** A destination that its key has halted, from the first record to the last, when the key is replaced. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { ACCESS_KEY_ID, SECRET } from '../support/destination-seed.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const NEXT = { accessKeyId: 'AKIANEXTNEXTNEXT0002', secretAccessKey: 'n'.repeat(40) };

const database = useTestDatabase();
let app: TestApp;
beforeAll(async () => {
  const sandbox = { limits: 'off', accessKeyIds: [NEXT.accessKeyId] } as const;
  app = await startTestApp({ connection: database.connection, sandbox });
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

test('what waits for a halted destination is delivered with the new key, once it is rotated', async () => {
  const secret = { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET };
  const { id } = await make('createCredential', { kind: 'ACCESS_KEY', name: 'c', ...secret }, 'credential');
  const target = { name: 'd', region: 'us-east-1', stream: 'profiles', credentialId: id };
  const destination = await make('createKinesisDestination', target, 'destination');
  await make('createSegment', { segmentId: 's', name: 'S' }, 'segment');
  await app.graphql(
    `mutation { upsertProfiles(input: { profiles: [
      { profileId: "p", memberships: [{ segmentId: "s", status: REALIZED }] }
    ] }) { __typename } }`,
  );
  const order = { destinationId: destination.id, segmentIds: ['s'], attributes: [], backfill: { mode: 'NONE' } };
  const activation = await make('activateSegments', order, 'activation');
  const { id: exportId } = await make('triggerExport', { activationId: activation.id }, 'export');
  const read = async () => {
    const { data } = await app.graphql(
      `query ($export: ID!, $destination: ID!) {
        export(id: $export) { state delivered }
        destination(id: $destination) { health { status code } }
      }`,
      { export: exportId, destination: destination.id },
    );
    return data;
  };
  expect(await read()).toMatchObject({ destination: { health: { status: 'HALTED', code: 'CREDENTIAL_REFUSED' } } });
  expect(app.sandbox.stats.records).toBe(0);

  await make('rotateCredential', { id, expectedVersion: 1, ...NEXT }, 'credential');

  await until(async () => expect(await read()).toMatchObject({ export: { state: 'SUCCEEDED', delivered: 1 } }));
  expect(await read()).toMatchObject({ destination: { health: { status: 'HEALTHY', code: null } } });
  expect(app.sandbox.stats.records).toBe(1);
});

test('a rotation in mid-export: once it is answered, no request is signed with the old key', async () => {
  const OTHER = { accessKeyId: 'AKIAOTHEROTHEROTHER3', secretAccessKey: 'o'.repeat(40) };
  app.sandbox.setAccessKeyIds([NEXT.accessKeyId, OTHER.accessKeyId]);
  const { id } = await make('createCredential', { kind: 'ACCESS_KEY', name: 'busy', ...NEXT }, 'credential');
  const target = { name: 'busy', region: 'us-east-1', stream: 'profiles', credentialId: id, maxRecordsPerSecond: 150 };
  const destination = await make('createKinesisDestination', target, 'destination');
  await make('createSegment', { segmentId: 'many', name: 'Many' }, 'segment');
  const profiles = Array.from({ length: 450 }, (_, number) => ({
    profileId: `many-${number}`,
    memberships: [{ segmentId: 'many', status: 'REALIZED' }],
  }));
  await app.graphql(
    'mutation ($profiles: [ProfileInput!]!) { upsertProfiles(input: { profiles: $profiles }) { __typename } }',
    {
      profiles,
    },
  );
  const order = { destinationId: destination.id, segmentIds: ['many'], attributes: [], backfill: { mode: 'NONE' } };
  const activation = await make('activateSegments', order, 'activation');
  const { id: exportId } = await make('triggerExport', { activationId: activation.id }, 'export');
  const read = async () => {
    const { data } = await app.graphql('query ($id: ID!) { export(id: $id) { state delivered } }', { id: exportId });
    return Object(data?.['export']);
  };
  await until(async () => expect((await read()).delivered).toBeGreaterThan(50));

  await make('rotateCredential', { id, expectedVersion: 1, ...OTHER }, 'credential');
  const signed = app.sandbox.stats.accessKeys[NEXT.accessKeyId];

  expect(await read()).toMatchObject({ state: 'RUNNING' });
  await until(async () => expect(await read()).toMatchObject({ state: 'SUCCEEDED', delivered: 450 }), {
    timeoutMs: 20_000,
  });
  expect(app.sandbox.stats.accessKeys[NEXT.accessKeyId]).toBe(signed);
});
