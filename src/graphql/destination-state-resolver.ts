/** Mutations that enable and disable destinations. */

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { type Context, requireRole } from './context.js';
import {
  DisableDestinationInput,
  DisableDestinationResult,
  DisableDestinationSuccess,
  EnableDestinationInput,
  EnableDestinationResult,
  EnableDestinationSuccess,
} from './destination-state-mutations.js';
import { orUserError } from './errors.js';
import { toDestinationType } from './kinesis-destination.js';
import { requestedId } from './requested-id.js';

/** Resolver of the states of destinations. */
@Resolver()
export class DestinationStateResolver {
  @Mutation(() => EnableDestinationResult, {
    description:
      'Lets a disabled destination deliver again, kept changes first; no effect on an enabled one. Role: OPERATOR. NotFoundError.',
  })
  enableDestination(
    @Arg('input', () => EnableDestinationInput, { description: 'Which one.' }) input: EnableDestinationInput,
    @Ctx() context: Context,
  ): Promise<typeof EnableDestinationResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const id = requestedId(input.id, 'KinesisDestination');
      const destination = await context.services.destinationStates.enable(context.viewer.workspaceId, id);
      return Object.assign(new EnableDestinationSuccess(), { destination: toDestinationType(destination) });
    });
  }

  @Mutation(() => DisableDestinationResult, {
    description:
      'Stops all deliveries to a destination within 10 s; changes are kept, coalesced to the latest state per profile, and running exports wait. No effect on a disabled one. Role: OPERATOR. NotFoundError.',
  })
  disableDestination(
    @Arg('input', () => DisableDestinationInput, { description: 'Which one.' }) input: DisableDestinationInput,
    @Ctx() context: Context,
  ): Promise<typeof DisableDestinationResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const id = requestedId(input.id, 'KinesisDestination');
      const destination = await context.services.destinationStates.disable(context.viewer.workspaceId, id);
      return Object.assign(new DisableDestinationSuccess(), { destination: toDestinationType(destination) });
    });
  }
}
