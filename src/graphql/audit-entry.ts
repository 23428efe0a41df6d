/** The audit log in the schema: the type and its list. */

import { ArgsType, Ctx, Field, ID, InputType, ObjectType } from 'type-graphql';
import type { AuditEntry, AuditResult } from '../domain/audit.js';
import { fromGlobalId, toGlobalId } from '../domain/global-id.js';
import type { NodeReference } from '../domain/user-error.js';
import type { AuditOrderName } from '../storage/audit-entries.js';
import { ApiKeyType, toApiKeyType } from './api-key.js';
import { type Connection, ConnectionArgs, createConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { createEnum } from './enums.js';
import { NodeType } from './node.js';
import { DateTimeScalar } from './scalars.js';
import { ActorType, toActorType } from './viewer.js';

/** GraphQL enum `AuditResult`. */
export const AuditResultEnum = createEnum<AuditResult>('AuditResult', 'What came of an audited call.', {
  SUCCEEDED: 'It was done.',
  REFUSED: 'It was refused and changed nothing.',
  INTERRUPTED: 'An upload goes on, or ended in the middle: what was written of it stays.',
});

/** GraphQL type `AuditChange`. */
@ObjectType('AuditChange', { description: 'One field that a call set, or one count of an upload.' })
export class AuditChangeType {
  @Field(() => String, {
    description:
      'Its value as JSON text, such as `"ADMIN"`, `20` or `null`; `changed` for texts, objects and what is long: secrets and personal data are never kept.',
  })
  after!: string;

  @Field(() => String, { description: "The field's name in the mutation's input, or in the answer to an upload." })
  field!: string;
}

/** GraphQL type `AuditEntry`. */
@ObjectType('AuditEntry', {
  implements: NodeType,
  description: 'One call of a mutation, or one upload, as the audit log keeps it. Only an ADMIN sees entries.',
})
export class AuditEntryType extends NodeType {
  apiKeyKey!: number | null;
  reference!: NodeReference | null;

  @Field(() => String, {
    description: "The mutation's name; `ingestProfiles` or `ingestMemberships` for an upload (`POST /ingest/…`).",
  })
  action!: string;

  @Field(() => ActorType, { description: 'Who.' })
  actor!: ActorType;

  @Field(() => ApiKeyType, { nullable: true, description: 'The API key used; null if none was.' })
  async apiKey(@Ctx() context: Context): Promise<ApiKeyType | null> {
    const apiKey = this.apiKeyKey === null ? null : await context.loaders.apiKeyById.load(this.apiKeyKey);
    return apiKey && toApiKeyType(apiKey);
  }

  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date;

  @Field(() => [AuditChangeType], {
    description: 'What the call set, field by field; the counts of an upload, once it has ended.',
  })
  changes!: AuditChangeType[];

  @Field(() => String, { nullable: true, description: "The error's code; null if it succeeded." })
  code!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The client's address, or that of a proxy in front which the operator does not trust; null if it is not known.",
  })
  ipAddress!: string | null;

  @Field(() => String, { description: 'Id of the request, as in logs and error answers.' })
  requestId!: string;

  @Field(() => AuditResultEnum, { description: 'What came of it.' })
  result!: AuditResult;

  @Field(() => NodeType, { nullable: true, description: 'What it was done to; null if there is nothing left of it.' })
  async target(@Ctx() context: Context): Promise<NodeType | null> {
    return this.reference && (await context.loadNode(this.reference));
  }

  @Field(() => ID, {
    nullable: true,
    description: 'Global id of what it was done to or what it made; null if there was none, or if there were many.',
  })
  targetId!: string | null;
}

/** Shapes an entry for the schema. */
export function toAuditEntryType(entry: AuditEntry): AuditEntryType {
  const { id, actor, address: ipAddress, apiKeyId: apiKeyKey, target: reference, ...shown } = entry;
  const changes = entry.changes.map((change) => Object.assign(new AuditChangeType(), change));
  return Object.assign(new AuditEntryType(), shown, {
    id: toGlobalId('AuditEntry', id),
    actor: toActorType(actor),
    targetId: reference && toGlobalId(reference.kind, reference.id),
    ...{ ipAddress, apiKeyKey, reference, changes },
  });
}

/** GraphQL type `AuditEntryConnection`. */
export const AuditEntryConnectionType = createConnection(() => AuditEntryType, {
  name: 'AuditEntry',
  plural: 'audit entries',
});

/** GraphQL input `AuditEntryFilter`. */
@InputType('AuditEntryFilter', { description: 'Which audit entries.' })
export class AuditEntryFilterInput {
  @Field(() => [String], { nullable: true, description: 'Only these mutations and uploads, by name.' })
  actions?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Only by actors of this name.' })
  actorName?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'At this time or later.' })
  from?: Date | null;

  @Field(() => AuditResultEnum, { nullable: true, description: 'Only this result.' })
  result?: AuditResult | null;

  @Field(() => ID, { nullable: true, description: 'Only done to the object with this global id.' })
  targetId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this time.' })
  to?: Date | null;
}

/** GraphQL enum `AuditEntryOrder`. */
export const AuditEntryOrderEnum = createEnum<AuditOrderName>('AuditEntryOrder', 'Orders of audit entries.', {
  AT_ASC: 'Oldest first.',
  AT_DESC: 'Newest first.',
});

/** Arguments of the list of audit entries. */
@ArgsType()
export class AuditEntryListArgs extends ConnectionArgs {
  @Field(() => AuditEntryFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: AuditEntryFilterInput | null;

  @Field(() => AuditEntryOrderEnum, {
    nullable: true,
    defaultValue: 'AT_DESC',
    description: 'Order; null means the default.',
  })
  orderBy?: AuditOrderName | null;
}

/** An object that never was: an id that is malformed finds nothing. */
const NOBODY: NodeReference = { kind: 'Workspace', id: 0 };

/** Lists the workspace's audit entries. */
export async function listAuditEntries(
  args: AuditEntryListArgs,
  context: Context,
): Promise<Connection<AuditEntryType>> {
  const { workspaceId } = context.viewer;
  const {
    actions = null,
    actorName = null,
    from = null,
    result = null,
    targetId = null,
    to = null,
  } = args.filter ?? {};
  const named = targetId === null ? null : (fromGlobalId(targetId) ?? NOBODY);
  const target = named && { kind: named.kind, id: named.id };
  const filter = { actions, actorName, from, result, target, to };
  const request = { workspaceId, filter, orderBy: args.orderBy ?? ('AT_DESC' as const) };
  const page = await context.loaders.auditEntries.page(workspaceId, request, toPageRequest(args));
  return toConnection(page, toAuditEntryType);
}
