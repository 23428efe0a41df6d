/** The caller and its workspace in the schema. */

import { Args, Ctx, Field, ObjectType } from 'type-graphql';
import { toGlobalId } from '../domain/global-id.js';
import type { Actor, Role, Viewer } from '../domain/viewer.js';
import type { Workspace } from '../domain/workspace.js';
import type { Context } from './context.js';
import { createEnum } from './enums.js';
import { NodeType } from './node.js';
import { DateTimeScalar, JSONObjectScalar } from './scalars.js';
import { readStatistics, StatisticsArgs, StatisticsType } from './statistics.js';

/** GraphQL enum `Role`. */
export const RoleEnum = createEnum<Role>(
  'Role',
  'What a caller may do. ADMIN includes OPERATOR, OPERATOR includes VIEWER.',
  {
    VIEWER: 'Reads all but personal data (attributes, identities, payloads).',
    OPERATOR: 'Also reads personal data; changes segments, profiles and activations; starts exports.',
    ADMIN: 'Also changes credentials, destinations and API keys.',
  },
);

/** GraphQL enum `ActorKind`. */
export const ActorKindEnum = createEnum<Actor['kind']>('ActorKind', 'How an actor was recognised.', {
  API_KEY: 'By an API key.',
  TOKEN: 'By a signed token (JWT).',
  SYSTEM: 'Nobody: a schedule, a backfill, retention.',
});

/** GraphQL type `Actor`. */
@ObjectType('Actor', { description: 'Who did something.' })
export class ActorType {
  @Field(() => ActorKindEnum, { description: 'How the actor was recognised.' })
  kind!: Actor['kind'];

  @Field(() => String, { description: 'Name of the API key, subject of the token, or the part of the system.' })
  name!: string;
}

/** GraphQL type `Workspace`. */
@ObjectType('Workspace', { implements: NodeType, description: 'One tenant.' })
export class WorkspaceType extends NodeType {
  /** Internal id. */
  key!: number;

  @Field(() => String, {
    description:
      "The external id that a customer's IAM role must require (sts:ExternalId); issued by us, never changes.",
  })
  externalId!: string;

  @Field(() => String, { description: 'Name.' })
  name!: string;

  @Field(() => JSONObjectScalar, {
    description:
      "The trust policy to give a role that a credential of kind ASSUME_ROLE is to assume: it lets this server's AWS account in with the external id. A placeholder stands for the account where the server could not find its own.",
  })
  async trustPolicy(@Ctx() context: Context): Promise<Record<string, unknown>> {
    const statement = await context.services.roleTrust.statementFor(this.externalId);
    return { Version: '2012-10-17', Statement: [statement] };
  }

  @Field(() => StatisticsType, { description: 'What was delivered to all destinations, in time buckets.' })
  statistics(@Args(() => StatisticsArgs) args: StatisticsArgs, @Ctx() context: Context): Promise<StatisticsType> {
    return readStatistics(args, context, { scope: 'workspace', id: this.key });
  }
}

/** GraphQL type `Viewer`. */
@ObjectType('Viewer', { description: 'The caller.' })
export class ViewerType {
  @Field(() => ActorType, { description: 'Who the caller is.' })
  actor!: ActorType;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the API key or token expires; null if never.',
  })
  expiresAt!: Date | null;

  @Field(() => RoleEnum, { description: 'What the caller may do.' })
  role!: Role;

  @Field(() => WorkspaceType, { description: 'The tenant that every answer and change is bound to.' })
  async workspace(@Ctx() context: Context): Promise<WorkspaceType> {
    const workspace = await context.loaders.workspaceById.load(context.viewer.workspaceId);
    if (workspace) return toWorkspaceType(workspace);
    throw new Error(`Workspace ${context.viewer.workspaceId} of the caller's key does not exist.`);
  }
}

/** Shapes an actor for the schema. */
export function toActorType(actor: Actor): ActorType {
  return Object.assign(new ActorType(), { kind: actor.kind, name: actor.name });
}

/** Shapes a workspace for the schema. */
export function toWorkspaceType({ id, name, externalId }: Workspace): WorkspaceType {
  return Object.assign(new WorkspaceType(), { id: toGlobalId('Workspace', id), key: id, name, externalId });
}

/** Shapes the caller for the schema. */
export function toViewerType(viewer: Viewer): ViewerType {
  const { actor, expiresAt, role } = viewer;
  return Object.assign(new ViewerType(), { actor: toActorType(actor), expiresAt, role });
}
