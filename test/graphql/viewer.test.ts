import { beforeAll, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db);
});

test('the viewer is the caller, with its role and workspace', async () => {
  const { data, errors } = await edge.execute(
    '{ viewer { actor { kind name } expiresAt role workspace { id name externalId } } }',
    {},
    { ...edge.viewer, role: 'VIEWER', expiresAt: new Date(0) },
  );

  expect(errors).toEqual([]);
  expect(data.viewer).toEqual({
    actor: { kind: 'API_KEY', name: 'test' },
    expiresAt: '1970-01-01T00:00:00.000Z',
    role: 'VIEWER',
    workspace: {
      id: toGlobalId('Workspace', edge.workspaceId),
      name: expect.stringMatching(/^test /),
      externalId: expect.stringMatching(/^test /),
    },
  });
});

test('a workspace is a node for its own callers only', async () => {
  const other = await createTestEdge(database.db);
  const ids = [toGlobalId('Workspace', edge.workspaceId), toGlobalId('Workspace', other.workspaceId)];

  const { data } = await edge.execute('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', { ids });

  expect(data.nodes).toEqual([{ __typename: 'Workspace', id: ids[0] }, null]);
});
