import { beforeAll, describe, expect, test } from 'vitest';
import { afterStatement } from '../support/after-statement.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;

const UPDATE = `mutation ($memberships: [SegmentMembershipInput!]!) {
  updateSegmentMemberships(input: { memberships: $memberships }) {
    __typename
    ... on UpdateSegmentMembershipsSuccess { updated memberships { status lastQualificationTime validUntil segment { segmentId memberCount } profile { profileId } } }
    ... on InvalidInputError { issues { code path } }
  }
}`;

async function update(memberships: unknown[]) {
  const { data, errors } = await edge.execute(UPDATE, { memberships });
  expect(errors).toEqual([]);
  return data.updateSegmentMemberships;
}

const profileIds = Array.from({ length: 60 }, (_, index) => `p-${String(index).padStart(2, '0')}`);
const TIME = '2021-08-25T23:37:33Z';

beforeAll(async () => {
  edge = await createTestEdge(database.db);
  for (const segmentId of ['gold', 'silver', 'bronze', 'list-a', 'list-b'])
    await edge.execute(
      `mutation ($id: String!) { createSegment(input: { segmentId: $id, name: $id }) { __typename } }`,
      {
        id: segmentId,
      },
    );
  const profiles = profileIds.map((profileId) => ({ profileId }));
  await edge.execute(
    `mutation ($profiles: [ProfileInput!]!) { upsertProfiles(input: { profiles: $profiles }) { __typename } }`,
    { profiles },
  );
});

describe('updateSegmentMemberships', () => {
  test('sets memberships of several profiles, and answers them in the order of the input', async () => {
    const answer = await update([
      { profileId: 'p-01', segmentId: 'silver', status: 'REALIZED', lastQualificationTime: TIME },
      { profileId: 'p-00', segmentId: 'gold', status: 'EXISTING', lastQualificationTime: TIME },
      {
        profileId: 'p-01',
        segmentId: 'gold',
        status: 'EXITED',
        lastQualificationTime: TIME,
        validUntil: '2030-01-01T00:00:00Z',
      },
    ]);

    const nothing = { lastQualificationTime: TIME, validUntil: null };
    expect(answer.updated).toBe(3);
    expect(answer.memberships).toEqual([
      {
        ...nothing,
        status: 'REALIZED',
        segment: { segmentId: 'silver', memberCount: 1 },
        profile: { profileId: 'p-01' },
      },
      {
        ...nothing,
        status: 'EXISTING',
        segment: { segmentId: 'gold', memberCount: 1 },
        profile: { profileId: 'p-00' },
      },
      {
        status: 'EXITED',
        lastQualificationTime: TIME,
        validUntil: '2030-01-01T00:00:00Z',
        segment: { segmentId: 'gold', memberCount: 1 },
        profile: { profileId: 'p-01' },
      },
    ]);
  });

  test('a member that is realized again is existing; the same again counts as no update', async () => {
    const membership = { profileId: 'p-02', segmentId: 'bronze', status: 'REALIZED', lastQualificationTime: TIME };

    await update([membership]);
    const again = await update([membership]);
    const third = await update([membership]);

    expect(again).toMatchObject({ updated: 1, memberships: [{ status: 'EXISTING' }] });
    expect(third).toMatchObject({ updated: 0, memberships: [{ status: 'EXISTING' }] });
  });

  test('unknown profiles and segments, pairs given twice and bad times are named; nothing is written', async () => {
    const answer = await update([
      { profileId: 'p-03', segmentId: 'gold', status: 'REALIZED' },
      { profileId: 'p-03', segmentId: 'gold', status: 'EXITED' },
      { profileId: 'p-04', segmentId: 'gold', status: 'EXITED', lastQualificationTime: 'yesterday' },
    ]);
    const unknown = await update([
      { profileId: 'p-03', segmentId: 'gold', status: 'REALIZED' },
      { profileId: 'p-03', segmentId: 'no', status: 'REALIZED' },
      { profileId: 'nobody', segmentId: 'gold', status: 'REALIZED' },
    ]);

    expect(answer.issues).toEqual([
      { code: 'MALFORMED', path: ['input', 'memberships', '2', 'lastQualificationTime'] },
      { code: 'DUPLICATE', path: ['input', 'memberships', '1'] },
    ]);
    expect(unknown.issues).toEqual([
      { code: 'NOT_FOUND', path: ['input', 'memberships', '1', 'segmentId'] },
      { code: 'NOT_FOUND', path: ['input', 'memberships', '2', 'profileId'] },
    ]);
    const { data } = await edge.execute(`{ profile(profileId: "p-03") { memberships { nodes { status } } } }`);
    expect(data.profile.memberships.nodes).toEqual([]);
  });

  test('a segment of another workspace is unknown', async () => {
    const other = await createTestEdge(database.db);
    const profiles = [{ profileId: 'p-00', memberships: [{ segmentId: 'gold', status: 'REALIZED' }] }];
    const { data } = await other.execute(
      `mutation ($profiles: [ProfileInput!]!) {
        upsertProfiles(input: { profiles: $profiles }) { ... on InvalidInputError { issues { code } } }
      }`,
      { profiles },
    );

    expect(data.upsertProfiles.issues).toEqual([{ code: 'NOT_FOUND' }]);
  });
});

