/** The samples of records, rebuilt through the public API alone: ingested, exported, and read back from the stream. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../support/app.js';
import { Frontend } from '../support/frontend.js';
import { consume } from '../support/stream-consumer.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: TestApp;
let frontend: Frontend;
let credentialId: string;

beforeAll(async () => {
  app = await startTestApp({ connection: database.connection });
  frontend = new Frontend(app.url, app.apiKey);
  const value = {
    name: 'conformance',
    kind: 'ACCESS_KEY',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  const made = await frontend.mutate(
    'createCredential',
    { type: 'CreateCredentialInput', value },
    '{ credential { id } }',
  );
  credentialId = z.object({ id: z.string() }).parse(made['credential']).id;
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

const sampleForm = z.looseObject({
  segmentMembership: z.object({
    ups: z.record(z.string(), z.looseObject({ status: z.string(), lastQualificationTime: z.string() })),
  }),
  identityMap: z.unknown().optional(),
});

type Sample = z.infer<typeof sampleForm>;

async function readSample(name: string): Promise<Sample> {
  return sampleForm.parse(
    JSON.parse(await readFile(join(import.meta.dirname, '..', 'fixtures', 'conformance', name), 'utf8')),
  );
}

/** Creates the sample's segments where they are missing, and ingests it with attributes that must not come back out. */
async function ingest(profileId: string, sample: Sample): Promise<string[]> {
  const { segmentMembership, identityMap, ...attributes } = sample;
  const segmentIds = Object.keys(segmentMembership.ups);
  // Times of segments are the server's: given along, they would prove nothing.
  const memberships = Object.entries(segmentMembership.ups).map(([segmentId, { lastQualificationTime, status }]) => ({
    segmentId,
    lastQualificationTime,
    status,
  }));
  const known = await frontend.run('{ segments(first: 100) { nodes { segmentId } } }');
  const taken = new Set(JSON.stringify(known).match(/[\w-]{36}/g));
  await frontend.createSegments(segmentIds.filter((segmentId) => !taken.has(segmentId)));
  const line = { profileId, attributes: { ...attributes, loyalty: { tier: 'gold' } }, memberships, identityMap };
  const report = await frontend.ingest('profiles', [line]);
  expect(report).toMatchObject({ created: 1, refused: 0 });
  return segmentIds;
}

interface Order {
  /** Stream of its own. */
  stream: string;
  options?: Record<string, unknown>;
  segmentIds: string[];
  attributes?: string[];
}

/** Connects a stream and activates the segments to it. @returns the activation's id. */
async function connect({ stream, options, segmentIds, attributes = [] }: Order): Promise<string> {
  app.sandbox.createStream(stream, 2);
  const value = { name: stream, credentialId, region: 'us-east-1', stream, ...options };
  const input = { type: 'CreateKinesisDestinationInput', value };
  const made = await frontend.mutate('createKinesisDestination', input, '{ destination { id } }');
  const { id } = z.object({ id: z.string() }).parse(made['destination']);
  return await frontend.activate(id, { segmentIds, attributes });
}

/** Exports an activation. @returns the profile's record as it stands in the stream. */
async function exportRecord(activationId: string, stream: string, profileId: string): Promise<unknown> {
  const finished = await frontend.untilFinished((await frontend.triggerExport(activationId)).id);
  expect(finished).toMatchObject({ state: 'SUCCEEDED', failed: 0 });
  return (await consume(app.sandbox.endpoint, stream)).get(profileId);
}

const PERSON = ['person.birthDate', 'person.name.firstName', 'person.name.lastName', 'personalEmail.address'];

test('export-three-states.json comes out of a destination as it is made', async () => {
  const sample = await readSample('export-three-states.json');
  const segmentIds = await ingest('three-states', sample);
  const activationId = await connect({ stream: 'three-states', segmentIds, attributes: PERSON });

  expect(await exportRecord(activationId, 'three-states', 'three-states')).toEqual(sample);
});

test('export-current.json comes out of the same profile with membershipStatuses: TWO_STATE', async () => {
  const segmentIds = await ingest('current', await readSample('export-three-states.json'));
  const options = { membershipStatuses: 'TWO_STATE' };
  const activationId = await connect({ stream: 'current', options, segmentIds, attributes: PERSON });

  const record = await exportRecord(activationId, 'current', 'current');

  expect(record).toEqual(await readSample('export-current.json'));
});

test('export-seed-2020.json comes out of a destination as it is made', async () => {
  const sample = await readSample('export-seed-2020.json');
  const segmentIds = await ingest('seed-2020', sample);
  const activationId = await connect({ stream: 'seed-2020', segmentIds, attributes: ['person.email'] });

  expect(await exportRecord(activationId, 'seed-2020', 'seed-2020')).toEqual(sample);
});

test('membership-timestamps.json comes out with includeSegmentTimestamps, from the times of the server', async () => {
  const sample = await readSample('membership-timestamps.json');
  const segmentIds = await ingest('timestamps', sample);
  const options = { includeSegmentTimestamps: true };
  const activationId = await connect({ stream: 'timestamps', options, segmentIds });
  // The server's own times, which nobody can give it.
  await sql`update segment set created_at = to_timestamp(1648553325), updated_at = to_timestamp(1648553330)
    where segment_id = any(${segmentIds})`.execute(database.db);
  await sql`update activation_segment
    set mapping_created_at = to_timestamp(1649856570), mapping_updated_at = to_timestamp(1649856570)
    where segment_id in (select id from segment where segment_id = any(${segmentIds}))`.execute(database.db);

  expect(await exportRecord(activationId, 'timestamps', 'timestamps')).toEqual(sample);
});
