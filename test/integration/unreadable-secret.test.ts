/** A stored secret that was tampered with: nothing is sent with it, its destination says why, and a rotation mends it. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { ACCESS_KEY_ID, keyOf, SECRET } from '../support/destination-seed.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const NEXT = { accessKeyId: 'AKIANEXTNEXTNEXT0002', secretAccessKey: 'n'.repeat(40) };

const database = useTestDatabase();
const logged: string[] = [];
let app: TestApp;
let credentialId: string;
let destinationId: string;
beforeAll(async () => {
  app = await startTestApp({ connection: database.connection, onLogLine: (line) => void logged.push(line) });
  const secret = { kind: 'ACCESS_KEY', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET };
  await make('createCredential', { ...secret, name: 'other' }, 'credential');
  ({ id: credentialId } = await make('createCredential', { ...secret, name: 'c' }, 'credential'));
  await make('rotateCredential', { id: credentialId, expectedVersion: 1, ...NEXT }, 'credential');
  const target = { name: 'd', region: 'us-east-1', stream: 'profiles', credentialId };
  ({ id: destinationId } = await make('createKinesisDestination', target, 'destination'));
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

/** Puts an SQL expression over the row in the place of the seal. @returns what puts the seal back. */
async function tamper(expression: string): Promise<() => Promise<unknown>> {
  const id = keyOf(credentialId);
  const { rows } = await sql<{ sealed: Buffer }>`
    select secret_sealed as sealed from credential where id = ${id}`.execute(database.db);
  await sql`update credential set secret_sealed = ${sql.raw(expression)} where id = ${id}`.execute(database.db);
  return () => sql`update credential set secret_sealed = ${rows[0]?.sealed} where id = ${id}`.execute(database.db);
}

async function readDestination() {
  const { data } = await app.graphql(
    `query ($id: ID!) { destination(id: $id) {
      health { status code reason { remedy } }
      credential { current { lastUsedAt } }
      ... on KinesisDestination { lastTest { passed checks { subject status code } } }
    } }`,
    { id: destinationId },
  );
  return data?.['destination'];
}

const flip = (place: string) => `set_byte(secret_sealed, ${place}, get_byte(secret_sealed, ${place}) # 1)`;
const UNREADABLE = {
  health: { status: 'HALTED', code: 'CREDENTIAL_UNREADABLE', reason: { remedy: expect.stringContaining('Rotate') } },
};

test.each([
  ['a flipped bit of its format', flip('0')],
  ["a flipped bit of its key's id", flip('2')],
  ['a flipped bit of its data key', flip('50')],
  ['a flipped bit of its last byte', flip('length(secret_sealed) - 1')],
  ['the seal of another credential', `(select o.secret_sealed from credential o where o.name = 'other')`],
  ['the seal of its previous version', 'previous_secret_sealed'],
  ['nothing', `''`],
])('with %s in its place a secret is not used, and the test of a destination says so', async (_what, expression) => {
  const restore = await tamper(expression);
  await sql`update credential set last_used_at = null`.execute(database.db);
  const calls = app.sandbox.stats.records;

  await make('testDestination', { id: destinationId }, 'destination');
  const tampered = await readDestination();
  const { data } = await app.graphql(
    `query ($id: ID!) {
      listStreams(credentialId: $id, region: "us-east-1") { ... on AwsError { code message reason { code } } }
    }`,
    { id: credentialId },
  );
  await restore();
  await make('testDestination', { id: destinationId }, 'destination');

  expect(tampered).toMatchObject({
    ...UNREADABLE,
    credential: { current: { lastUsedAt: null } },
    lastTest: { passed: false, checks: expect.arrayContaining([IDENTITY]) },
  });
  expect(data?.['listStreams']).toMatchObject({ code: 'AWS_REFUSED', reason: { code: 'CREDENTIAL_UNREADABLE' } });
  expect(app.sandbox.stats.records).toBe(calls);
  expect(await readDestination()).toMatchObject({ health: { status: 'HEALTHY' }, lastTest: { passed: true } });
});

const IDENTITY = { subject: 'IDENTITY', status: 'FAILED', code: 'CREDENTIAL_UNREADABLE' };

test('a delivery with an unreadable secret halts, keeps everything, and goes on once it is rotated', async () => {
  await make('createSegment', { segmentId: 's', name: 'S' }, 'segment');
  await app.graphql(
    `mutation { upsertProfiles(input: { profiles: [
      { profileId: "p", memberships: [{ segmentId: "s", status: REALIZED }] }
    ] }) { __typename } }`,
  );
  await tamper(flip('50'));
  const order = { destinationId, segmentIds: ['s'], attributes: [], backfill: { mode: 'NONE' } };
  const activation = await make('activateSegments', order, 'activation');

  const { id: exportId } = await make('triggerExport', { activationId: activation.id }, 'export');
  await until(async () => expect(await readDestination()).toMatchObject(UNREADABLE));
  const read = async () => {
    const { data } = await app.graphql('query ($id: ID!) { export(id: $id) { state delivered failed pending } }', {
      id: exportId,
    });
    return data?.['export'];
  };
  const halted = await read();
  await make('rotateCredential', { id: credentialId, expectedVersion: 2, ...NEXT }, 'credential');

  expect(halted).toEqual({ state: 'RUNNING', delivered: 0, failed: 0, pending: 1 });
  await until(async () => expect(await read()).toMatchObject({ state: 'SUCCEEDED', delivered: 1 }));
  expect(logged.filter((line) => line.includes('a secret is unreadable')).length).toBeGreaterThan(0);
  expect(logged.join('')).not.toContain(NEXT.secretAccessKey);
});
