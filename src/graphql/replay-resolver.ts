/** The mutation that replays deliveries. */

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { toExportType } from './export.js';
import { ReplayDeliveriesInput, ReplayDeliveriesResult, ReplayDeliveriesSuccess } from './replay-mutations.js';
import { requestedId } from './requested-id.js';

/** Resolver of replays. */
@Resolver()
export class ReplayResolver {
  @Mutation(() => ReplayDeliveriesResult, {
    description:
      'Exports again, in their present state, the profiles delivered in a time window; who is no longer a member or erased is skipped with the reason. Role: OPERATOR. InvalidInputError. InvalidStateError: DESTINATION_DISABLED, or ACTIVATION_PAUSED for one that delivered in the window. ConflictError: IDEMPOTENCY_KEY_REUSED.',
  })
  replayDeliveries(
    @Arg('input', () => ReplayDeliveriesInput, { description: 'Which window.' }) input: ReplayDeliveriesInput,
    @Ctx() context: Context,
  ): Promise<typeof ReplayDeliveriesResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const request = { ...input, destinationId: requestedId(input.destinationId, 'KinesisDestination') };
      const exports = await context.services.replays.start(context.viewer, request);
      return Object.assign(new ReplayDeliveriesSuccess(), { exports: exports.map(toExportType) });
    });
  }
}
