/** Inputs and answers of the mutations of failed records. */

import { createUnionType, Field, InputType, Int, ObjectType } from 'type-graphql';
import { ConflictErrorType, InvalidInputErrorType, InvalidStateErrorType } from './errors.js';
import { ExportType } from './export.js';
import { FailedRecordFilterInput } from './failed-record-list.js';
import { BigIntScalar } from './scalars.js';

/** GraphQL input `RetryFailedRecordsInput`. */
@InputType('RetryFailedRecordsInput', { description: 'Input of retryFailedRecords.' })
export class RetryFailedRecordsInput {
  @Field(() => FailedRecordFilterInput, {
    description: 'Which open failed records; at least one of `ids`, `destinationId`, `activationId`, `exportId`.',
  })
  filter!: FailedRecordFilterInput;

  @Field(() => String, {
    nullable: true,
    description:
      'Your name for this call, 1–255 characters: sent again within 24 h, it gives the first answer and starts nothing.',
  })
  idempotencyKey?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Most records sent a second, 1–1,000,000; null means no limit of its own.',
  })
  maxRecordsPerSecond?: number | null;
}

/** GraphQL type `RetryFailedRecordsSuccess`. */
@ObjectType('RetryFailedRecordsSuccess', { description: 'The retry was started.' })
export class RetryFailedRecordsSuccess {
  @Field(() => [ExportType], {
    description: 'One export for each activation concerned; empty if the filter meets no open record.',
  })
  exports!: ExportType[];

  @Field(() => BigIntScalar, { description: 'How many failed records are being retried.' })
  retried!: number;
}

/** GraphQL union `RetryFailedRecordsResult`. */
export const RetryFailedRecordsResult = createUnionType({
  name: 'RetryFailedRecordsResult',
  description: 'Answer of retryFailedRecords.',
  types: () => [RetryFailedRecordsSuccess, InvalidInputErrorType, InvalidStateErrorType, ConflictErrorType] as const,
});

/** GraphQL input `DiscardFailedRecordsInput`. */
@InputType('DiscardFailedRecordsInput', { description: 'Input of discardFailedRecords.' })
export class DiscardFailedRecordsInput {
  @Field(() => FailedRecordFilterInput, {
    description: 'Which open failed records; at least one of `ids`, `destinationId`, `activationId`, `exportId`.',
  })
  filter!: FailedRecordFilterInput;
}

/** GraphQL type `DiscardFailedRecordsSuccess`. */
@ObjectType('DiscardFailedRecordsSuccess', { description: 'The failed records were discarded.' })
export class DiscardFailedRecordsSuccess {
  @Field(() => BigIntScalar, { description: 'How many.' })
  discarded!: number;
}

/** GraphQL union `DiscardFailedRecordsResult`. */
export const DiscardFailedRecordsResult = createUnionType({
  name: 'DiscardFailedRecordsResult',
  description: 'Answer of discardFailedRecords.',
  types: () => [DiscardFailedRecordsSuccess, InvalidInputErrorType] as const,
});
