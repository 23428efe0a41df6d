/** Lists of failed records: what a client may ask of them. Apart from the type, so that parents can import both. */

import { ArgsType, Field, ID, InputType } from 'type-graphql';
import type { DeliveryCode } from '../domain/delivery-code.js';
import type { FailedRecordState } from '../domain/failed-record.js';
import type { FailedRecordOrderName } from '../storage/failed-records.js';
import { ConnectionArgs } from './connection.js';
import { createEnum } from './enums.js';
import { DeliveryCodeEnum } from './error-code.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL enum `FailedRecordState`. */
export const FailedRecordStateEnum = createEnum<FailedRecordState>(
  'FailedRecordState',
  'Whether a failed record still waits for a decision.',
  {
    DISCARDED: 'Given up for good.',
    OPEN: 'Waits for a retry or a discard.',
    RECOVERED: 'Delivered, or rightly skipped, by a retry.',
    RETRYING: 'Part of a running retry; open again if that fails.',
  },
);

/** GraphQL input `FailedRecordFilter`. */
@InputType('FailedRecordFilter', { description: 'Which failed records.' })
export class FailedRecordFilterInput {
  @Field(() => ID, { nullable: true, description: 'Only of the activation with this global id.' })
  activationId?: string | null;

  @Field(() => [DeliveryCodeEnum], { nullable: true, description: 'Only these codes.' })
  codes?: DeliveryCode[] | null;

  @Field(() => ID, { nullable: true, description: 'Only of the destination with this global id.' })
  destinationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only first failed in the export with this global id.' })
  exportId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Failed at this time or later.' })
  from?: Date | null;

  @Field(() => [ID], { nullable: true, description: 'Only these, 1–500 global ids.' })
  ids?: string[] | null;

  @Field(() => String, { nullable: true, description: "Only of the profile with this customer's id." })
  profileId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Only those that a retry can help (true) or cannot (false).',
  })
  retryable?: boolean | null;

  @Field(() => [FailedRecordStateEnum], {
    nullable: true,
    description: 'Only these states; a retry or discard takes OPEN ones only, whatever stands here.',
  })
  states?: FailedRecordState[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Failed before this time.' })
  to?: Date | null;
}

/** GraphQL enum `FailedRecordOrder`. */
export const FailedRecordOrderEnum = createEnum<FailedRecordOrderName>(
  'FailedRecordOrder',
  'Orders of failed records.',
  { FAILED_AT_ASC: 'Oldest first.', FAILED_AT_DESC: 'Newest first.' },
);

/** Arguments of lists of failed records. */
@ArgsType()
export class FailedRecordListArgs extends ConnectionArgs {
  @Field(() => FailedRecordFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: FailedRecordFilterInput | null;

  @Field(() => FailedRecordOrderEnum, {
    nullable: true,
    defaultValue: 'FAILED_AT_DESC',
    description: 'Order; null means the default.',
  })
  orderBy?: FailedRecordOrderName | null;
}
