import { beforeAll, describe, expect, test } from 'vitest';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
  for (const segmentId of ['gold', 'silver']) {
    await edge.execute(`mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { __typename } }`, {
      input: { segmentId, name: segmentId },
    });
  }
});

const UPSERT = `mutation ($profiles: [ProfileInput!]!) {
  upsertProfiles(input: { profiles: $profiles }) {
    __typename
    ... on UpsertProfilesSuccess { created updated profiles { id profileId revision attributes identities { namespace value } } }
    ... on InvalidInputError { issues { code path message } }
  }
}`;

async function upsert(profiles: unknown[]) {
  const { data, errors } = await edge.execute(UPSERT, { profiles });
  expect(errors).toEqual([]);
  return data.upsertProfiles;
}

const PROFILE = `query ($profileId: String!) {
  profile(profileId: $profileId) {
    id profileId revision attributes createdAt updatedAt
    identities { namespace value }
    memberships(first: 50) { nodes { status lastQualificationTime validUntil segment { segmentId memberCount } profile { profileId } } }
  }
}`;

async function read(profileId: string) {
  return (await edge.execute(PROFILE, { profileId })).data.profile;
}

describe('upsertProfiles', () => {
  test('creates profiles, answers them in the order of the input, and reads them back', async () => {
    const answer = await upsert([
      { profileId: 'b', attributes: { person: { name: 'Bo' } }, identities: [{ namespace: 'ecid', value: '2' }] },
      {
        profileId: 'a',
        memberships: [{ segmentId: 'gold', status: 'REALIZED', lastQualificationTime: '2020-05-25T21:24:39+0000' }],
      },
    ]);

    expect(answer).toMatchObject({ created: 2, updated: 0, profiles: [{ profileId: 'b' }, { profileId: 'a' }] });
    expect(await read('b')).toMatchObject({
      attributes: { person: { name: 'Bo' } },
      identities: [{ namespace: 'ecid', value: '2' }],
      memberships: { nodes: [] },
    });
    expect((await read('a')).memberships.nodes).toEqual([
      {
        status: 'REALIZED',
        lastQualificationTime: '2020-05-25T21:24:39+0000',
        validUntil: null,
        segment: { segmentId: 'gold', memberCount: 1 },
        profile: { profileId: 'a' },
      },
    ]);
  });

  test('merges attributes, replaces identities, and raises the revision', async () => {
    const identities = [{ namespace: 'ecid', value: '1' }];
    const first = await upsert([{ profileId: 'merged', attributes: { a: 1, b: { c: 2, d: 3 } }, identities }]);
    const second = await upsert([{ profileId: 'merged', attributes: { a: null, b: { c: 4 } }, identities: [] }]);

    expect(second).toMatchObject({ created: 0, updated: 1 });
    expect(second.profiles[0]).toMatchObject({ attributes: { b: { c: 4, d: 3 } }, identities: [] });
    expect(second.profiles[0].revision).toBeGreaterThan(first.profiles[0].revision);
    expect(await read('merged')).toMatchObject({ attributes: { b: { c: 4, d: 3 } }, identities: [] });
  });

  test('a profile with nothing new is not written: it keeps its revision and counts as neither', async () => {
    const profile = {
      profileId: 'same',
      attributes: { a: [1, { b: 2 }] },
      identities: [{ namespace: 'n', value: 'v' }],
    };
    const first = await upsert([profile]);
    const second = await upsert([profile]);

    expect(second).toMatchObject({ created: 0, updated: 0 });
    expect(second.profiles[0].revision).toBe(first.profiles[0].revision);
  });

  test('keys such as __proto__ and constructor stay data', async () => {
    const attributes = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"__proto__":1}}');
    await upsert([{ profileId: 'proto', attributes }]);
    await upsert([{ profileId: 'proto', attributes: JSON.parse('{"__proto__":{"more":1}}') }]);

    const stored = (await read('proto')).attributes;

    expect(JSON.stringify(stored['constructor'])).toBe('{"__proto__":1}');
    expect(Object.entries(stored).find(([key]) => key === '__proto__')?.[1]).toEqual({ polluted: true, more: 1 });
    expect(Object.keys({})).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });

  test('every fault is named with its place, and nothing is written', async () => {
    const answer = await upsert([
      { profileId: 'whole', attributes: { a: 1 } },
      { profileId: '', identities: [{ namespace: 'x', value: '' }] },
      {
        profileId: 'whole',
        attributes: { a: { 'b\u0000': 'x\u0000', c: '\ud800' } },
        memberships: [
          { segmentId: 'gold', status: 'EXITED', lastQualificationTime: '2021-02-29T00:00:00Z' },
          { segmentId: 'gold', status: 'EXITED' },
        ],
      },
    ]);

    const found = answer.issues.map(
      (issue: { code: string; path: string[] }) => `${issue.code} ${issue.path.join('/')}`,
    );
    expect(found).toEqual([
      'REQUIRED input/profiles/1/profileId',
      'REQUIRED input/profiles/1/identities/0/value',
      'MALFORMED input/profiles/2/attributes/a/b\u0000',
      'MALFORMED input/profiles/2/attributes/a/b\u0000',
      'MALFORMED input/profiles/2/attributes/a/c',
      'MALFORMED input/profiles/2/memberships/0/lastQualificationTime',
      'DUPLICATE input/profiles/2/memberships/1',
      'DUPLICATE input/profiles/2/profileId',
    ]);
    expect(await read('whole')).toBeNull();
  });

  test('an unknown segment in one profile keeps the others from being written', async () => {
    const answer = await upsert([
      { profileId: 'rolled-back' },
      { profileId: 'faulty', memberships: [{ segmentId: 'nowhere', status: 'REALIZED' }] },
    ]);

    expect(answer.issues).toMatchObject([
      { code: 'NOT_FOUND', path: ['input', 'profiles', '1', 'memberships', '0', 'segmentId'] },
    ]);
    expect(await read('rolled-back')).toBeNull();
  });

  test('attributes that grow beyond 256 KiB by merging are refused', async () => {
    const half = 'x'.repeat(140 * 1024);
    await upsert([{ profileId: 'large', attributes: { one: half } }]);

    const answer = await upsert([{ profileId: 'large', attributes: { two: half } }]);

    expect(answer.issues).toMatchObject([{ code: 'OUT_OF_RANGE', path: ['input', 'profiles', '0', 'attributes'] }]);
  });

  test('1–500 profiles are taken', async () => {
    const none = await upsert([]);
    const many = await upsert(Array.from({ length: 501 }, (_, index) => ({ profileId: `many-${index}` })));

    expect(none.issues).toMatchObject([{ code: 'OUT_OF_RANGE', path: ['input', 'profiles'] }]);
    expect(many.issues).toMatchObject([{ code: 'OUT_OF_RANGE', path: ['input', 'profiles'] }]);
  });

  test('a viewer may not write, and sees neither attributes nor identities', async () => {
    await upsert([{ profileId: 'private', attributes: { a: 1 }, identities: [{ namespace: 'n', value: 'v' }] }]);
    const viewer = { ...edge.viewer, role: 'VIEWER' as const };

    const refused = await edge.execute(UPSERT, { profiles: [{ profileId: 'x' }] }, viewer);
    const seen = await edge.execute(PROFILE, { profileId: 'private' }, viewer);

    expect(refused.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    expect(seen.data.profile).toMatchObject({ profileId: 'private', attributes: null, identities: null });
  });
});

