/** Mutations that pause and resume activations. */

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { toActivationType } from './activation.js';
import {
  PauseActivationInput,
  PauseActivationResult,
  PauseActivationSuccess,
  ResumeActivationInput,
  ResumeActivationResult,
  ResumeActivationSuccess,
} from './activation-state-mutations.js';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { requestedId } from './requested-id.js';

/** Resolver of the states of activations. */
@Resolver()
export class ActivationStateResolver {
  @Mutation(() => PauseActivationResult, {
    description:
      "Holds an activation's live deliveries and running exports within 10 s; changes are kept, coalesced to the latest state per profile. No effect on a paused one. Role: OPERATOR. NotFoundError.",
  })
  pauseActivation(
    @Arg('input', () => PauseActivationInput, { description: 'Which one.' }) input: PauseActivationInput,
    @Ctx() context: Context,
  ): Promise<typeof PauseActivationResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const id = requestedId(input.id, 'Activation');
      const activation = await context.services.activationStates.pause(context.viewer.workspaceId, id);
      return Object.assign(new PauseActivationSuccess(), { activation: toActivationType(activation) });
    });
  }

  @Mutation(() => ResumeActivationResult, {
    description: 'Lets a paused activation deliver again; no effect on an active one. Role: OPERATOR. NotFoundError.',
  })
  resumeActivation(
    @Arg('input', () => ResumeActivationInput, { description: 'Which one, and what becomes of the kept changes.' })
    input: ResumeActivationInput,
    @Ctx() context: Context,
  ): Promise<typeof ResumeActivationResult> {
    requireRole(context, 'OPERATOR');
    return orUserError(async () => {
      const id = requestedId(input.id, 'Activation');
      const { activationStates } = context.services;
      const activation = await activationStates.resume(context.viewer.workspaceId, id, input.onResume);
      return Object.assign(new ResumeActivationSuccess(), { activation: toActivationType(activation) });
    });
  }
}
