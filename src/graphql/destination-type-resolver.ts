/** Query of the catalogue. */

import { Query, Resolver } from 'type-graphql';
import { DESTINATION_TYPES } from '../domain/destination-type.js';
import { DestinationTypeType, toDestinationTypeType } from './destination-type.js';

/** Resolver of the catalogue. */
@Resolver()
export class DestinationTypeResolver {
  @Query(() => [DestinationTypeType], {
    description:
      'The catalogue: kinds of places data can go, with the fields of each wizard step and the permissions they need.',
  })
  destinationTypes(): DestinationTypeType[] {
    return Object.values(DESTINATION_TYPES).map(({ kind }) => toDestinationTypeType(kind));
  }
}
