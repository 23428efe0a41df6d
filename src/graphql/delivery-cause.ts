/** GraphQL types of causes. */

import { Field, ObjectType } from 'type-graphql';
import type { DeliveryCauseKind } from '../domain/delivery-cause.js';
import { createEnum } from './enums.js';

/** GraphQL enum `DeliveryCauseKind`. */
export const DeliveryCauseKindEnum = createEnum<DeliveryCauseKind>(
  'DeliveryCauseKind',
  'What kind of change triggered a delivery.',
  {
    ATTRIBUTE: 'A mapped attribute was written.',
    CONSENT: 'The consent attribute changed.',
    IDENTITY: 'An identity was added or removed.',
    MEMBERSHIP: 'A membership of an activated segment became realized or exited.',
    UNMAPPING: 'A segment was taken out of the activation with `sendExits`.',
  },
);

/** GraphQL type `DeliveryCause`. */
@ObjectType('DeliveryCause', { description: 'A change that triggered a delivery.', simpleResolvers: true })
export class DeliveryCauseType {
  @Field(() => DeliveryCauseKindEnum, { description: 'What kind of change.' })
  kind!: DeliveryCauseKind;

  @Field(() => String, {
    description:
      "MEMBERSHIP, UNMAPPING: the customer's segment id; IDENTITY: the namespace; ATTRIBUTE, CONSENT: the dot path.",
  })
  subject!: string;
}
