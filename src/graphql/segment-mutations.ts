/** Inputs and answers of the mutations of segments. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { ConflictErrorType, InvalidInputErrorType, InvalidStateErrorType, NotFoundErrorType } from './errors.js';
import { SegmentType } from './segment.js';

/** GraphQL input `CreateSegmentInput`. */
@InputType('CreateSegmentInput', { description: 'Input of createSegment.' })
export class CreateSegmentInput {
  @Field(() => String, { nullable: true, description: 'Up to 1,000 characters.' })
  description?: string | null;

  @Field(() => String, { description: '1–255 characters.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    defaultValue: 'ups',
    description: 'Namespace that records file it under, 1–256 characters.',
  })
  namespace?: string | null;

  @Field(() => String, { description: "The customer's id, 1–256 characters; opaque; unique in the workspace." })
  segmentId!: string;
}

/** GraphQL type `CreateSegmentSuccess`. */
@ObjectType('CreateSegmentSuccess', { description: 'The segment was added.' })
export class CreateSegmentSuccess {
  @Field(() => SegmentType, { description: 'The new segment.' })
  segment!: SegmentType;
}

/** GraphQL union `CreateSegmentResult`. */
export const CreateSegmentResult = createUnionType({
  name: 'CreateSegmentResult',
  description: 'Answer of createSegment.',
  types: () => [CreateSegmentSuccess, InvalidInputErrorType, ConflictErrorType] as const,
});

/** GraphQL input `UpdateSegmentInput`. */
@InputType('UpdateSegmentInput', { description: 'Input of updateSegment. What is left out stays; null clears it.' })
export class UpdateSegmentInput {
  @Field(() => String, { nullable: true, description: 'Up to 1,000 characters.' })
  description?: string | null;

  @Field(() => Int, { description: 'The `version` you read.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: '1–255 characters.' })
  name?: string | null;

  @Field(() => String, { description: "The customer's id of the segment to change." })
  segmentId!: string;
}

/** GraphQL type `UpdateSegmentSuccess`. */
@ObjectType('UpdateSegmentSuccess', { description: 'The segment was changed.' })
export class UpdateSegmentSuccess {
  @Field(() => SegmentType, { description: 'The segment as it is now.' })
  segment!: SegmentType;
}

/** GraphQL union `UpdateSegmentResult`. */
export const UpdateSegmentResult = createUnionType({
  name: 'UpdateSegmentResult',
  description: 'Answer of updateSegment.',
  types: () => [UpdateSegmentSuccess, InvalidInputErrorType, NotFoundErrorType, ConflictErrorType] as const,
});

/** GraphQL input `DeleteSegmentInput`. */
@InputType('DeleteSegmentInput', { description: 'Input of deleteSegment.' })
export class DeleteSegmentInput {
  @Field(() => String, { description: "The customer's id." })
  segmentId!: string;
}

/** GraphQL type `DeleteSegmentSuccess`. */
@ObjectType('DeleteSegmentSuccess', { description: 'The segment was deleted.' })
export class DeleteSegmentSuccess {
  @Field(() => ID, { description: 'Global id of what was deleted.' })
  deletedId!: string;
}

/** GraphQL union `DeleteSegmentResult`. */
export const DeleteSegmentResult = createUnionType({
  name: 'DeleteSegmentResult',
  description: 'Answer of deleteSegment.',
  types: () => [DeleteSegmentSuccess, NotFoundErrorType, InvalidStateErrorType] as const,
});
