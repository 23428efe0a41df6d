/** What a tenant types never chooses a host: whatever is refused is refused before a name is looked up or a socket opened. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import { createCredential, createDestination } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { type PacketWatch, watchPackets } from '../support/packets.js';
import { useTestDatabase } from '../support/test-database.js';

const ROLE = 'arn:aws:iam::123456789012:role/writer';
const arn = (region: string) => `arn:aws:kinesis:${region}:123456789012:stream/orders`;

const database = useTestDatabase();
let edge: TestEdge;
let credentialId: string;
let packets: PacketWatch;

beforeAll(async () => {
  // AWS itself, which no packet reaches from here.
  edge = await createTestEdge(database.db, { kinesisEndpoint: null, ownIdentity: 'roles' });
  credentialId = await createCredential(edge);
});
beforeEach(() => {
  packets = watchPackets(database.connection);
});
afterEach(() => packets[Symbol.dispose]());

const PROBLEM = '__typename ... on UserError { code ... on InvalidInputError { issues { code path } } }';

/** Runs a mutation. @returns its answer, or the code of the error in its place. */
async function change(name: string, input: object): Promise<Record<string, unknown>> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const { data, errors } = await edge.execute(`mutation ($input: ${type}!) { ${name}(input: $input) { ${PROBLEM} } }`, {
    input,
  });
  return data?.[name] ?? { refused: errors.map(({ message }) => message).join() };
}

/** All that asks AWS where a region and a stream are typed into, with the field's path there. */
async function tryEverywhere(typed: { region: string; stream: string }): Promise<Record<string, unknown>[]> {
  const made = await createDestinationUnwatched();
  return [
    await change('createKinesisDestination', { name: 'd', credentialId, ...typed }),
    await change('updateKinesisDestination', { id: made, expectedVersion: 1, ...typed }),
    await change('testKinesisSettings', { credentialId, ...typed }),
  ];
}

/** What is asked for its making is left out. */
async function createDestinationUnwatched(): Promise<string> {
  const id = await createDestination(edge, credentialId, { region: 'us-east-1' });
  packets.tried.length = 0;
  return id;
}

const HOSTS_IN_DISGUISE = [
  ...[
    'localhost',
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
    '0x7f000001',
    'evil.com/#',
    'evil.com?',
    'us-east-1.evil.com',
  ],
  ...[
    'us-east-1@evil.com',
    'us-east-1:80',
    'us-east-1/',
    'us-east-1#',
    'us-east-1\\',
    'us-east-1\n',
    'us-east-1%00',
    ' us-east-1',
  ],
  ...['US-EAST-1', 'nowhere-9', 'us-éast-1', '', '-1', `us-${'x'.repeat(64)}-1`],
];

