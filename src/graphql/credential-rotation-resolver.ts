/** Mutations that rotate credentials. */

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { type Context, requireRole } from './context.js';
import { toCredentialType } from './credential.js';
import {
  CompleteCredentialRotationInput,
  CompleteCredentialRotationResult,
  CompleteCredentialRotationSuccess,
  RevertCredentialRotationInput,
  RevertCredentialRotationResult,
  RevertCredentialRotationSuccess,
  RotateCredentialInput,
  RotateCredentialResult,
  RotateCredentialSuccess,
} from './credential-rotation.js';
import { orUserError } from './errors.js';
import { requestedId } from './requested-id.js';

/** Resolver of rotations. */
@Resolver()
export class CredentialRotationResolver {
  @Mutation(() => RotateCredentialResult, {
    description:
      'Checks a new secret or role at AWS and uses it from the next page of each lane on (what is under way is tried with the old one for 10 s at most); the old one is kept as `previous`, and one before it is erased. The destinations that use it are tested with it (at most 20, 10 s), and halted ones that pass resume. A credential that no destination uses is not checked. Role: ADMIN. InvalidInputError: also for PROCESS_IDENTITY, which has nothing to rotate. NotFoundError. ConflictError: VERSION_CONFLICT. AwsError: AWS does not take it; nothing changed.',
  })
  rotateCredential(
    @Arg('input', () => RotateCredentialInput, { description: 'The new secret or role.' }) input: RotateCredentialInput,
    @Ctx() context: Context,
  ): Promise<typeof RotateCredentialResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const change = { ...input, id: requestedId(input.id, 'Credential') };
      const credential = await context.services.credentialRotations.rotate(context.viewer.workspaceId, change);
      return Object.assign(new RotateCredentialSuccess(), { credential: toCredentialType(credential) });
    });
  }

  @Mutation(() => RevertCredentialRotationResult, {
    description:
      "Goes back to the credential's `previous` version from the next page of each lane on; the two change places. Destinations are tested as by rotateCredential. Role: ADMIN. NotFoundError. ConflictError: VERSION_CONFLICT. InvalidStateError: NO_PREVIOUS_VERSION.",
  })
  revertCredentialRotation(
    @Arg('input', () => RevertCredentialRotationInput, { description: 'Which one.' })
    input: RevertCredentialRotationInput,
    @Ctx() context: Context,
  ): Promise<typeof RevertCredentialRotationResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const change = { ...input, id: requestedId(input.id, 'Credential') };
      const credential = await context.services.credentialRotations.revert(context.viewer.workspaceId, change);
      return Object.assign(new RevertCredentialRotationSuccess(), { credential: toCredentialType(credential) });
    });
  }

  @Mutation(() => CompleteCredentialRotationResult, {
    description:
      "Erases the credential's `previous` version for good. Role: ADMIN. NotFoundError. ConflictError: VERSION_CONFLICT. InvalidStateError: NO_PREVIOUS_VERSION.",
  })
  completeCredentialRotation(
    @Arg('input', () => CompleteCredentialRotationInput, { description: 'Which one.' })
    input: CompleteCredentialRotationInput,
    @Ctx() context: Context,
  ): Promise<typeof CompleteCredentialRotationResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const change = { ...input, id: requestedId(input.id, 'Credential') };
      const credential = await context.services.credentialRotations.complete(context.viewer.workspaceId, change);
      return Object.assign(new CompleteCredentialRotationSuccess(), { credential: toCredentialType(credential) });
    });
  }
}
