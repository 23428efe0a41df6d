/** Input and answer of the mutation that replays deliveries. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { ConflictErrorType, InvalidInputErrorType, InvalidStateErrorType } from './errors.js';
import { ExportType } from './export.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL input `ReplayDeliveriesInput`. */
@InputType('ReplayDeliveriesInput', { description: 'Input of replayDeliveries.' })
export class ReplayDeliveriesInput {
  @Field(() => ID, { description: 'Global id of the destination.' })
  destinationId!: string;

  @Field(() => DateTimeScalar, {
    description: 'Delivered at this time or later; within the retention of deliveries (30 days by default).',
  })
  from!: Date;

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

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Delivered before this time; null, or a time to come, means now.',
  })
  to?: Date | null;
}

/** GraphQL type `ReplayDeliveriesSuccess`. */
@ObjectType('ReplayDeliveriesSuccess', { description: 'The replay was started.' })
export class ReplayDeliveriesSuccess {
  @Field(() => [ExportType], {
    description: 'One export for each activation concerned; empty if nothing was delivered in the window.',
  })
  exports!: ExportType[];
}

/** GraphQL union `ReplayDeliveriesResult`. */
export const ReplayDeliveriesResult = createUnionType({
  name: 'ReplayDeliveriesResult',
  description: 'Answer of replayDeliveries.',
  types: () => [ReplayDeliveriesSuccess, InvalidInputErrorType, InvalidStateErrorType, ConflictErrorType] as const,
});
