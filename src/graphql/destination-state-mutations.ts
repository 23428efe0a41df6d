/** Inputs and answers of the mutations that enable and disable destinations. */

import { createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { DestinationInterface } from './destination.js';
import { NotFoundErrorType } from './errors.js';

/** GraphQL input `EnableDestinationInput`. */
@InputType('EnableDestinationInput', { description: 'Input of enableDestination.' })
export class EnableDestinationInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `EnableDestinationSuccess`. */
@ObjectType('EnableDestinationSuccess', { description: 'The destination is enabled.' })
export class EnableDestinationSuccess {
  @Field(() => DestinationInterface, { description: 'The destination as it is now.' })
  destination!: DestinationInterface;
}

/** GraphQL union `EnableDestinationResult`. */
export const EnableDestinationResult = createUnionType({
  name: 'EnableDestinationResult',
  description: 'Answer of enableDestination.',
  types: () => [EnableDestinationSuccess, NotFoundErrorType] as const,
});

/** GraphQL input `DisableDestinationInput`. */
@InputType('DisableDestinationInput', { description: 'Input of disableDestination.' })
export class DisableDestinationInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `DisableDestinationSuccess`. */
@ObjectType('DisableDestinationSuccess', { description: 'The destination is disabled.' })
export class DisableDestinationSuccess {
  @Field(() => DestinationInterface, { description: 'The destination as it is now.' })
  destination!: DestinationInterface;
}

/** GraphQL union `DisableDestinationResult`. */
export const DisableDestinationResult = createUnionType({
  name: 'DisableDestinationResult',
  description: 'Answer of disableDestination.',
  types: () => [DisableDestinationSuccess, NotFoundErrorType] as const,
});
