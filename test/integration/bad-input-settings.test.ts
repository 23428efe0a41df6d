/** Bad settings of credentials, destinations and activations: each fault is named by its field, and nothing is stored. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { Frontend } from '../support/frontend.js';
import { countRows, mutate } from '../support/refusals.js';
import { useTestDatabase } from '../support/test-database.js';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';

const database = useTestDatabase();
let app: TestApp;
let credentialId: string;
let destinationId: string;
let before: Record<string, number>;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection, environment: { ROLE: 'api' } });
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['known']);
  await frontend.ingest('profiles', [{ profileId: 'shapes', attributes: { list: [1], map: { inner: 1 } } }]);
  ({ destinationId } = await frontend.setUp({ stream: 'orders', segmentIds: ['known'], attributes: [] }));
  const data = await frontend.run('{ credentials(first: 1) { nodes { id } } }');
  credentialId = JSON.parse(JSON.stringify(data)).credentials.nodes[0].id;
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

beforeEach(async () => {
  before = await countRows(database.db);
});

/** Expects the mutation to name just these faults, and to have written nothing. */
async function expectRefused(name: string, input: Record<string, unknown>, issues: string[]): Promise<void> {
  const answer = await mutate(app, name, input);

  expect(answer).toMatchObject({ typename: 'InvalidInputError', code: 'INVALID_INPUT', issues });
  expect(await countRows(database.db)).toEqual(before);
}

describe('a credential is refused with', () => {
  const bothSwapped = ['MALFORMED input.accessKeyId', 'MALFORMED input.secretAccessKey'];

  test.each<[string, Record<string, unknown>, string[]]>([
    ['no access key id', { accessKeyId: '' }, ['REQUIRED input.accessKeyId']],
    ['a short access key id', { accessKeyId: 'AKIA' }, ['MALFORMED input.accessKeyId']],
    ['a lower-case access key id', { accessKeyId: ACCESS_KEY_ID.toLowerCase() }, ['MALFORMED input.accessKeyId']],
    ['a short secret', { secretAccessKey: SECRET.slice(1) }, ['MALFORMED input.secretAccessKey']],
    ['a secret pasted with a newline', { secretAccessKey: `${SECRET}\n` }, ['MALFORMED input.secretAccessKey']],
    [
      'a secret with a newline instead of its end',
      { secretAccessKey: `${SECRET.slice(1)}\n` },
      ['MALFORMED input.secretAccessKey'],
    ],
    ['id and secret swapped', { accessKeyId: SECRET, secretAccessKey: ACCESS_KEY_ID }, bothSwapped],
    ['no name', { name: '' }, ['REQUIRED input.name']],
    ['NUL in its name', { name: 'a\0b' }, ['MALFORMED input.name']],
    ['half a character in its name', { name: 'a\ud800' }, ['MALFORMED input.name']],
    ['a name of 900,000 characters', { name: 'x'.repeat(900_000) }, ['OUT_OF_RANGE input.name']],
  ])('%s', async (_what, change, issues) => {
    const input = { kind: 'ACCESS_KEY', name: 'mine', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET, ...change };

    await expectRefused('createCredential', input, issues);
  });

  test('its values kept out of the message', async () => {
    const input = { kind: 'ACCESS_KEY', name: 'mine', accessKeyId: SECRET, secretAccessKey: `${SECRET}\n` };

    expect(JSON.stringify(await mutate(app, 'createCredential', input))).not.toContain(SECRET);
  });
});

