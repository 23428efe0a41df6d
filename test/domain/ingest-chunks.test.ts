import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { ingestProfiles } from '../../src/domain/ingest.js';
import { createProfiles, type Profiles } from '../../src/domain/profile.js';
import { createSegments } from '../../src/domain/segment.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let profiles: Profiles;
let workspaceId: number;

beforeAll(async () => {
  const { db } = database;
  profiles = createProfiles({ db, clock: () => new Date('2026-08-01T12:00:00Z') });
  const workspace = await db
    .insertInto('workspace')
    .values({ name: 'chunks', external_id: 'chunks' })
    .returning('id')
    .executeTakeFirstOrThrow();
  workspaceId = workspace.id;
  for (const segmentId of ['gold', 'silver'])
    await createSegments({ db }).create(workspaceId, { segmentId, name: 's' });
});

const ingest = (lines: unknown[]) =>
  ingestProfiles(Readable.from([Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'))]), {
    workspaceId,
    profiles,
  });
const toIds = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** What is stored of the profiles whose ids begin so: how many differ from the table beside, and in which ways. */
async function count(prefix: string) {
  const { rows } = await sql<{ profiles: number; versions: number; memberships: number; differing: number }>`
    select count(*)::int as profiles,
      count(distinct profile.attributes::jsonb)::int as versions,
      sum(beside.number)::int as memberships,
      count(*) filter (
        where beside.found is distinct from profile.memberships::jsonb
          or size_bytes <> octet_length(attributes::text || identities::text || memberships::text)
      )::int as differing
    from profile
    cross join lateral (
      select count(*) as number, coalesce(jsonb_object_agg(segment_id::text, jsonb_strip_nulls(jsonb_build_object(
        'status', status, 'qualifiedAt', qualified_at, 'validUntil', valid_until))), '{}') as found
      from membership
      where membership.profile_id = profile.id and membership.lane = profile.lane
    ) as beside
    where profile.profile_id like ${`${prefix}-%`}`.execute(database.db);
  return rows[0];
}

test('a chunk of new, of changed and of mixed profiles: rows and memberships agree', async () => {
  const ids = toIds('mixed', 900);
  const member = (segmentId: string) => ({ segmentId, status: 'realized', validUntil: '2999-01-01T00:00:00+0000' });

  const reports = [
    await ingest(ids.slice(0, 600).map((profileId) => ({ profileId, memberships: [member('gold')] }))),
    await ingest(ids.map((profileId) => ({ profileId, attributes: { a: '\\N\t' }, memberships: [member('gold')] }))),
    await ingest(ids.map((profileId) => ({ profileId, memberships: [member('gold'), member('silver')] }))),
    await ingest(ids.map((profileId) => ({ profileId, attributes: { a: '\\N\t' } }))),
  ];

  expect(reports).toMatchObject([
    { created: 600 },
    { created: 300, updated: 600 },
    { updated: 900 },
    { unchanged: 900 },
  ]);
  expect(await count('mixed')).toEqual({ profiles: 900, versions: 1, memberships: 1_800, differing: 0 });
});

test('chunks at once, of the same profiles in other orders, lose no change', async () => {
  const ids = toIds('crowd', 600);

  const reports = await Promise.all(
    Array.from({ length: 6 }, (_, writer) => {
      const turned = [...ids.slice(writer * 100), ...ids.slice(0, writer * 100)];
      return ingest(turned.map((profileId) => ({ profileId, attributes: { [`w${writer}`]: writer } })));
    }),
  );

  expect(reports.reduce((sum, report) => sum + report.created, 0)).toBe(600);
  expect(reports.reduce((sum, report) => sum + report.updated, 0)).toBe(3_000);
  expect(await count('crowd')).toEqual({ profiles: 600, versions: 1, memberships: 0, differing: 0 });
  const { rows } = await sql<{ attributes: unknown }>`
    select distinct attributes::jsonb as attributes from profile where profile_id like 'crowd-%'`.execute(database.db);
  expect(rows).toEqual([{ attributes: { w0: 0, w1: 1, w2: 2, w3: 3, w4: 4, w5: 5 } }]);
});
