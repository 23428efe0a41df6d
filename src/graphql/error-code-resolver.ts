/** Query of the error catalogue. */

import { Arg, Query, Resolver } from 'type-graphql';
import { ERROR_CATALOGUE, type ErrorCodeKind } from '../domain/error-catalogue.js';
import { ErrorCodeKindEnum, ErrorCodeType, toErrorCodeType } from './error-code.js';

/** Resolver of the error catalogue. */
@Resolver()
export class ErrorCodeResolver {
  @Query(() => [ErrorCodeType], {
    description: 'The error catalogue: every stable code of this API with its meaning and remedy; fewer than 200.',
  })
  errorCodes(
    @Arg('kinds', () => [ErrorCodeKindEnum], { nullable: true, description: 'Only these kinds; null means all.' })
    kinds?: ErrorCodeKind[] | null,
  ): ErrorCodeType[] {
    return ERROR_CATALOGUE.filter((entry) => kinds == null || kinds.includes(entry.kind)).map(toErrorCodeType);
  }
}