describe('a destination is refused with', () => {
  const arn = (region: string) => `arn:aws:kinesis:${region}:123456789012:stream/orders`;

  test.each<[string, Record<string, unknown>, string[]]>([
    ['region localhost', { region: 'localhost' }, ['MALFORMED input.region']],
    ['region US-EAST-1', { region: 'US-EAST-1' }, ['MALFORMED input.region']],
    ['region nowhere-9', { region: 'nowhere-9' }, ['MALFORMED input.region']],
    ['region evil.com/#', { region: 'evil.com/#' }, ['MALFORMED input.region']],
    ['a region with a newline', { region: 'us-east-1\n' }, ['MALFORMED input.region']],
    ['no region', { region: '' }, ['REQUIRED input.region']],
    ['no stream', { stream: '' }, ['REQUIRED input.stream']],
    ['a stream name of 129 characters', { stream: 's'.repeat(129) }, ['OUT_OF_RANGE input.stream']],
    ['stream ../', { stream: '../' }, ['MALFORMED input.stream']],
    ['a stream name with spaces', { stream: 'my orders' }, ['MALFORMED input.stream']],
    ['a stream name with a newline', { stream: 'orders\n' }, ['MALFORMED input.stream']],
    ['an ARN of another region', { stream: arn('eu-west-1') }, ['NOT_ALLOWED input.stream']],
    ['an ARN of another service', { stream: arn('us-east-1').replace('kinesis', 'sqs') }, ['MALFORMED input.stream']],
    [
      'region and stream wrong at once',
      { region: 'x', stream: '' },
      ['MALFORMED input.region', 'REQUIRED input.stream'],
    ],
    ['an unknown credential', { credentialId: 'bm9uZQ' }, ['NOT_FOUND input.credentialId']],
    ['NUL in its description', { description: 'a\0' }, ['MALFORMED input.description']],
    [
      'a partition key without its argument',
      { partitionKey: { strategy: 'IDENTITY' } },
      ['REQUIRED input.partitionKey.argument'],
    ],
    [
      'half a character as the partition key',
      { partitionKey: { strategy: 'CONSTANT', argument: '\ud800' } },
      ['MALFORMED input.partitionKey.argument'],
    ],
    [
      'a malformed consent path and no values',
      { consent: { path: '.a', permittedValues: [] } },
      ['MALFORMED input.consent.path', 'OUT_OF_RANGE input.consent.permittedValues'],
    ],
    [
      'NUL in a consent value',
      { consent: { path: 'a', permittedValues: ['y\0'] } },
      ['MALFORMED input.consent.permittedValues.0'],
    ],
  ])('%s', async (_what, change, issues) => {
    const input = { name: 'bad', region: 'us-east-1', stream: 'orders', credentialId, ...change };

    await expectRefused('createKinesisDestination', input, issues);
  });
});

describe('an activation is refused with', () => {
  const many = Array.from({ length: 251 }, (_none, index) => `segment-${index}`);

  test.each<[string, Record<string, unknown>, string[]]>([
    ['an attribute that is an array', { attributes: ['list'] }, ['NOT_ALLOWED input.attributes.0']],
    ['an attribute that is a map', { attributes: ['map'] }, ['NOT_ALLOWED input.attributes.0']],
    ['an empty attribute', { attributes: [''] }, ['REQUIRED input.attributes.0']],
    ['an attribute with an empty part', { attributes: ['map..inner'] }, ['MALFORMED input.attributes.0']],
    ['an attribute twice', { attributes: ['tier', 'tier'] }, ['DUPLICATE input.attributes.1']],
    ['an attribute below another', { attributes: ['map', 'map.inner'] }, ['NOT_ALLOWED input.attributes.1']],
    ['101 attributes', { attributes: many.slice(0, 101) }, ['OUT_OF_RANGE input.attributes']],
    ['no segments', { segmentIds: [] }, ['OUT_OF_RANGE input.segmentIds']],
    ['251 segments', { segmentIds: many }, ['OUT_OF_RANGE input.segmentIds']],
    ['an unknown segment', { segmentIds: ['known', 'unknown'] }, ['NOT_FOUND input.segmentIds.1']],
    ['a segment twice', { segmentIds: ['known', 'known'] }, ['DUPLICATE input.segmentIds.1']],
    ['NUL in a segment', { segmentIds: ['a\0'] }, ['MALFORMED input.segmentIds.0']],
    ['an unknown destination', { destinationId: 'bm9uZQ' }, ['NOT_FOUND input.destinationId']],
    ['a backfill since no time', { backfill: { mode: 'SINCE' } }, ['REQUIRED input.backfill.since']],
    [
      'a time without a backfill since it',
      { backfill: { since: '2026-01-31T21:24:39Z', maxRecordsPerSecond: -1 } },
      ['OUT_OF_RANGE input.backfill.maxRecordsPerSecond', 'NOT_ALLOWED input.backfill.since'],
    ],
    ['a cron expression that never fires', { schedule: { cron: '0 0 30 2 *' } }, ['OUT_OF_RANGE input.schedule.cron']],
    ['a cron expression of leap days', { schedule: { cron: '0 0 29 2 *' } }, ['OUT_OF_RANGE input.schedule.cron']],
    ['a cron expression with seconds', { schedule: { cron: '0 0 0 * * *' } }, ['MALFORMED input.schedule.cron']],
    ['a cron expression out of bounds', { schedule: { cron: '60 * * * *' } }, ['MALFORMED input.schedule.cron']],
    ['no cron expression', { schedule: { cron: '' } }, ['REQUIRED input.schedule.cron']],
    [
      'an unknown time zone',
      { schedule: { cron: '0 0 * * *', timeZone: 'Mars/Olympus' } },
      ['MALFORMED input.schedule.timeZone'],
    ],
    [
      'cron expression and time zone wrong at once',
      { schedule: { cron: '0 0 30 2 *', timeZone: '+01:00' } },
      ['MALFORMED input.schedule.timeZone', 'OUT_OF_RANGE input.schedule.cron'],
    ],
  ])('%s', async (_what, change, issues) => {
    const input = { destinationId, segmentIds: ['known'], attributes: [], ...change };

    await expectRefused('activateSegments', input, issues);
  });
});
