/** Inputs and answers of the mutations of credentials. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Credential } from '../domain/credential.js';
import { CredentialKindEnum, CredentialType } from './credential.js';
import { ConflictErrorType, InvalidInputErrorType, InvalidStateErrorType, NotFoundErrorType } from './errors.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL input `CreateCredentialInput`. */
@InputType('CreateCredentialInput', { description: 'Input of createCredential.' })
export class CreateCredentialInput {
  @Field(() => String, {
    nullable: true,
    description: 'Access key id, 16–128 upper-case letters and digits; required for ACCESS_KEY only.',
  })
  accessKeyId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it expires; null if never.' })
  expiresAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Your name for this call, 1–255 characters: sent again within 24 h, it gives the first answer and starts nothing.',
  })
  idempotencyKey?: string | null;

  @Field(() => CredentialKindEnum, { description: 'How it authenticates.' })
  kind!: Credential['kind'];

  @Field(() => String, { description: '1–255 characters.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'ARN of the role, in any AWS partition; required for ASSUME_ROLE only. Give the role the trust policy `Workspace.trustPolicy` first.',
  })
  roleArn?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Secret access key, 40 characters; required for ACCESS_KEY only. Write-only.',
  })
  secretAccessKey?: string | null;
}

/** GraphQL type `CreateCredentialSuccess`. */
@ObjectType('CreateCredentialSuccess', { description: 'The credential was stored.' })
export class CreateCredentialSuccess {
  @Field(() => CredentialType, { description: 'The new credential.' })
  credential!: CredentialType;
}

/** GraphQL union `CreateCredentialResult`. */
export const CreateCredentialResult = createUnionType({
  name: 'CreateCredentialResult',
  description: 'Answer of createCredential.',
  types: () => [CreateCredentialSuccess, InvalidInputErrorType, ConflictErrorType] as const,
});

/** GraphQL input `UpdateCredentialInput`. */
@InputType('UpdateCredentialInput', { description: 'Input of updateCredential.' })
export class UpdateCredentialInput {
  @Field(() => Int, { description: 'The `version` you read.' })
  expectedVersion!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the current version expires; null means never.' })
  expiresAt?: Date | null;

  @Field(() => ID, { description: 'Global id.' })
  id!: string;

  @Field(() => String, { nullable: true, description: '1–255 characters.' })
  name?: string | null;
}

/** GraphQL type `UpdateCredentialSuccess`. */
@ObjectType('UpdateCredentialSuccess', { description: 'The credential was changed.' })
export class UpdateCredentialSuccess {
  @Field(() => CredentialType, { description: 'The credential as it is now.' })
  credential!: CredentialType;
}

/** GraphQL union `UpdateCredentialResult`. */
export const UpdateCredentialResult = createUnionType({
  name: 'UpdateCredentialResult',
  description: 'Answer of updateCredential.',
  types: () => [UpdateCredentialSuccess, InvalidInputErrorType, NotFoundErrorType, ConflictErrorType] as const,
});

/** GraphQL input `DeleteCredentialInput`. */
@InputType('DeleteCredentialInput', { description: 'Input of deleteCredential.' })
export class DeleteCredentialInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `DeleteCredentialSuccess`. */
@ObjectType('DeleteCredentialSuccess', { description: 'The credential was deleted.' })
export class DeleteCredentialSuccess {
  @Field(() => ID, { description: 'Global id of what was deleted.' })
  deletedId!: string;
}

/** GraphQL union `DeleteCredentialResult`. */
export const DeleteCredentialResult = createUnionType({
  name: 'DeleteCredentialResult',
  description: 'Answer of deleteCredential.',
  types: () => [DeleteCredentialSuccess, NotFoundErrorType, InvalidStateErrorType] as const,
});
