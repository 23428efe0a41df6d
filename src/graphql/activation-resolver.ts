/** Queries and mutations of activations. */

import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { toGlobalId } from '../domain/global-id.js';
import {
  ActivationConnectionType,
  ActivationType,
  findActivationType,
  listActivations,
  toActivationType,
} from './activation.js';
import { ActivationListArgs } from './activation-list.js';
import {
  ActivateSegmentsInput,
  ActivateSegmentsResult,
  ActivateSegmentsSuccess,
  DeleteActivationInput,
  DeleteActivationResult,
  DeleteActivationSuccess,
  UpdateActivationInput,
  UpdateActivationResult,
  UpdateActivationSuccess,
} from './activation-mutations.js';
import type { Connection } from './connection.js';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { toExportType } from './export.js';
import { requestedId } from './requested-id.js';

/** Resolver of activations. */
@Resolver()
export class ActivationResolver {
  @Query(() => ActivationType, { nullable: true, description: 'One activation; null if there is none.' })
  activation(
    @Arg('id', () => ID, { description: 'Global id.' }) id: string,
    @Ctx() context: Context,
  ): Promise<ActivationType | null> {
    return findActivationType(requestedId(id, 'Activation'), context);
  }

  @Query(() => ActivationConnectionType, { description: "The workspace's activations." })
  activations(
    @Args(() => ActivationListArgs) args: ActivationListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<ActivationType>> {
    return listActivations(args, context, { scope: 'workspace', id: context.viewer.workspaceId });
  }

  @Mutation(() => ActivateSegmentsResult, {
    description:
      'Activates segments to a destination: live delivery from now on, and a backfill of present members. Role: OPERATOR. InvalidInputError. ConflictError: IDEMPOTENCY_KEY_REUSED.',
  })
  activateSegments(
    @Arg('input', () => ActivateSegmentsInput, { description: 'The new activation.' }) input: ActivateSegmentsInput,
    @Ctx() context: Context,
  ): Promise<typeof ActivateSegmentsResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const destinationId = requestedId(input.destinationId, 'KinesisDestination');
      const order = { ...input, destinationId };
      const { activation, backfill } = await context.services.activations.activate(context.viewer, order);
      return Object.assign(new ActivateSegmentsSuccess(), {
        activation: toActivationType(activation),
        backfill: backfill && toExportType(backfill),
      });
    });
  }

  @Mutation(() => UpdateActivationResult, {
    description:
      'Changes an activation; members of added segments are backfilled. Role: OPERATOR. InvalidInputError. NotFoundError. ConflictError: VERSION_CONFLICT.',
  })
  updateActivation(
    @Arg('input', () => UpdateActivationInput, { description: 'What to change.' }) input: UpdateActivationInput,
    @Ctx() context: Context,
  ): Promise<typeof UpdateActivationResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const change = { ...input, id: requestedId(input.id, 'Activation') };
      const { activation, backfill, exits } = await context.services.activations.update(context.viewer, change);
      return Object.assign(new UpdateActivationSuccess(), {
        activation: toActivationType(activation),
        backfill: backfill && toExportType(backfill),
        exits: exits && toExportType(exits),
      });
    });
  }

  @Mutation(() => DeleteActivationResult, {
    description:
      'Ends an activation: pending changes are skipped and open failed records discarded with code ACTIVATION_DELETED; no exits are sent; its exports and deliveries stay readable. Role: OPERATOR. NotFoundError. InvalidStateError: EXPORT_RUNNING.',
  })
  deleteActivation(
    @Arg('input', () => DeleteActivationInput, { description: 'Which one.' }) input: DeleteActivationInput,
    @Ctx() context: Context,
  ): Promise<typeof DeleteActivationResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const id = requestedId(input.id, 'Activation');
      const deleted = await context.services.activations.delete(context.viewer.workspaceId, id);
      return Object.assign(new DeleteActivationSuccess(), { deletedId: toGlobalId('Activation', deleted.id) });
    });
  }
}
