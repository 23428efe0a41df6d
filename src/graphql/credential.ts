/** Credentials in the schema: the type and its lists. Nothing here can hold a secret. */

import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { Credential, CredentialKind } from '../domain/credential.js';
import { toGlobalId } from '../domain/global-id.js';
import type { CredentialOrderName } from '../storage/credentials.js';
import { type Connection, ConnectionArgs, createCountedConnection, toConnection, toPageRequest } from './connection.js';
import type { Context } from './context.js';
import { createEnum } from './enums.js';
import { NodeType } from './node.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL enum `CredentialKind`. */
export const CredentialKindEnum = createEnum<CredentialKind>(
  'CredentialKind',
  'How a credential authenticates at AWS.',
  {
    ACCESS_KEY: 'An access key pair.',
    ASSUME_ROLE:
      "A role that is assumed with the workspace's external id, and only if it refuses whoever does not know it; where the operator allows it.",
    PROCESS_IDENTITY: "This server's own AWS identity; where the operator allows it.",
  },
);

/** GraphQL type `CredentialVersion`. */
@ObjectType('CredentialVersion', { description: 'One secret or role of a credential.' })
export class CredentialVersionType {
  @Field(() => String, {
    nullable: true,
    description: 'The last 4 characters of the access key id; null unless ACCESS_KEY.',
  })
  accessKeyIdLast4!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was added.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When its owner says it expires; null if never.' })
  expiresAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Last call to AWS with it, exact to a minute; null if never.',
  })
  lastUsedAt!: Date | null;

  @Field(() => String, { nullable: true, description: "The role's ARN; null unless ASSUME_ROLE." })
  roleArn!: string | null;
}

/** GraphQL type `Credential`. */
@ObjectType('Credential', {
  implements: NodeType,
  description: 'An authenticated identity at AWS; its secret goes in and never comes out.',
})
export class CredentialType extends NodeType {
  /** Internal id. */
  key!: number;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => CredentialVersionType, { description: 'The version in use.' })
  current!: CredentialVersionType;

  @Field(() => CredentialKindEnum, { description: 'How it authenticates.' })
  kind!: Credential['kind'];

  @Field(() => String, { description: 'Name.' })
  name!: string;

  @Field(() => CredentialVersionType, {
    nullable: true,
    description: 'The version in use before, which can be brought back; null if there is none, or it was erased.',
  })
  previous!: CredentialVersionType | null;

  @Field(() => DateTimeScalar, { description: 'When it last changed.' })
  updatedAt!: Date;

  @Field(() => Int, { description: 'Grows with each change; hand it back as `expectedVersion`.' })
  version!: number;
}

/** Shapes a credential for the schema. */
export function toCredentialType(credential: Credential): CredentialType {
  const { id, createdAt, kind, name, updatedAt, version } = credential;
  const current = Object.assign(new CredentialVersionType(), {
    accessKeyIdLast4: credential.accessKeyIdLast4,
    createdAt: credential.secretCreatedAt,
    expiresAt: credential.expiresAt,
    lastUsedAt: credential.lastUsedAt,
    roleArn: credential.roleArn,
  });
  const previous = credential.previous && Object.assign(new CredentialVersionType(), credential.previous);
  const shown = { createdAt, current, previous, kind, name, updatedAt, version };
  return Object.assign(new CredentialType(), shown, { key: id, id: toGlobalId('Credential', id) });
}

/** GraphQL type `CredentialConnection`. */
export const CredentialConnectionType = createCountedConnection(() => CredentialType, {
  name: 'Credential',
  plural: 'credentials',
});

/** GraphQL input `CredentialFilter`. */
@InputType('CredentialFilter', { description: 'Which credentials.' })
export class CredentialFilterInput {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Only those whose current version expires before this time.',
  })
  expiresBefore?: Date | null;

  @Field(() => [CredentialKindEnum], { nullable: true, description: 'Only these kinds.' })
  kinds?: Credential['kind'][] | null;

  @Field(() => String, { nullable: true, description: 'Only names that contain this text, in any case.' })
  search?: string | null;
}

/** GraphQL enum `CredentialOrder`. */
export const CredentialOrderEnum = createEnum<CredentialOrderName>('CredentialOrder', 'Orders of credentials.', {
  CREATED_AT_ASC: 'Oldest first.',
  CREATED_AT_DESC: 'Newest first.',
  NAME_ASC: 'By name.',
  NAME_DESC: 'By name, backwards.',
});

/** Arguments of lists of credentials. */
@ArgsType()
export class CredentialListArgs extends ConnectionArgs {
  @Field(() => CredentialFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: CredentialFilterInput | null;

  @Field(() => CredentialOrderEnum, {
    nullable: true,
    defaultValue: 'NAME_ASC',
    description: 'Order; null means the default.',
  })
  orderBy?: CredentialOrderName | null;
}

/** Lists the workspace's credentials. */
export async function listCredentials(args: CredentialListArgs, context: Context): Promise<Connection<CredentialType>> {
  const { workspaceId } = context.viewer;
  const { expiresBefore = null, kinds = null, search = null } = args.filter ?? {};
  const filter = { expiresBefore, kinds, search };
  const request = { workspaceId, filter, orderBy: args.orderBy ?? ('NAME_ASC' as const) };
  const page = await context.loaders.credentials.page(workspaceId, request, toPageRequest(args));
  return toConnection(page, toCredentialType, () => context.loaders.credentials.count(workspaceId, request));
}
