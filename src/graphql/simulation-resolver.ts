/** Query that explains one delivery without making it. */

import { Args, Ctx, Query, Resolver } from 'type-graphql';
import type { Context } from './context.js';
import { orUserError } from './errors.js';
import { requestedId } from './requested-id.js';
import { ExportSimulationType, SimulateExportArgs, SimulateExportResult, SimulateExportSuccess } from './simulation.js';

/** Resolver of simulations. */
@Resolver()
export class SimulationResolver {
  @Query(() => SimulateExportResult, {
    description:
      'Explains one delivery without making it: whether the profile would be exported, why or why not, and the exact record. Give `activationId` for a saved activation, or `destinationId` for one not saved yet. Writes nothing. InvalidInputError: unknown ids, both or neither of the two, arguments that do not fit together.',
  })
  simulateExport(
    @Args(() => SimulateExportArgs) args: SimulateExportArgs,
    @Ctx() context: Context,
  ): Promise<typeof SimulateExportResult> {
    return orUserError(async () => {
      const { activationId, destinationId } = args;
      const simulation = await context.services.simulations.simulate(context.viewer.workspaceId, {
        activationId: activationId == null ? null : requestedId(activationId, 'Activation'),
        destinationId: destinationId == null ? null : requestedId(destinationId, 'KinesisDestination'),
        segmentIds: args.segmentIds ?? null,
        attributes: args.attributes ?? null,
        profileId: args.profileId ?? null,
        change: args.change ?? null,
      });
      return Object.assign(new SimulateExportSuccess(), {
        simulation: Object.assign(new ExportSimulationType(), simulation),
      });
    });
  }
}
