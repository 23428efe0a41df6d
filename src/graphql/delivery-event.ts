/** Delivery events in the schema: what they share, and those that are not about records. */

import { Ctx, Field, InterfaceType, ObjectType } from 'type-graphql';
import type { DestinationHealth } from '../domain/destination.js';
import type { ExportState } from '../domain/export.js';
import type { Context } from './context.js';
import { DestinationInterface } from './destination.js';
import { DestinationHealthType } from './destination-health.js';
import { ExportType, findExportType } from './export.js';
import { ExportStateEnum } from './export-list.js';
import { getDestination } from './kinesis-destination.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL interface `DeliveryEvent`. */
@InterfaceType('DeliveryEvent', {
  description: "A published fact about deliveries, at a position in its destination's stream of events.",
})
export abstract class DeliveryEventType {
  @Field(() => DateTimeScalar, { description: 'When it was committed.' })
  at!: Date;

  @Field(() => String, {
    description:
      'Position right after this event: hand the newest one back as `after`. Opaque; valid as long as deliveries are kept (30 days by default).',
  })
  cursor!: string;
}

const CURSOR = 'Position right after this event: hand the newest one back as `after`.';

/** GraphQL type `ExportStateChanged`. */
@ObjectType('ExportStateChanged', {
  implements: DeliveryEventType,
  description: 'An export changed its state; sent after every DeliveriesCommitted that led to it.',
})
export class ExportStateChangedType extends DeliveryEventType {
  /** Internal id. */
  exportKey!: number;

  @Field(() => String, { description: CURSOR })
  override cursor = '';

  @Field(() => ExportType, { nullable: true, description: 'The export as it is now; null if it is not kept any more.' })
  export(@Ctx() context: Context): Promise<ExportType | null> {
    return findExportType(this.exportKey, context);
  }

  @Field(() => ExportStateEnum, { description: 'The state that it took with this event.' })
  state!: ExportState;
}

/** GraphQL type `DestinationHealthChanged`. */
@ObjectType('DestinationHealthChanged', {
  implements: DeliveryEventType,
  description: "The destination's health changed.",
})
export class DestinationHealthChangedType extends DeliveryEventType {
  /** Internal id. */
  destinationKey!: number;

  @Field(() => String, { description: CURSOR })
  override cursor = '';

  @Field(() => DestinationInterface, { description: 'The destination as it is now.' })
  destination(@Ctx() context: Context): Promise<DestinationInterface> {
    return getDestination(this.destinationKey, context);
  }

  @Field(() => DestinationHealthType, { description: 'The health that it took with this event.' })
  health!: DestinationHealth;
}

/** GraphQL type `StreamPosition`. */
@ObjectType('StreamPosition', {
  implements: DeliveryEventType,
  description: 'A sign of life, at least every 10 s, that moves the cursor past events which the filter leaves out.',
})
export class StreamPositionType extends DeliveryEventType {
  @Field(() => DateTimeScalar, { description: 'When it was sent.' })
  override at = new Date();

  @Field(() => Boolean, {
    description: 'Whether everything committed by now has been sent: the replay is over and the stream is live.',
  })
  caughtUp!: boolean;

  @Field(() => String, { description: 'Position reached: hand the newest one back as `after`.' })
  override cursor = '';
}
