import { expect, test } from 'vitest';
import { encodeCursor } from '../../src/storage/cursor.js';
import { openBooks } from '../support/books.js';
import { createTestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('a list with a malformed cursor fails alone: its siblings in the operation are answered', async () => {
  const edge = await createTestEdge(database.db);
  await openBooks(database.db, edge.workspaceId);
  const scope = { list: 'segment-memberships', order: 'UPDATED_AT_DESC', workspaceId: edge.workspaceId };
  const forged = encodeCursor(scope, ['2026-02-31 00:00:00+00', '1']);

  const { data, errors } = await edge.execute(
    `query ($forged: String!) {
      bad: segment(segmentId: "s0") { members(after: $forged) { nodes { status } } }
      worse: segment(segmentId: "s1") { members(after: "nonsense") { nodes { status } } }
      good: segment(segmentId: "s2") { members { nodes { status } } }
    }`,
    { forged },
  );

  expect(data).toEqual({ bad: null, worse: null, good: { members: { nodes: [] } } });
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('The cursor is malformed'),
    expect.stringContaining('The cursor is malformed'),
  ]);
});
