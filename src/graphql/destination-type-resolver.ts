/** Query of the catalogue. */

import { Ctx, Query, Resolver } from 'type-graphql';
import { DESTINATION_KINDS } from '../domain/destination-type.js';
import type { Context } from './context.js';
import { DestinationTypeType, toDestinationTypeType } from './destination-type.js';

/** Resolver of the catalogue. */
@Resolver()
export class DestinationTypeResolver {
  @Query(() => [DestinationTypeType], {
    description:
      'The catalogue: kinds of places data can go, with the fields of each wizard step and the permissions they need.',
  })
  destinationTypes(@Ctx() context: Context): DestinationTypeType[] {
    return DESTINATION_KINDS.map((kind) => toDestinationTypeType(kind, context));
  }
}