describe('no packet leaves for', () => {
  test.each(HOSTS_IN_DISGUISE)('the region %j', async (region) => {
    for (const answer of await tryEverywhere({ region, stream: 'orders' }))
      expect(answer).toMatchObject({
        issues: expect.arrayContaining([{ code: expect.any(String), path: ['input', 'region'] }]),
      });
    const listed = await edge.execute(
      `query ($id: ID!, $region: String!) { found: listStreams(credentialId: $id, region: $region) { ${PROBLEM} } }`,
      { id: credentialId, region },
    );
    expect(listed.data.found).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['region'] }] });

    expect(packets.tried).toEqual([]);
  });

  test.each([
    ...[arn('eu-west-1'), arn('evil.com'), arn('us-east-1.evil.com'), arn('us-east-1@evil.com'), arn('')],
    ...[arn('us-east-1').replace('aws', 'aws.evil.com'), arn('us-east-1').replace('aws', 'evil')],
    ...[arn('us-east-1').replace('123456789012', '1@evil.com'), arn('us-east-1').replace('123456789012', '')],
    ...[arn('us-east-1').replace('kinesis', 'sqs'), `${arn('us-east-1')}@evil.com`, `${arn('us-east-1')}\n`],
    ...[
      '',
      '../',
      'a/b',
      'https://evil.com',
      '//evil.com/orders',
      'orders@evil.com',
      'orders?x',
      `s${'x'.repeat(128)}`,
    ],
  ])('the stream %j', async (stream) => {
    for (const answer of await tryEverywhere({ region: 'us-east-1', stream }))
      expect(answer).toMatchObject({ issues: [{ code: expect.any(String), path: ['input', 'stream'] }] });

    expect(packets.tried).toEqual([]);
  });

  test('a region that is not that of the ARN which the destination has', async () => {
    const id = await createDestination(edge, credentialId, { region: 'us-east-1', stream: arn('us-east-1') });
    packets.tried.length = 0;

    const answer = await change('updateKinesisDestination', { id, expectedVersion: 1, region: 'eu-west-1' });

    expect(answer).toMatchObject({ code: 'INVALID_INPUT' });
    expect(packets.tried).toEqual([]);
  });

  test.each([
    ...[ROLE.replace('aws', 'aws.evil.com'), ROLE.replace('iam', 'iam.evil.com'), ROLE.replace('::', ':evil.com:')],
    ...[
      ROLE.replace('123456789012', 'evil.com'),
      'https://evil.com/role/writer',
      ROLE.replace('role', 'user'),
      `${ROLE}\n`,
    ],
  ])('the role %j, in a new credential or a rotated one', async (roleArn) => {
    const id = await createRoleUnwatched();
    const asRole = { kind: 'ASSUME_ROLE', name: 'c', roleArn };

    for (const answer of [
      await change('createCredential', asRole),
      await change('rotateCredential', { id, expectedVersion: 1, roleArn }),
    ])
      expect(answer).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'roleArn'] }] });

    expect(packets.tried).toEqual([]);
  });

  async function createRoleUnwatched(): Promise<string> {
    const role = { kind: 'ASSUME_ROLE', accessKeyId: null, secretAccessKey: null, roleArn: ROLE };
    const id = await createCredential(edge, role);
    await createDestination(edge, id, { region: 'us-east-1' });
    packets.tried.length = 0;
    return id;
  }

  test.each([
    ['createCredential', { kind: 'ASSUME_ROLE', name: 'c', roleArn: ROLE }],
    ['rotateCredential', { id: 'none', expectedVersion: 1, roleArn: ROLE }],
    ['createKinesisDestination', { name: 'd', credentialId: 'none', region: 'us-east-1', stream: 'orders' }],
    ['testKinesisSettings', { credentialId: 'none', region: 'us-east-1', stream: 'orders' }],
  ])('an external id or an endpoint of the tenant’s own in %s', async (name, input) => {
    for (const own of [{ externalId: 'mine' }, { endpoint: 'https://evil.com' }])
      expect(await change(name, { ...input, ...own })).toEqual({
        refused: expect.stringContaining(`"${Object.keys(own)}" is not defined`),
      });

    expect(packets.tried).toEqual([]);
  });

  test.each([
    ...['http://evil.com', 'http://localhost.evil.com', 'http://127.0.0.1.evil.com', 'http://127.0.0.1@evil.com'],
    ...['ftp://evil.com', 'evil.com', 'http://[::2]', 'http://0.0.0.0', 'https://', 'http://16843009'],
  ])('the endpoint %s, though it be the operator’s', (endpoint) => {
    for (const name of ['KINESIS_ENDPOINT', 'JWT_JWKS_URL'])
      expect(() => readConfig({ KINESIS: 'aws', [name]: endpoint })).toThrow(`${name}: "${endpoint}" is not`);

    expect(packets.tried).toEqual([]);
  });
});

test.each([
  ['us-east-1', 'orders', /^connect (kinesis|sts)\.us-east-1\.amazonaws\.com:443$/],
  ['cn-north-1', 'orders', /^connect (kinesis|sts)\.cn-north-1\.amazonaws\.com\.cn:443$/],
  ['xx-new-1', 'orders', /^connect (kinesis|sts)\.xx-new-1\.amazonaws\.com:443$/],
  [
    'us-east-1',
    arn('us-east-1'),
    /^connect (([0-9]{12}\.(data|control)-)?kinesis|sts)\.us-east-1\.amazonaws\.com:443$/,
  ],
])('what is taken goes to AWS and nowhere else: %s, %s', async (region, stream, host) => {
  expect(await change('testKinesisSettings', { credentialId, region, stream })).toMatchObject({
    __typename: 'TestKinesisSettingsSuccess',
  });

  expect(packets.tried.some((tried) => tried.includes('kinesis'))).toBe(true);
  expect(packets.tried.filter((tried) => !host.test(tried))).toEqual([]);
});