describe('deleteProfile', () => {
  const DELETE = `mutation ($profileId: String!) {
    deleteProfile(input: { profileId: $profileId }) { __typename ... on DeleteProfileSuccess { deletedId } ... on UserError { code path } }
  }`;

  test('erases the profile with its memberships; a second time there is none', async () => {
    const { profiles } = await upsert([
      { profileId: 'gone', memberships: [{ segmentId: 'silver', status: 'REALIZED' }] },
    ]);

    const first = await edge.execute(DELETE, { profileId: 'gone' });
    const second = await edge.execute(DELETE, { profileId: 'gone' });

    expect(first.data.deleteProfile).toEqual({ __typename: 'DeleteProfileSuccess', deletedId: profiles[0].id });
    expect(second.data.deleteProfile).toMatchObject({ code: 'NOT_FOUND', path: ['input', 'profileId'] });
    const left = await edge.execute(`{ segment(segmentId: "silver") { memberCount members { nodes { status } } } }`);
    expect(left.data.segment).toEqual({ memberCount: 0, members: { nodes: [] } });
  });

  test('a profile that is made again has a higher revision', async () => {
    const { profiles: before } = await upsert([{ profileId: 'again' }]);
    await edge.execute(DELETE, { profileId: 'again' });
    const { profiles: after } = await upsert([{ profileId: 'again' }]);

    expect(after[0].revision).toBeGreaterThan(before[0].revision);
    expect(after[0].id).not.toBe(before[0].id);
  });

  test.each(['', 'a\u0000', '\ud800'])('an id that cannot be stored is nobody’s: %j', async (profileId) => {
    const deleted = await edge.execute(DELETE, { profileId });

    expect(deleted.data.deleteProfile).toMatchObject({ code: 'NOT_FOUND' });
    expect(await read(profileId)).toBeNull();
  });
});

