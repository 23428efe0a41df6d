import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeAll, expect, test } from 'vitest';
import { ingestMemberships, ingestProfiles } from '../../src/domain/ingest.js';
import { createProfiles, type Profiles } from '../../src/domain/profile.js';
import { createSegments } from '../../src/domain/segment.js';
import { listProfilesByKeys } from '../../src/storage/profiles.js';
import { findSegment } from '../../src/storage/segments.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let profiles: Profiles;
let workspaceId: number;

const SEGMENTS = [
  { segmentId: '04a81716-43d6-4e7a-a49c-f1d8b3129ba9', namespace: 'AAM' },
  { segmentId: '53cba6b2-a23b-454a-8069-fc41308f1c0f', namespace: 'AAM' },
  { segmentId: 'abcd@adobe.com', namespace: 'Email' },
];

beforeAll(async () => {
  const { db } = database;
  profiles = createProfiles({ db, clock: () => new Date() });
  const workspace = await db
    .insertInto('workspace')
    .values({ name: 'conformance', external_id: 'conformance' })
    .returning('id')
    .executeTakeFirstOrThrow();
  workspaceId = workspace.id;
  for (const segment of SEGMENTS)
    await createSegments({ db }).create(workspaceId, { ...segment, name: segment.segmentId });
});

async function sample(name: string): Promise<object> {
  return JSON.parse(await readFile(join(import.meta.dirname, 'samples', name), 'utf8'));
}

const toBody = (line: object) => Readable.from([Buffer.from(JSON.stringify(line))]);

async function read(profileId: string) {
  const [profile] = await listProfilesByKeys(database.db, workspaceId, [profileId]);
  return profile;
}

/** Memberships by the customer's segment ids. */
async function readMemberships(profileId: string) {
  const stored = (await read(profileId))?.memberships ?? {};
  const named = SEGMENTS.map(async ({ segmentId }) => {
    const segment = await findSegment(database.db, workspaceId, segmentId);
    return [segmentId, stored[String(segment?.id)]] as const;
  });
  return Object.fromEntries(await Promise.all(named));
}

const EXPECTED = {
  '04a81716-43d6-4e7a-a49c-f1d8b3129ba9': {
    status: 'EXITED',
    qualifiedAt: '2018-04-26T15:52:25+00:00',
    validUntil: '2019-04-26T15:52:25+00:00',
  },
  '53cba6b2-a23b-454a-8069-fc41308f1c0f': {
    status: 'EXITED',
    qualifiedAt: '2018-04-26T15:52:25+00:00',
    validUntil: '2018-04-27T15:52:25+00:00',
  },
  'abcd@adobe.com': {
    status: 'EXITED',
    qualifiedAt: '2017-09-26T15:52:25+00:00',
    validUntil: '2017-12-26T15:52:25+00:00',
  },
};

test('the sample of an identity map makes a profile named by its primary identity', async () => {
  const report = await ingestProfiles(toBody(await sample('ingest-identity-map.json')), { workspaceId, profiles });

  expect(report).toMatchObject({ lines: 1, created: 1, refusals: [] });
  expect(await read('ECID:83238819066235616291057085344313877718')).toMatchObject({
    identities: { ECID: ['83238819066235616291057085344313877718'] },
  });
});

test('the sample of XDM memberships is taken beside a profile id, its times word for word', async () => {
  const line = { profileId: 'xdm', ...(await sample('ingest-xdm-membership.json')) };

  const report = await ingestProfiles(toBody(line), { workspaceId, profiles });

  expect(report).toMatchObject({ created: 1, refusals: [] });
  expect(await readMemberships('xdm')).toEqual(EXPECTED);
});

test('the two samples together set memberships of the profile that the first one made', async () => {
  const identity = await sample('ingest-identity-map.json');
  await ingestProfiles(toBody(identity), { workspaceId, profiles });
  const line = { ...identity, ...(await sample('ingest-xdm-membership.json')) };

  const report = await ingestMemberships(toBody(line), { workspaceId, profiles });

  expect(report).toMatchObject({ updated: 1, refusals: [] });
  expect(await readMemberships('ECID:83238819066235616291057085344313877718')).toEqual(EXPECTED);
});
