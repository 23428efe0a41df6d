/** Lists of exports: what a client may ask of them. Apart from the type, so that parents can import both. */

import { ArgsType, Field, ID, InputType } from 'type-graphql';
import type { ExportState, ExportTrigger } from '../domain/export.js';
import type { ExportOrderName } from '../storage/exports.js';
import { ConnectionArgs } from './connection.js';
import { createEnum } from './enums.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL enum `ExportState`. */
export const ExportStateEnum = createEnum<ExportState>(
  'ExportState',
  "How far an export is. One that is held up (see `paused`, and the destination's health) keeps its state and goes on by itself.",
  {
    CANCELED: 'Canceled; what was pending is skipped.',
    CANCELING: 'Being canceled: what is in flight is settled, the rest is skipped.',
    FAILED: 'Finished; nothing was delivered and something failed.',
    PARTIALLY_FAILED: 'Finished; some delivered, some failed.',
    PREPARING: 'Its members are being listed; nothing is sent yet.',
    RUNNING: 'Being sent.',
    SUCCEEDED: 'Finished; nothing failed.',
  },
);

/** GraphQL enum `ExportTrigger`. */
export const ExportTriggerEnum = createEnum<ExportTrigger>('ExportTrigger', 'Why an export was started.', {
  BACKFILL: 'Segments were activated.',
  EXITS: 'Segments were taken out of an activation with `sendExits`.',
  MANUAL: 'By triggerExport.',
  REPLAY: 'By replayDeliveries.',
  RETRY: 'By retryFailedRecords.',
  SCHEDULED: "By the activation's schedule.",
});

/** GraphQL input `ExportFilter`. */
@InputType('ExportFilter', { description: 'Which exports.' })
export class ExportFilterInput {
  @Field(() => ID, { nullable: true, description: 'Only of the activation with this global id.' })
  activationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only to the destination with this global id.' })
  destinationId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Created at this time or later.' })
  from?: Date | null;

  @Field(() => [ExportStateEnum], { nullable: true, description: 'Only these states.' })
  states?: ExportState[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Created before this time.' })
  to?: Date | null;

  @Field(() => [ExportTriggerEnum], { nullable: true, description: 'Only these triggers.' })
  triggers?: ExportTrigger[] | null;
}

/** GraphQL enum `ExportOrder`. */
export const ExportOrderEnum = createEnum<ExportOrderName>('ExportOrder', 'Orders of exports.', {
  CREATED_AT_ASC: 'Oldest first.',
  CREATED_AT_DESC: 'Newest first.',
});

/** Arguments of lists of exports. */
@ArgsType()
export class ExportListArgs extends ConnectionArgs {
  @Field(() => ExportFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: ExportFilterInput | null;

  @Field(() => ExportOrderEnum, {
    nullable: true,
    defaultValue: 'CREATED_AT_DESC',
    description: 'Order; null means the default.',
  })
  orderBy?: ExportOrderName | null;
}
