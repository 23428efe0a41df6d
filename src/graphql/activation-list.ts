/** Lists of activations: what a client may ask of them. Apart from the type, so that parents can import both. */

import { ArgsType, Field, ID, InputType } from 'type-graphql';
import type { ActivationState } from '../domain/activation.js';
import type { ChangeDetection } from '../domain/trigger.js';
import type { ActivationOrderName } from '../storage/activations.js';
import { ConnectionArgs } from './connection.js';
import { createEnum } from './enums.js';

/** GraphQL enum `ActivationState`. */
export const ActivationStateEnum = createEnum<ActivationState>('ActivationState', 'Whether an activation delivers.', {
  ACTIVE: 'Delivers, if its destination can.',
  PAUSED: 'Holds its deliveries; changes are kept.',
});

/** GraphQL enum `ChangeDetection`. */
export const ChangeDetectionEnum = createEnum<ChangeDetection>(
  'ChangeDetection',
  'Whether writing an equal value to a mapped attribute triggers a delivery.',
  { EXPORT_ALWAYS: 'It does.', EXPORT_IF_CHANGED: 'It does not.' },
);

/** GraphQL input `ActivationFilter`. */
@InputType('ActivationFilter', { description: 'Which activations.' })
export class ActivationFilterInput {
  @Field(() => ID, { nullable: true, description: 'Only to the destination with this global id.' })
  destinationId?: string | null;

  @Field(() => String, { nullable: true, description: "Only those with the segment of this customer's id." })
  segmentId?: string | null;

  @Field(() => [ActivationStateEnum], { nullable: true, description: 'Only these states.' })
  states?: ActivationState[] | null;
}

/** GraphQL enum `ActivationOrder`. */
export const ActivationOrderEnum = createEnum<ActivationOrderName>('ActivationOrder', 'Orders of activations.', {
  CREATED_AT_ASC: 'Oldest first.',
  CREATED_AT_DESC: 'Newest first.',
  UPDATED_AT_ASC: 'Longest unchanged first.',
  UPDATED_AT_DESC: 'Last changed first.',
});

/** Arguments of lists of activations. */
@ArgsType()
export class ActivationListArgs extends ConnectionArgs {
  @Field(() => ActivationFilterInput, { nullable: true, description: 'Only what meets every condition given.' })
  filter?: ActivationFilterInput | null;

  @Field(() => ActivationOrderEnum, {
    nullable: true,
    defaultValue: 'CREATED_AT_DESC',
    description: 'Order; null means the default.',
  })
  orderBy?: ActivationOrderName | null;
}