describe('lists of profiles', () => {
  const LIST = `query ($first: Int, $after: String, $filter: ProfileFilter, $orderBy: ProfileOrder) {
    profiles(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      pageInfo { hasNextPage endCursor }
      nodes { profileId memberships(first: 3) { nodes { segment { segmentId } profile { profileId } } } }
    }
  }`;
  let listed: TestEdge;

  beforeAll(async () => {
    listed = await createTestEdge(database.db);
    await listed.execute(`mutation { createSegment(input: { segmentId: "s", name: "s" }) { __typename } }`);
    const profiles = Array.from({ length: 60 }, (_, index) => ({
      profileId: `p_${String(index).padStart(2, '0')}%`,
      memberships: [{ segmentId: 's', status: index < 55 ? 'REALIZED' : 'EXITED' }],
    }));
    await listed.execute(UPSERT, { profiles });
  });

  const ids = (answer: { data: { profiles: { nodes: { profileId: string }[] } } }) =>
    answer.data.profiles.nodes.map((node) => node.profileId);

  test.each(['PROFILE_ID_ASC', 'PROFILE_ID_DESC', 'UPDATED_AT_ASC', 'UPDATED_AT_DESC'])(
    'pages in %s meet each profile once',
    async (orderBy) => {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const answer = await listed.execute(LIST, { first: 25, after, orderBy });
        seen.push(...ids(answer));
        after = answer.data.profiles.pageInfo.hasNextPage ? answer.data.profiles.pageInfo.endCursor : null;
      } while (after);

      expect(new Set(seen).size).toBe(60);
      expect(seen).toHaveLength(60);
    },
  );

  test('the search takes ids by their beginning, with no wild cards', async () => {
    expect(ids(await listed.execute(LIST, { first: 100, filter: { search: 'p_0' } }))).toHaveLength(10);
    expect(ids(await listed.execute(LIST, { first: 100, filter: { search: 'p%' } }))).toEqual([]);
    expect(ids(await listed.execute(LIST, { first: 100, filter: { search: 'P_' } }))).toEqual([]);
    expect(ids(await listed.execute(LIST, { first: 100, filter: { search: 'p\u0000' } }))).toEqual([]);
  });

  test('the segment filter takes present members only', async () => {
    expect(ids(await listed.execute(LIST, { first: 100, filter: { segmentId: 's' } }))).toHaveLength(55);
    expect(ids(await listed.execute(LIST, { first: 100, filter: { segmentId: 'gold' } }))).toEqual([]);
    expect(ids(await listed.execute(LIST, { first: 100, filter: { segmentId: '\ud800' } }))).toEqual([]);
  });

  test('another workspace sees none of them', async () => {
    expect(ids(await edge.execute(LIST, { first: 100, filter: { search: 'p_' } }))).toEqual([]);
    const { data } = await listed.execute(`{ profile(profileId: "p_00%") { id } }`);
    const foreign = await edge.execute(`query ($id: ID!) { node(id: $id) { id } }`, { id: data.profile.id });
    const own = await listed.execute(`query ($id: ID!) { node(id: $id) { ... on Profile { profileId } } }`, {
      id: data.profile.id,
    });
    expect(foreign.data.node).toBeNull();
    expect(own.data.node.profileId).toBe('p_00%');
  });

  test('a list costs the same statements for 1 and for 50 profiles', async () => {
    const one = await listed.countQueries(() => listed.execute(LIST, { first: 1 }));
    const fifty = await listed.countQueries(() => listed.execute(LIST, { first: 50 }));

    expect(one).toBeGreaterThan(0);
    expect(fifty).toBe(one);
  });
});