describe('lists of memberships', () => {
  const LIST = `query ($first: Int, $after: String, $filter: MembershipFilter, $orderBy: MembershipOrder) {
    segment(segmentId: "list-a") {
      members(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
        pageInfo { hasNextPage endCursor }
        nodes { status profile { profileId memberships(first: 5) { nodes { segment { segmentId } } } } segment { segmentId } }
      }
    }
  }`;

  beforeAll(async () => {
    await update(
      profileIds.map((profileId, index) => ({
        profileId,
        segmentId: 'list-a',
        status: index < 40 ? 'REALIZED' : 'EXITED',
      })),
    );
    await update(profileIds.map((profileId) => ({ profileId, segmentId: 'list-b', status: 'REALIZED' })));
  });

  async function members(variables: Record<string, unknown>) {
    const { data, errors } = await edge.execute(LIST, variables);
    expect(errors).toEqual([]);
    return data.segment.members;
  }

  test.each(['UPDATED_AT_ASC', 'UPDATED_AT_DESC'])('pages in %s meet each member once', async (orderBy) => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof members>> = await members({ first: 25, after, orderBy });
      seen.push(...page.nodes.map((node: { profile: { profileId: string } }) => node.profile.profileId));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after);

    expect(seen.toSorted()).toEqual(profileIds);
  });

  test('filters by status, and a profile’s by segment', async () => {
    const exited = await members({ first: 100, filter: { statuses: ['EXITED'] } });
    const { data } = await edge.execute(`{ profile(profileId: "p-50") {
      memberships(filter: { segmentId: "list-a" }) { nodes { status segment { segmentId } } }
    } }`);

    expect(exited.nodes).toHaveLength(20);
    expect(data.profile.memberships.nodes).toEqual([{ status: 'EXITED', segment: { segmentId: 'list-a' } }]);
  });

  test('a cursor of a profile’s list is none of a segment’s', async () => {
    const { data } = await edge.execute(`{ profile(profileId: "p-50") { memberships { pageInfo { endCursor } } } }`);

    const { errors } = await edge.execute(LIST, { after: data.profile.memberships.pageInfo.endCursor });

    expect(errors[0]?.message).toContain('cursor');
  });

  test('a list costs the same statements for 1 and for 50 members', async () => {
    const one = await edge.countQueries(() => members({ first: 1 }));
    const fifty = await edge.countQueries(() => members({ first: 50 }));

    expect(one).toBeGreaterThan(0);
    expect(fifty).toBe(one);
  });

  test('a member has no profile and no segment once they were erased, also between the list and them', async () => {
    const name = { profileId: 'gone', memberships: [{ segmentId: 'gone', status: 'REALIZED' }] };
    const other = await createTestEdge(database.db);
    await other.execute('mutation { createSegment(input: { segmentId: "gone", name: "n" }) { __typename } }');
    await other.execute(
      'mutation ($profiles: [ProfileInput!]!) { upsertProfiles(input: { profiles: $profiles }) { __typename } }',
      { profiles: [name] },
    );
    const erase = async () => {
      await database.db.deleteFrom('profile').where('workspace_id', '=', other.workspaceId).execute();
      await database.db.deleteFrom('segment').where('workspace_id', '=', other.workspaceId).execute();
    };
    const late = await createTestEdge(database.db, {
      inWorkspace: (id) => afterStatement(database.inWorkspace(id), 'segment-memberships.page', erase),
    });

    const { data, errors } = await late.execute(
      '{ segments { nodes { members { nodes { status profile { id } segment { id } } } } } }',
      {},
      other.viewer,
    );

    expect(errors).toEqual([]);
    expect(data.segments.nodes).toEqual([
      { members: { nodes: [{ status: 'REALIZED', profile: null, segment: null }] } },
    ]);
  });
});
