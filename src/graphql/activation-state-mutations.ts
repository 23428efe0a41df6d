/** Inputs and answers of the mutations that pause and resume activations. */

import { createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import type { OnResume } from '../domain/activation-state.js';
import { ActivationType } from './activation.js';
import { createEnum } from './enums.js';
import { NotFoundErrorType } from './errors.js';

/** GraphQL input `PauseActivationInput`. */
@InputType('PauseActivationInput', { description: 'Input of pauseActivation.' })
export class PauseActivationInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `PauseActivationSuccess`. */
@ObjectType('PauseActivationSuccess', { description: 'The activation is paused.' })
export class PauseActivationSuccess {
  @Field(() => ActivationType, { description: 'The activation as it is now.' })
  activation!: ActivationType;
}

/** GraphQL union `PauseActivationResult`. */
export const PauseActivationResult = createUnionType({
  name: 'PauseActivationResult',
  description: 'Answer of pauseActivation.',
  types: () => [PauseActivationSuccess, NotFoundErrorType] as const,
});

const OnResumeEnum = createEnum<OnResume>('OnResume', 'What becomes of the changes kept during a pause.', {
  DISCARD: 'They are skipped with code CHANGES_DISCARDED.',
  LATEST_ONLY: 'The latest state of each changed profile is delivered.',
});

/** GraphQL input `ResumeActivationInput`. */
@InputType('ResumeActivationInput', { description: 'Input of resumeActivation.' })
export class ResumeActivationInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;

  @Field(() => OnResumeEnum, {
    defaultValue: 'LATEST_ONLY',
    description: 'What becomes of the changes kept while it was paused.',
  })
  onResume!: OnResume;
}

/** GraphQL type `ResumeActivationSuccess`. */
@ObjectType('ResumeActivationSuccess', { description: 'The activation is active.' })
export class ResumeActivationSuccess {
  @Field(() => ActivationType, { description: 'The activation as it is now.' })
  activation!: ActivationType;
}

/** GraphQL union `ResumeActivationResult`. */
export const ResumeActivationResult = createUnionType({
  name: 'ResumeActivationResult',
  description: 'Answer of resumeActivation.',
  types: () => [ResumeActivationSuccess, NotFoundErrorType] as const,
});
