/** `node` and `nodes`: any object by its global id. */

import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { fromGlobalId } from '../domain/global-id.js';
import { type NodeKind, type NodeReference, RequestError } from '../domain/user-error.js';
import { includesRole } from '../domain/viewer.js';
import { toActivationType } from './activation.js';
import { toApiKeyType } from './api-key.js';
import { toAuditEntryType } from './audit-entry.js';
import type { Context } from './context.js';
import { toCredentialType } from './credential.js';
import { toDeliveryType } from './delivery.js';
import { toExportType } from './export.js';
import { toFailedRecordType } from './failed-record.js';
import { toDestinationType } from './kinesis-destination.js';
import { NodeType } from './node.js';
import { toProfileType } from './profile.js';
import { toSegmentType } from './segment.js';
import { toWorkspaceType } from './viewer.js';

const MAX_NODES = 100;

/** Resolver of `Node`. */
@Resolver()
export class NodeResolver {
  @Query(() => NodeType, { nullable: true, description: 'The object with this global id; null if there is none.' })
  node(
    @Arg('id', () => ID, { description: 'Global id.' }) id: string,
    @Ctx() context: Context,
  ): Promise<NodeType | null> {
    return loadGlobalId(id, context);
  }

  @Query(() => [NodeType], {
    nullable: 'items',
    description: 'The objects with these global ids, in the same order; null where there is none.',
  })
  nodes(
    @Arg('ids', () => [ID], { description: '1–100 global ids.' }) ids: string[],
    @Ctx() context: Context,
  ): Promise<(NodeType | null)[]> {
    if (ids.length < 1 || ids.length > MAX_NODES)
      throw new RequestError('BAD_USER_INPUT', `\`ids\` has ${ids.length} entries; give 1–${MAX_NODES}.`);
    return Promise.all(ids.map((id) => loadGlobalId(id, context)));
  }
}

type NodeReader = (context: Context, id: number, ordinal: number) => Promise<NodeType | null>;

/** To a lower role one of these is like one that is not there. */
const SEEN_BY_ADMINS: ReadonlySet<NodeKind> = new Set(['ApiKey', 'AuditEntry']);

const READERS: Partial<Record<NodeKind, NodeReader>> = {
  Activation: async (context, id) => shape(await context.loaders.activationById.load(id), toActivationType),
  ApiKey: async (context, id) => shape(await context.loaders.apiKeyById.load(id), toApiKeyType),
  AuditEntry: async (context, id) => shape(await context.loaders.auditEntryById.load(id), toAuditEntryType),
  Credential: async (context, id) => shape(await context.loaders.credentialById.load(id), toCredentialType),
  Delivery: async (context, eventId, ordinal) =>
    shape(await context.loaders.deliveryByKey.load({ eventId, ordinal }), toDeliveryType),
  Export: async (context, id) => shape(await context.loaders.exportById.load(id), toExportType),
  FailedRecord: async (context, id) => shape(await context.loaders.failedRecordById.load(id), toFailedRecordType),
  KinesisDestination: async (context, id) => shape(await context.loaders.destinationById.load(id), toDestinationType),
  Profile: async (context, id) => shape(await context.loaders.profileById.load(id), toProfileType),
  Segment: async (context, id) => shape(await context.loaders.segmentById.load(id), toSegmentType),
  Workspace: async (context, id) => shape(await context.loaders.workspaceById.load(id), toWorkspaceType),
};

/** Reads an object of the caller's workspace; null if it is not there. */
export async function loadNode(
  reference: NodeReference & { ordinal?: number },
  context: Context,
): Promise<NodeType | null> {
  if (SEEN_BY_ADMINS.has(reference.kind) && !includesRole(context.viewer.role, 'ADMIN')) return null;
  return (await READERS[reference.kind]?.(context, reference.id, reference.ordinal ?? 0)) ?? null;
}

async function loadGlobalId(id: string, context: Context): Promise<NodeType | null> {
  const reference = fromGlobalId(id);
  return reference && loadNode(reference, context);
}

function shape<Row>(row: Row | null, toType: (row: Row) => NodeType): NodeType | null {
  return row && toType(row);
}
