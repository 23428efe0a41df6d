/** Inputs and answers of the mutations that rotate credentials. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { CredentialType } from './credential.js';
import {
  AwsErrorType,
  ConflictErrorType,
  InvalidInputErrorType,
  InvalidStateErrorType,
  NotFoundErrorType,
} from './errors.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL input `RotateCredentialInput`. */
@InputType('RotateCredentialInput', { description: 'Input of rotateCredential.' })
export class RotateCredentialInput {
  @Field(() => Int, { description: 'The `version` you read.' })
  expectedVersion!: number;

  @Field(() => ID, { description: 'Global id.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'New access key id, 16–128 upper-case letters and digits; required for ACCESS_KEY only.',
  })
  accessKeyId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the new version expires; null if never.' })
  expiresAt?: Date | null;

  @Field(() => String, { nullable: true, description: 'New ARN of the role; required for ASSUME_ROLE only.' })
  roleArn?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'New secret access key, 40 characters; required for ACCESS_KEY only. Write-only.',
  })
  secretAccessKey?: string | null;
}

/** GraphQL type `RotateCredentialSuccess`. */
@ObjectType('RotateCredentialSuccess', { description: 'The new version is in use.' })
export class RotateCredentialSuccess {
  @Field(() => CredentialType, { description: 'The credential as it is now.' })
  credential!: CredentialType;
}

/** GraphQL union `RotateCredentialResult`. */
export const RotateCredentialResult = createUnionType({
  name: 'RotateCredentialResult',
  description: 'Answer of rotateCredential.',
  types: () =>
    [RotateCredentialSuccess, InvalidInputErrorType, NotFoundErrorType, ConflictErrorType, AwsErrorType] as const,
});

/** GraphQL input `RevertCredentialRotationInput`. */
@InputType('RevertCredentialRotationInput', { description: 'Input of revertCredentialRotation.' })
export class RevertCredentialRotationInput {
  @Field(() => Int, { description: 'The `version` you read.' })
  expectedVersion!: number;

  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `RevertCredentialRotationSuccess`. */
@ObjectType('RevertCredentialRotationSuccess', { description: 'The previous version is in use again.' })
export class RevertCredentialRotationSuccess {
  @Field(() => CredentialType, { description: 'The credential as it is now.' })
  credential!: CredentialType;
}

/** GraphQL union `RevertCredentialRotationResult`. */
export const RevertCredentialRotationResult = createUnionType({
  name: 'RevertCredentialRotationResult',
  description: 'Answer of revertCredentialRotation.',
  types: () => [RevertCredentialRotationSuccess, NotFoundErrorType, ConflictErrorType, InvalidStateErrorType] as const,
});

/** GraphQL input `CompleteCredentialRotationInput`. */
@InputType('CompleteCredentialRotationInput', { description: 'Input of completeCredentialRotation.' })
export class CompleteCredentialRotationInput {
  @Field(() => Int, { description: 'The `version` you read.' })
  expectedVersion!: number;

  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `CompleteCredentialRotationSuccess`. */
@ObjectType('CompleteCredentialRotationSuccess', { description: 'The previous version is erased.' })
export class CompleteCredentialRotationSuccess {
  @Field(() => CredentialType, { description: 'The credential as it is now.' })
  credential!: CredentialType;
}

/** GraphQL union `CompleteCredentialRotationResult`. */
export const CompleteCredentialRotationResult = createUnionType({
  name: 'CompleteCredentialRotationResult',
  description: 'Answer of completeCredentialRotation.',
  types: () =>
    [CompleteCredentialRotationSuccess, NotFoundErrorType, ConflictErrorType, InvalidStateErrorType] as const,
});
