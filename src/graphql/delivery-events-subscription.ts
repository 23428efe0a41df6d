/** Subscription `deliveryEvents`. */

import { Args, ArgsType, Field, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { DeliveryStream, DeliveryUpdate } from '../events/delivery-update.js';
import type { Context } from './context.js';
import { DeliveryUpdateType, toDeliveryUpdateType } from './delivery-event-update.js';
import type { LiveStream } from './live-stream.js';
import { requestedId } from './requested-id.js';

/** Arguments of `deliveryEvents`. */
@ArgsType()
class DeliveryEventsArgs {
  @Field(() => ID, { description: 'Global id of the destination.' })
  destinationId!: string;

  @Field(() => ID, { nullable: true, description: 'Only events of this export.' })
  exportId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only events of this activation.' })
  activationId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The newest cursor you hold, of this destination and any filter; null starts now, with a StreamPosition.',
  })
  after?: string | null;
}

/** Resolver of `deliveryEvents`. */
@Resolver()
export class DeliveryEventsSubscription {
  // Topics of type-graphql cannot resume: the stream comes from the tail, which reads rows.
  @Subscription(() => DeliveryUpdateType, {
    subscribe: ({ args, context }: { args: DeliveryEventsArgs; context: Context }) => watch(args, context),
    description:
      'Every delivery event of a destination after a cursor, each once and in order per profile, then live. Load the page with `eventCursor`, subscribe with it, keep the newest `cursor`, and after a break subscribe with that one: no gap. Ends with StreamEnded.',
  })
  deliveryEvents(
    @Root() update: DeliveryUpdate,
    @Args(() => DeliveryEventsArgs) args: DeliveryEventsArgs,
  ): typeof DeliveryUpdateType {
    return toDeliveryUpdateType(update, requestedId(args.destinationId, 'KinesisDestination'));
  }
}

function watch(args: DeliveryEventsArgs, { events, viewer }: Context): DeliveryStream & LiveStream {
  return events.subscribe({
    workspaceId: viewer.workspaceId,
    destinationId: requestedId(args.destinationId, 'KinesisDestination'),
    exportId: args.exportId == null ? null : requestedId(args.exportId, 'Export'),
    activationId: args.activationId == null ? null : requestedId(args.activationId, 'Activation'),
    after: args.after ?? null,
  });
}
