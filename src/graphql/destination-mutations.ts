/** Inputs and answers of the mutations that take destinations of any kind. */

import { createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { InvalidStateErrorType, NotFoundErrorType } from './errors.js';

/** GraphQL input `DeleteDestinationInput`. */
@InputType('DeleteDestinationInput', { description: 'Input of deleteDestination.' })
export class DeleteDestinationInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `DeleteDestinationSuccess`. */
@ObjectType('DeleteDestinationSuccess', { description: 'The destination was deleted.' })
export class DeleteDestinationSuccess {
  @Field(() => ID, { description: 'Global id of what was deleted.' })
  deletedId!: string;
}

/** GraphQL union `DeleteDestinationResult`. */
export const DeleteDestinationResult = createUnionType({
  name: 'DeleteDestinationResult',
  description: 'Answer of deleteDestination.',
  types: () => [DeleteDestinationSuccess, NotFoundErrorType, InvalidStateErrorType] as const,
});
