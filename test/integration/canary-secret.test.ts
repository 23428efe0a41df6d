/** A canary that is a real secret: it signs, is tested, replaced and brought back, and nothing that comes out has it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { dumpDatabase } from '../support/database-dump.js';
import { SignedRequests } from '../support/request-signature.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const FIRST = { accessKeyId: 'AKIACANARYCANARY0001', secretAccessKey: `C4n4ry1${'A'.repeat(33)}` };
const SECOND = { accessKeyId: 'AKIACANARYCANARY0002', secretAccessKey: `C4n4ry2${'B'.repeat(33)}` };
/** AWS does not know it. */
const REFUSED = { accessKeyId: 'AKIACANARYCANARY0003', secretAccessKey: `C4n4ry3${'C'.repeat(33)}` };
const SECRETS = [FIRST, SECOND, REFUSED].map(({ secretAccessKey }) => secretAccessKey);

const database = useTestDatabase();
/** What came out, as it came. */
const heard: string[] = [];
const logged: string[] = [];
let requests: SignedRequests;
let app: TestApp;
beforeAll(async () => {
  requests = new SignedRequests();
  const sandbox = { limits: 'off', accessKeyIds: [FIRST.accessKeyId, SECOND.accessKeyId] } as const;
  app = await startTestApp({ connection: database.connection, sandbox, onLogLine: (line) => logged.push(line) });
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
  requests?.[Symbol.dispose]();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
async function ask(query: string, variables: object = {}): Promise<any> {
  const answer = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.apiKey}` },
    body: JSON.stringify({ query, variables }),
  });
  const text = await answer.text();
  heard.push(`${JSON.stringify([...answer.headers])} ${text}`);
  const { data, errors } = JSON.parse(text);
  expect(errors).toBeUndefined();
  return data;
}

const PROBLEM = '... on UserError { code message path ... on AwsError { reason { code remedy } policyStatement } }';

/** Runs a mutation. @returns its answer, which is of this type. */
async function change(name: string, input: object, selection = '', typename = 'Success') {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const query = `mutation ($input: ${type}Input!) {
    ${name}(input: $input) { __typename ${selection && `... on ${type}Success { ${selection} }`} ${PROBLEM} }
  }`;
  const answer = (await ask(query, { input }))[name];
  expect(answer).toMatchObject({ __typename: expect.stringContaining(typename) });
  return answer;
}

let changes = 0;
/** Changes the profile, and waits until the change stands in the stream. */
async function deliver(): Promise<void> {
  changes += 1;
  const profile = { profileId: 'p', attributes: { n: changes }, memberships: [{ segmentId: 's', status: 'REALIZED' }] };
  await change('upsertProfiles', { profiles: [profile] });
  await until(() => app.sandbox.stats.records === changes);
}

test('a canary signs what is delivered, before a rotation, after it, and once it is brought back', async () => {
  const { credential } = await change('createCredential', { kind: 'ACCESS_KEY', name: 'c', ...FIRST }, CREDENTIAL);
  const { id } = credential;
  const target = { region: 'us-east-1', stream: 'profiles', credentialId: id };
  const made = await change('createKinesisDestination', { name: 'd', ...target }, 'destination { id }');
  const destinationId = made.destination.id;
  await change('testKinesisSettings', target, TEST);
  await change('testDestination', { id: destinationId }, 'destination { id health { status } }');
  await change('createSegment', { segmentId: 's', name: 'S' });
  const order = { destinationId, segmentIds: ['s'], attributes: ['n'], backfill: { mode: 'NONE' } };
  await change('activateSegments', order, 'activation { id }');
  const events = app.subscribe(EVENTS, { destinationId });
  const watched = (async () => {
    for await (const event of events) heard.push(JSON.stringify(event));
  })();
  await deliver();
  expect(requests.countSignedBy('PutRecords', FIRST)).toBeGreaterThan(0);

  await change('rotateCredential', { id, expectedVersion: 1, ...REFUSED }, CREDENTIAL, 'AwsError');
  await change('rotateCredential', { id, expectedVersion: 1, ...SECOND }, CREDENTIAL);
  await deliver();
  expect(requests.countSignedBy('PutRecords', SECOND)).toBeGreaterThan(0);

  const before = requests.countSignedBy('PutRecords', FIRST);
  await change('revertCredentialRotation', { id, expectedVersion: 2 }, CREDENTIAL);
  await deliver();
  expect(requests.countSignedBy('PutRecords', FIRST)).toBeGreaterThan(before);

  await ask(READ_ALL, { id, destinationId });
  await events.return?.();
  await watched;
});

const CREDENTIAL = `credential {
  id name version current { accessKeyIdLast4 lastUsedAt } previous { accessKeyIdLast4 lastUsedAt }
}`;
const TEST = 'test { passed awsIdentity checks { message } stream { name } }';
const EVENTS = `subscription ($destinationId: ID!) { deliveryEvents(destinationId: $destinationId) {
  __typename
  ... on DeliveriesCommitted { delivered deliveries { nodes { id shardId } } }
  ... on DestinationHealthChanged { health { status code message } }
} }`;
const READ_ALL = `query ($id: ID!, $destinationId: ID!) {
  credential(id: $id) { id name version }
  listStreams(credentialId: $id, region: "us-east-1") { __typename }
  destination(id: $destinationId) { id name health { status code message awsRequestId } }
  auditEntries { nodes { action code changes { field after } } }
  deliveries { nodes { id } }
}`;

test('neither answers, events and log lines have it, nor the metrics and the database, its audit log included', async () => {
  const dump = await dumpDatabase(database.db);
  const places = new Map([...dump, ['answers', heard.join('\n')], ['log', logged.join('\n')]]);
  places.set('metrics', await (await fetch(`${app.url}/metrics`)).text());

  expect(dump.get('audit_entry')).toContain('secretAccessKey');
  expect(dump.get('credential')?.length).toBeGreaterThan(100);
  expect(heard.some((text) => text.includes('DeliveriesCommitted'))).toBe(true);
  expect(logged.length).toBeGreaterThan(10);
  for (const form of SECRETS.flatMap(formsOf))
    expect([...places].filter(([, text]) => text.includes(form)).map(([name]) => name)).toEqual([]);
});

/** How a text may be written: as it is, in hex, and in base64, wherever it begins. */
function formsOf(secret: string): string[] {
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.from('x'.repeat(offset) + secret)
      .toString('base64')
      .slice(4, 48),
  );
  return [secret, Buffer.from(secret).toString('hex'), ...encoded.flatMap((text) => [text, toUrlForm(text)])];
}

function toUrlForm(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_');
}
