/** Inputs and answers of the mutations of API keys. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Role } from '../domain/viewer.js';
import { ApiKeyType } from './api-key.js';
import { ConflictErrorType, InvalidInputErrorType, InvalidStateErrorType, NotFoundErrorType } from './errors.js';
import { DateTimeScalar } from './scalars.js';
import { RoleEnum } from './viewer.js';

/** GraphQL input `CreateApiKeyInput`. */
@InputType('CreateApiKeyInput', { description: 'Input of createApiKey.' })
export class CreateApiKeyInput {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it stops working, in the future; null means never.',
  })
  expiresAt?: Date | null;

  @Field(() => String, { description: '1–255 characters.' })
  name!: string;

  @Field(() => RoleEnum, { description: 'What it may do.' })
  role!: Role;
}

/** GraphQL type `CreateApiKeySuccess`. */
@ObjectType('CreateApiKeySuccess', { description: 'The API key was issued.' })
export class CreateApiKeySuccess {
  @Field(() => ApiKeyType, { description: 'The new key.' })
  apiKey!: ApiKeyType;

  @Field(() => String, { description: "The key's text: shown this once, stored only as a hash." })
  key!: string;
}

/** GraphQL union `CreateApiKeyResult`. */
export const CreateApiKeyResult = createUnionType({
  name: 'CreateApiKeyResult',
  description: 'Answer of createApiKey.',
  types: () => [CreateApiKeySuccess, InvalidInputErrorType] as const,
});

/** GraphQL input `UpdateApiKeyInput`. */
@InputType('UpdateApiKeyInput', { description: 'Input of updateApiKey. What is left out stays.' })
export class UpdateApiKeyInput {
  @Field(() => Int, { description: 'The `version` you read.' })
  expectedVersion!: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it stops working, in the future; null means never.',
  })
  expiresAt?: Date | null;

  @Field(() => ID, { description: 'Global id.' })
  id!: string;

  @Field(() => String, { nullable: true, description: '1–255 characters.' })
  name?: string | null;

  @Field(() => RoleEnum, { nullable: true, description: 'What it may do.' })
  role?: Role | null;
}

/** GraphQL type `UpdateApiKeySuccess`. */
@ObjectType('UpdateApiKeySuccess', { description: 'The API key was changed.' })
export class UpdateApiKeySuccess {
  @Field(() => ApiKeyType, { description: 'The key as it is now.' })
  apiKey!: ApiKeyType;
}

/** GraphQL union `UpdateApiKeyResult`. */
export const UpdateApiKeyResult = createUnionType({
  name: 'UpdateApiKeyResult',
  description: 'Answer of updateApiKey.',
  types: () =>
    [UpdateApiKeySuccess, InvalidInputErrorType, NotFoundErrorType, ConflictErrorType, InvalidStateErrorType] as const,
});

/** GraphQL input `RevokeApiKeyInput`. */
@InputType('RevokeApiKeyInput', { description: 'Input of revokeApiKey.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `RevokeApiKeySuccess`. */
@ObjectType('RevokeApiKeySuccess', { description: 'The API key is revoked.' })
export class RevokeApiKeySuccess {
  @Field(() => ApiKeyType, { description: 'The key as it is now.' })
  apiKey!: ApiKeyType;
}

/** GraphQL union `RevokeApiKeyResult`. */
export const RevokeApiKeyResult = createUnionType({
  name: 'RevokeApiKeyResult',
  description: 'Answer of revokeApiKey.',
  types: () => [RevokeApiKeySuccess, NotFoundErrorType, InvalidStateErrorType] as const,
});
