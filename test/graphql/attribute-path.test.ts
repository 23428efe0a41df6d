/** The attributes that stored profiles have, as a picker asks for them. */

import { beforeAll, expect, test } from 'vitest';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
  await upsert(edge, [
    { profileId: 'a', attributes: { person: { name: { firstName: 'Ada' } }, tags: ['x'] } },
    { profileId: 'b', attributes: { person: { name: { firstName: 'Bo' } } } },
  ]);
  await upsert(edge, [{ profileId: 'newest', attributes: { tier: 1 } }]);
  await upsert(await createTestEdge(database.db), [
    { profileId: 'foreign', attributes: { secret: 'other workspace' } },
  ]);
});

const ATTRIBUTE_PATHS = `query ($sampleSize: Int) {
  attributePaths(sampleSize: $sampleSize) { path type mappable share samples }
}`;

test('paths of all profiles of the workspace, with their types, shares and values', async () => {
  const { data, errors } = await edge.execute(ATTRIBUTE_PATHS, {});

  expect(errors).toEqual([]);
  const share = (profiles: number) => profiles / 3;
  expect(data.attributePaths).toEqual([
    { path: 'person', type: 'MAP', mappable: false, share: share(2), samples: [] },
    { path: 'person.name', type: 'MAP', mappable: false, share: share(2), samples: [] },
    { path: 'person.name.firstName', type: 'STRING', mappable: true, share: share(2), samples: ['"Bo"', '"Ada"'] },
    { path: 'tags', type: 'ARRAY', mappable: false, share: share(1), samples: [] },
    { path: 'tier', type: 'NUMBER', mappable: true, share: share(1), samples: ['1'] },
  ]);
});

test('the sample is of the newest profiles', async () => {
  const { data } = await edge.execute(ATTRIBUTE_PATHS, { sampleSize: 1 });

  expect(data.attributePaths).toMatchObject([{ path: 'tier', share: 1 }]);
});

test('a VIEWER sees no values', async () => {
  const { data } = await edge.execute(ATTRIBUTE_PATHS, {}, { ...edge.viewer, role: 'VIEWER' });

  expect(data.attributePaths).toHaveLength(5);
  expect(data.attributePaths.flatMap(({ samples }: { samples: string[] }) => samples)).toEqual([]);
});

test.each([0, 10_001])('a sample of %i is refused by name', async (sampleSize) => {
  const { errors } = await edge.execute(ATTRIBUTE_PATHS, { sampleSize });

  expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
  expect(errors[0]?.message).toContain(`\`sampleSize\` is ${sampleSize}; give 1–10000.`);
});

async function upsert(on: TestEdge, profiles: object[]): Promise<void> {
  const { errors } = await on.execute(
    'mutation ($profiles: [ProfileInput!]!) { upsertProfiles(input: { profiles: $profiles }) { __typename } }',
    { profiles },
  );
  expect(errors).toEqual([]);
}
