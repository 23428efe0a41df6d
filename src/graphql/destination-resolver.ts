/** Queries and mutations of destinations of any kind. */

import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { Connection } from './connection.js';
import { type Context, requireRole } from './context.js';
import { DestinationInterface } from './destination.js';
import { DestinationConnectionType, DestinationListArgs, listDestinations } from './destination-list.js';
import { DeleteDestinationInput, DeleteDestinationResult, DeleteDestinationSuccess } from './destination-mutations.js';
import { orUserError } from './errors.js';
import { toDestinationType } from './kinesis-destination.js';
import { requestedId } from './requested-id.js';

/** Resolver of destinations. */
@Resolver()
export class DestinationResolver {
  @Query(() => DestinationInterface, { nullable: true, description: 'One destination; null if there is none.' })
  async destination(
    @Arg('id', () => ID, { description: 'Global id.' }) id: string,
    @Ctx() context: Context,
  ): Promise<DestinationInterface | null> {
    const destination = await context.loaders.destinationById.load(requestedId(id, 'KinesisDestination'));
    return destination && toDestinationType(destination);
  }

  @Query(() => DestinationConnectionType, { description: "The workspace's destinations." })
  destinations(
    @Args(() => DestinationListArgs) args: DestinationListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<DestinationInterface>> {
    return listDestinations(args, context, { scope: 'WORKSPACE', id: context.viewer.workspaceId });
  }

  @Mutation(() => DeleteDestinationResult, {
    description:
      'Deletes a destination with its activations, pending changes, exports, deliveries and failed records. The stream is untouched. Role: ADMIN. NotFoundError. InvalidStateError: EXPORT_RUNNING.',
  })
  deleteDestination(
    @Arg('input', () => DeleteDestinationInput, { description: 'Which one.' }) input: DeleteDestinationInput,
    @Ctx() context: Context,
  ): Promise<typeof DeleteDestinationResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const id = requestedId(input.id, 'KinesisDestination');
      await context.services.destinations.delete(context.viewer.workspaceId, id);
      return Object.assign(new DeleteDestinationSuccess(), { deletedId: input.id });
    });
  }
}
