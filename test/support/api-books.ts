/** What the API says of a destination: its exports with their numbers, and each delivery's place in the stream. */

import { z } from 'zod';
import { internalId, toGlobalId } from '../../src/domain/global-id.js';
import type { Db } from '../../src/storage/database.js';
import { EXPORT_FIELDS, type ExportView, exportView } from './frontend.js';
import { createTestEdge, type TestEdge } from './graphql-client.js';

/** A destination's books as a frontend reads them. */
export interface ApiBooks {
  exports: (Omit<ExportView, 'id'> & { id: number })[];
  /** Profile by `shard/sequence number`; null where it was erased. */
  deliveries: Map<string, string | null>;
}

const Exports = z.object({
  destination: z.object({ exports: z.object({ nodes: z.array(exportView) }) }),
});

const Deliveries = z.object({
  deliveries: z.object({
    nodes: z.array(z.object({ profileId: z.string().nullable(), shardId: z.string(), sequenceNumber: z.string() })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

/** Reads a destination's newest 100 exports and all of its deliveries through the schema, as an ADMIN of its workspace. */
export async function readApiBooks(db: Db, destinationId: number): Promise<ApiBooks> {
  const { workspace_id: workspaceId } = await db
    .selectFrom('destination')
    .select('workspace_id')
    .where('id', '=', destinationId)
    .executeTakeFirstOrThrow();
  const edge = await edgeOf(db);
  const run = async (query: string, variables: object) => {
    const id = toGlobalId('KinesisDestination', destinationId);
    const answer = await edge.execute(query, { id, ...variables }, { ...edge.viewer, workspaceId });
    if (answer.errors.length > 0) throw new Error(`The API refuses: ${JSON.stringify(answer.errors)}`);
    return answer.data;
  };
  const { destination } = Exports.parse(
    await run(`query($id: ID!) { destination(id: $id) { exports(first: 100) { nodes { ${EXPORT_FIELDS} } } } }`, {}),
  );
  const deliveries = new Map<string, string | null>();
  for (let after: string | null = null, hasMore = true; hasMore; ) {
    const { deliveries: page }: z.infer<typeof Deliveries> = Deliveries.parse(await run(DELIVERIES, { after }));
    for (const node of page.nodes) deliveries.set(`${node.shardId}/${node.sequenceNumber}`, node.profileId);
    hasMore = page.pageInfo.hasNextPage;
    after = page.pageInfo.endCursor;
  }
  return {
    exports: destination.exports.nodes.map((view) => ({ ...view, id: internalId(view.id, 'Export') ?? 0 })),
    deliveries,
  };
}

const DELIVERIES = `query($id: ID!, $after: String) {
  deliveries(
    first: 100, after: $after, filter: { destinationId: $id, outcomes: [DELIVERED] }, orderBy: COMMITTED_AT_ASC
  ) {
    nodes { profileId shardId sequenceNumber }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** One edge a database: its own workspace is not used. */
const edges = new WeakMap<Db, Promise<TestEdge>>();

async function edgeOf(db: Db): Promise<TestEdge> {
  const edge = edges.get(db) ?? createTestEdge(db);
  edges.set(db, edge);
  return await edge;
}
