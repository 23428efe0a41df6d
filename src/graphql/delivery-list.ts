/** Lists of deliveries: what a client may ask of them. Apart from the type, so that parents can import both. */

import { ArgsType, Field, ID, InputType } from 'type-graphql';
import type { DeliveryOrigin, DeliveryOutcome } from '../domain/delivery.js';
import type { DeliveryCode } from '../domain/delivery-code.js';
import type { DeliveryOrderName } from '../storage/deliveries.js';
import { ConnectionArgs } from './connection.js';
import { createEnum } from './enums.js';
import { DeliveryCodeEnum } from './error-code.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL enum `DeliveryOutcome`. */
export const DeliveryOutcomeEnum = createEnum<DeliveryOutcome>('DeliveryOutcome', 'What became of a record.', {
  DELIVERED: 'In the stream, with shard and sequence number.',
  FAILED: 'Given up on, kept as a failed record.',
  SKIPPED: 'Not sent, by rule.',
});

/** GraphQL enum `DeliveryOrigin`. */
export const DeliveryOriginEnum = createEnum<DeliveryOrigin>('DeliveryOrigin', 'Why a record was built.', {
  BACKFILL: 'An export of trigger BACKFILL.',
  EXITS: 'An export of trigger EXITS.',
  LIVE: 'A change to the profile.',
  MANUAL: 'An export of trigger MANUAL.',
  REPLAY: 'An export of trigger REPLAY.',
  RETRY: 'An export of trigger RETRY.',
  SCHEDULED: 'An export of trigger SCHEDULED.',
});

/** GraphQL input `DeliveryFilter`. */
@InputType('DeliveryFilter', { description: 'Which deliveries.' })
export class DeliveryFilterInput {
  @Field(() => ID, { nullable: true, description: 'Only of the activation with this global id.' })
  activationId?: string | null;

  @Field(() => [DeliveryCodeEnum], { nullable: true, description: 'Only these codes.' })
  codes?: DeliveryCode[] | null;

  @Field(() => ID, { nullable: true, description: 'Only to the destination with this global id.' })
  destinationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only of the export with this global id.' })
  exportId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Committed at this time or later.' })
  from?: Date | null;

  @Field(() => [DeliveryOriginEnum], { nullable: true, description: 'Only these origins.' })
  origins?: DeliveryOrigin[] | null;

  @Field(() => [DeliveryOutcomeEnum], { nullable: true, description: 'Only these outcomes.' })
  outcomes?: DeliveryOutcome[] | null;

  @Field(() => String, { nullable: true, description: "Only of the profile with this customer's id." })
  profileId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Committed before this time.' })
  to?: Date | null;
}

/** GraphQL enum `DeliveryOrder`. */
export const DeliveryOrderEnum = createEnum<DeliveryOrderName>('DeliveryOrder', 'Orders of deliveries.', {
  COMMITTED_AT_ASC: 'Oldest first.',
  COMMITTED_AT_DESC: 'Newest first.',
});

/** Arguments of lists of deliveries. */
@ArgsType()
export class DeliveryListArgs extends ConnectionArgs {
  @Field(() => DeliveryFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: DeliveryFilterInput | null;

  @Field(() => DeliveryOrderEnum, {
    nullable: true,
    defaultValue: 'COMMITTED_AT_DESC',
    description: 'Order; null means the default.',
  })
  orderBy?: DeliveryOrderName | null;
}
