/** Mutations of Amazon Kinesis destinations. */

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { toDestinationType } from './kinesis-destination.js';
import {
  CreateKinesisDestinationInput,
  CreateKinesisDestinationResult,
  CreateKinesisDestinationSuccess,
  UpdateKinesisDestinationInput,
  UpdateKinesisDestinationResult,
  UpdateKinesisDestinationSuccess,
} from './kinesis-destination-mutations.js';
import { requestedId } from './requested-id.js';

/** Resolver of Amazon Kinesis destinations. */
@Resolver()
export class KinesisDestinationResolver {
  @Mutation(() => CreateKinesisDestinationResult, {
    description:
      'Connects an existing Amazon Kinesis data stream and tests it (at most 10 s). It is saved even if the test fails; `health` then says why. Role: ADMIN. InvalidInputError. ConflictError: IDEMPOTENCY_KEY_REUSED.',
  })
  createKinesisDestination(
    @Arg('input', () => CreateKinesisDestinationInput, { description: 'The new destination.' })
    input: CreateKinesisDestinationInput,
    @Ctx() context: Context,
  ): Promise<typeof CreateKinesisDestinationResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const created = { ...input, credentialId: requestedId(input.credentialId, 'Credential') };
      const destination = await context.services.destinations.createKinesis(context.viewer.workspaceId, created);
      return Object.assign(new CreateKinesisDestinationSuccess(), { destination: toDestinationType(destination) });
    });
  }

  @Mutation(() => UpdateKinesisDestinationResult, {
    description:
      'Changes a destination; tests it again if credential, region or stream changed. Holds for records built from then on. Role: ADMIN. InvalidInputError. NotFoundError. ConflictError: VERSION_CONFLICT.',
  })
  updateKinesisDestination(
    @Arg('input', () => UpdateKinesisDestinationInput, { description: 'What to change.' })
    input: UpdateKinesisDestinationInput,
    @Ctx() context: Context,
  ): Promise<typeof UpdateKinesisDestinationResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const destination = await context.services.destinations.updateKinesis(context.viewer.workspaceId, {
        ...input,
        id: requestedId(input.id, 'KinesisDestination'),
        credentialId: input.credentialId == null ? input.credentialId : requestedId(input.credentialId, 'Credential'),
      });
      return Object.assign(new UpdateKinesisDestinationSuccess(), { destination: toDestinationType(destination) });
    });
  }
}
