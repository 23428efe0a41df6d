/** Inputs and answers of the mutations of Amazon Kinesis destinations. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Envelope, MembershipScope, MembershipStatuses, TooLargePolicy } from '../domain/destination.js';
import { ConsentRuleInput } from './consent-rule.js';
import { ConflictErrorType, InvalidInputErrorType, NotFoundErrorType } from './errors.js';
import {
  EnvelopeEnum,
  KinesisDestinationType,
  MembershipScopeEnum,
  MembershipStatusesEnum,
  TooLargePolicyEnum,
} from './kinesis-destination.js';
import { PartitionKeyInput } from './partition-key.js';

/** GraphQL input `CreateKinesisDestinationInput`. */
@InputType('CreateKinesisDestinationInput', { description: 'Input of createKinesisDestination.' })
export class CreateKinesisDestinationInput {
  @Field(() => ConsentRuleInput, {
    nullable: true,
    description: 'Which profiles permit export; null asks for no consent.',
  })
  consent?: ConsentRuleInput | null;

  @Field(() => ID, { description: 'Global id of the credential.' })
  credentialId!: string;

  @Field(() => String, { nullable: true, description: 'Up to 1,000 characters.' })
  description?: string | null;

  @Field(() => EnvelopeEnum, {
    nullable: true,
    defaultValue: 'NONE',
    description: 'What is put around the profile in a record.',
  })
  envelope?: Envelope | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Your name for this call, 1–255 characters: sent again within 24 h, it gives the first answer and starts nothing.',
  })
  idempotencyKey?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'Add the names of activated segments.' })
  includeSegmentNames?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Add the times of activated segments and of their mapping.',
  })
  includeSegmentTimestamps?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Most records sent a second, 1–1,000,000; null means as fast as the shards take them.',
  })
  maxRecordsPerSecond?: number | null;

  @Field(() => MembershipScopeEnum, {
    nullable: true,
    defaultValue: 'MAPPED_ONLY',
    description: 'Which memberships a record holds.',
  })
  membershipScope?: MembershipScope | null;

  @Field(() => MembershipStatusesEnum, {
    nullable: true,
    defaultValue: 'THREE_STATE',
    description: 'Which statuses records use.',
  })
  membershipStatuses?: MembershipStatuses | null;

  @Field(() => String, { description: '1–255 characters.' })
  name!: string;

  @Field(() => PartitionKeyInput, {
    nullable: true,
    description: "What decides a record's shard; null means the profile id.",
  })
  partitionKey?: PartitionKeyInput | null;

  @Field(() => String, { description: 'AWS region such as `us-east-2`, of any partition.' })
  region!: string;

  @Field(() => String, {
    description: "Name (1–128 of `a-z A-Z 0-9 _ . -`) or ARN of an existing stream; an ARN's region must be `region`.",
  })
  stream!: string;

  @Field(() => TooLargePolicyEnum, {
    nullable: true,
    defaultValue: 'FAIL',
    description: "What becomes of a record over the stream's size limit.",
  })
  tooLargePolicy?: TooLargePolicy | null;
}

/** GraphQL type `CreateKinesisDestinationSuccess`. */
@ObjectType('CreateKinesisDestinationSuccess', { description: 'The destination was saved.' })
export class CreateKinesisDestinationSuccess {
  @Field(() => KinesisDestinationType, { description: 'The new destination; `lastTest` holds what its test found.' })
  destination!: KinesisDestinationType;
}

/** GraphQL union `CreateKinesisDestinationResult`. */
export const CreateKinesisDestinationResult = createUnionType({
  name: 'CreateKinesisDestinationResult',
  description: 'Answer of createKinesisDestination.',
  types: () => [CreateKinesisDestinationSuccess, InvalidInputErrorType, ConflictErrorType] as const,
});

/** GraphQL input `UpdateKinesisDestinationInput`. */
@InputType('UpdateKinesisDestinationInput', {
  description: 'Input of updateKinesisDestination. What is left out stays; null clears it or sets its default.',
})
export class UpdateKinesisDestinationInput {
  @Field(() => ConsentRuleInput, {
    nullable: true,
    description: 'Which profiles permit export; null asks for no consent.',
  })
  consent?: ConsentRuleInput | null;

  @Field(() => ID, { nullable: true, description: 'Global id of the credential.' })
  credentialId?: string | null;

  @Field(() => String, { nullable: true, description: 'Up to 1,000 characters.' })
  description?: string | null;

  @Field(() => EnvelopeEnum, { nullable: true, description: 'What is put around the profile in a record.' })
  envelope?: Envelope | null;

  @Field(() => Int, { description: 'The `version` you read.' })
  expectedVersion!: number;

  @Field(() => ID, { description: 'Global id.' })
  id!: string;

  @Field(() => Boolean, { nullable: true, description: 'Add the names of activated segments.' })
  includeSegmentNames?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Add the times of activated segments and of their mapping.',
  })
  includeSegmentTimestamps?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Most records sent a second, 1–1,000,000; null means as fast as the shards take them.',
  })
  maxRecordsPerSecond?: number | null;

  @Field(() => MembershipScopeEnum, { nullable: true, description: 'Which memberships a record holds.' })
  membershipScope?: MembershipScope | null;

  @Field(() => MembershipStatusesEnum, { nullable: true, description: 'Which statuses records use.' })
  membershipStatuses?: MembershipStatuses | null;

  @Field(() => String, { nullable: true, description: '1–255 characters.' })
  name?: string | null;

  @Field(() => PartitionKeyInput, { nullable: true, description: "What decides a record's shard." })
  partitionKey?: PartitionKeyInput | null;

  @Field(() => String, { nullable: true, description: 'AWS region such as `us-east-2`, of any partition.' })
  region?: string | null;

  @Field(() => String, { nullable: true, description: 'Name or ARN of an existing stream.' })
  stream?: string | null;

  @Field(() => TooLargePolicyEnum, {
    nullable: true,
    description: "What becomes of a record over the stream's size limit.",
  })
  tooLargePolicy?: TooLargePolicy | null;
}

/** GraphQL type `UpdateKinesisDestinationSuccess`. */
@ObjectType('UpdateKinesisDestinationSuccess', { description: 'The destination was changed.' })
export class UpdateKinesisDestinationSuccess {
  @Field(() => KinesisDestinationType, {
    description: 'The destination as it is now; `lastTest` holds what its newest test found.',
  })
  destination!: KinesisDestinationType;
}

/** GraphQL union `UpdateKinesisDestinationResult`. */
export const UpdateKinesisDestinationResult = createUnionType({
  name: 'UpdateKinesisDestinationResult',
  description: 'Answer of updateKinesisDestination.',
  types: () => [UpdateKinesisDestinationSuccess, InvalidInputErrorType, NotFoundErrorType, ConflictErrorType] as const,
});
