/** What `deliveryEvents` sends, as one union. */

import { createUnionType, Field, ObjectType } from 'type-graphql';
import type { DeliveryUpdate, EventUpdate, StreamEndCode } from '../events/delivery-update.js';
import { DestinationHealthChangedType, ExportStateChangedType, StreamPositionType } from './delivery-event.js';
import { DeliveriesCommittedType } from './delivery-event-deliveries.js';
import { toDestinationHealthType } from './destination-health.js';
import { createEnum } from './enums.js';

/** GraphQL enum `StreamEndCode`. */
export const StreamEndCodeEnum = createEnum<StreamEndCode>('StreamEndCode', 'Why a stream of events ends.', {
  CONSUMER_TOO_SLOW: 'The client reads too slowly: subscribe again, or ask for less.',
  CURSOR_EXPIRED:
    'The cursor is older than the deliveries kept: `resumeAfter` is the oldest position left, and what lies between is gone.',
  CURSOR_INVALID: 'The cursor is malformed, or not of this destination.',
  DESTINATION_DELETED: 'The destination was deleted.',
  EXPORT_FINISHED: 'All events of the export asked for have been sent.',
  NOT_FOUND: 'No such destination, export or activation in this workspace.',
  SERVER_STOPPING: 'This server is shutting down: subscribe again.',
});

/** GraphQL type `StreamEnded`. */
@ObjectType('StreamEnded', { description: 'The last message of the stream: why it ends, and how to go on.' })
export class StreamEndedType {
  @Field(() => StreamEndCodeEnum, { description: 'Why.' })
  code!: StreamEndCode;

  @Field(() => String, { description: 'Why, in words, and what to do.' })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Subscribe again with this as `after`: nothing is missed, but for CURSOR_EXPIRED; null if there is nothing to go on with.',
  })
  resumeAfter!: string | null;
}

/** GraphQL union `DeliveryUpdate`. */
export const DeliveryUpdateType = createUnionType({
  name: 'DeliveryUpdate',
  description: 'What `deliveryEvents` sends: a delivery event, or the named end.',
  types: () =>
    [
      DeliveriesCommittedType,
      ExportStateChangedType,
      DestinationHealthChangedType,
      StreamPositionType,
      StreamEndedType,
    ] as const,
});

/** Shapes an update for the schema. */
export function toDeliveryUpdateType(update: DeliveryUpdate, destinationKey: number): typeof DeliveryUpdateType {
  switch (update.kind) {
    case 'END': {
      const { code, message, resumeAfter } = update;
      return Object.assign(new StreamEndedType(), { code, message, resumeAfter });
    }
    case 'POSITION': {
      const { at, cursor, isCaughtUp } = update;
      return Object.assign(new StreamPositionType(), { at, cursor, caughtUp: isCaughtUp });
    }
    case 'EVENT':
      return toEventType(update, destinationKey);
  }
}

function toEventType({ event, cursor }: EventUpdate, destinationKey: number): typeof DeliveryUpdateType {
  const shared = { at: event.committedAt, cursor };
  switch (event.kind) {
    case 'DELIVERIES':
      return Object.assign(new DeliveriesCommittedType(), shared, { row: event });
    case 'EXPORT_STATE': {
      const { exportId, state } = event;
      return Object.assign(new ExportStateChangedType(), shared, { exportKey: exportId, state });
    }
    case 'HEALTH': {
      const health = toDestinationHealthType(event.health);
      return Object.assign(new DestinationHealthChangedType(), shared, { destinationKey, health });
    }
  }
}
