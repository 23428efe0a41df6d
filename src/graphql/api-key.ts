/** API keys in the schema: the type and its list. Nothing here can hold a key's text but the answer of createApiKey. */

import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { ApiKey } from '../domain/api-key.js';
import { toGlobalId } from '../domain/global-id.js';
import type { Role } from '../domain/viewer.js';
import type { ApiKeyOrderName } from '../storage/api-keys.js';
import { type Connection, ConnectionArgs, createCountedConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { createEnum } from './enums.js';
import { NodeType } from './node.js';
import { DateTimeScalar } from './scalars.js';
import { ActorType, RoleEnum, toActorType } from './viewer.js';

/** GraphQL type `ApiKey`. */
@ObjectType('ApiKey', {
  implements: NodeType,
  description: 'A key to this API; its text is shown once, at creation. Only an ADMIN sees keys.',
})
export class ApiKeyType extends NodeType {
  @Field(() => DateTimeScalar, { description: 'When it was issued.' })
  createdAt!: Date;

  @Field(() => ActorType, { description: 'Who issued it.' })
  createdBy!: ActorType;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it stops working; null if never.' })
  expiresAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Last use, exact to a minute; null if never used.' })
  lastUsedAt!: Date | null;

  @Field(() => String, { description: 'Name.' })
  name!: string;

  @Field(() => String, { description: "The key's first 12 characters, to recognise it by." })
  prefix!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked; null if it was not.' })
  revokedAt!: Date | null;

  @Field(() => RoleEnum, { description: 'What it may do.' })
  role!: Role;

  @Field(() => Int, { description: 'Grows with each change; hand it back as `expectedVersion`.' })
  version!: number;
}

/** Shapes an API key for the schema. */
export function toApiKeyType({ id, createdBy, ...shown }: ApiKey): ApiKeyType {
  return Object.assign(new ApiKeyType(), shown, { id: toGlobalId('ApiKey', id), createdBy: toActorType(createdBy) });
}

/** GraphQL type `ApiKeyConnection`. */
export const ApiKeyConnectionType = createCountedConnection(() => ApiKeyType, { name: 'ApiKey', plural: 'API keys' });

/** GraphQL input `ApiKeyFilter`. */
@InputType('ApiKeyFilter', { description: 'Which API keys.' })
export class ApiKeyFilterInput {
  @Field(() => Boolean, {
    nullable: true,
    description: 'Only neither revoked nor expired ones (true), or only the others (false).',
  })
  active?: boolean | null;

  @Field(() => [RoleEnum], { nullable: true, description: 'Only these roles.' })
  roles?: Role[] | null;

  @Field(() => String, { nullable: true, description: 'Only names that contain this text, in any case.' })
  search?: string | null;
}

/** GraphQL enum `ApiKeyOrder`. */
export const ApiKeyOrderEnum = createEnum<ApiKeyOrderName>('ApiKeyOrder', 'Orders of API keys.', {
  CREATED_AT_ASC: 'Oldest first.',
  CREATED_AT_DESC: 'Newest first.',
  NAME_ASC: 'By name.',
  NAME_DESC: 'By name, backwards.',
});

/** Arguments of the list of API keys. */
@ArgsType()
export class ApiKeyListArgs extends ConnectionArgs {
  @Field(() => ApiKeyFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: ApiKeyFilterInput | null;

  @Field(() => ApiKeyOrderEnum, {
    nullable: true,
    defaultValue: 'CREATED_AT_DESC',
    description: 'Order; null means the default.',
  })
  orderBy?: ApiKeyOrderName | null;
}

/** Lists the workspace's API keys. */
export async function listApiKeys(args: ApiKeyListArgs, context: Context): Promise<Connection<ApiKeyType>> {
  const { workspaceId } = context.viewer;
  const { active = null, roles = null, search = null } = args.filter ?? {};
  const request = {
    workspaceId,
    filter: { active, roles, search },
    orderBy: args.orderBy ?? ('CREATED_AT_DESC' as const),
  };
  const page = await context.loaders.apiKeys.page(workspaceId, request, toPageRequest(args));
  return toConnection(page, toApiKeyType, () => context.loaders.apiKeys.count(workspaceId, request));
}
