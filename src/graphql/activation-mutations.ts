/** Inputs and answers of the mutations of activations. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { ChangeDetection } from '../domain/trigger.js';
import { ActivationType } from './activation.js';
import { ChangeDetectionEnum } from './activation-list.js';
import { BackfillInput } from './backfill.js';
import { ConflictErrorType, InvalidInputErrorType, InvalidStateErrorType, NotFoundErrorType } from './errors.js';
import { ExportType } from './export.js';
import { ScheduleInput } from './schedule.js';

/** GraphQL input `ActivateSegmentsInput`. */
@InputType('ActivateSegmentsInput', { description: 'Input of activateSegments.' })
export class ActivateSegmentsInput {
  @Field(() => [String], {
    description: '0–100 dot paths of attributes that are no arrays or maps, none twice.',
  })
  attributes!: string[];

  @Field(() => BackfillInput, { nullable: true, description: 'What becomes of present members; null exports all.' })
  backfill?: BackfillInput | null;

  @Field(() => ChangeDetectionEnum, {
    nullable: true,
    defaultValue: 'EXPORT_IF_CHANGED',
    description: 'Whether writing an equal value to a mapped attribute triggers a delivery.',
  })
  changeDetection?: ChangeDetection | null;

  @Field(() => ID, { description: 'Global id of the destination.' })
  destinationId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Your name for this call, 1–255 characters: sent again within 24 h, it gives the first answer and starts nothing.',
  })
  idempotencyKey?: string | null;

  @Field(() => ScheduleInput, { nullable: true, description: 'When to export by itself; null means never.' })
  schedule?: ScheduleInput | null;

  @Field(() => [String], { description: "1–250 of the customer's segment ids, none twice." })
  segmentIds!: string[];
}

/** GraphQL type `ActivateSegmentsSuccess`. */
@ObjectType('ActivateSegmentsSuccess', { description: 'The segments are activated.' })
export class ActivateSegmentsSuccess {
  @Field(() => ActivationType, { description: 'The new activation.' })
  activation!: ActivationType;

  @Field(() => ExportType, { nullable: true, description: 'The backfill that was started; null with mode NONE.' })
  backfill!: ExportType | null;
}

/** GraphQL union `ActivateSegmentsResult`. */
export const ActivateSegmentsResult = createUnionType({
  name: 'ActivateSegmentsResult',
  description: 'Answer of activateSegments.',
  types: () => [ActivateSegmentsSuccess, InvalidInputErrorType, ConflictErrorType] as const,
});

/** GraphQL input `UpdateActivationInput`. */
@InputType('UpdateActivationInput', {
  description: 'Input of updateActivation. What is left out stays; null clears it or sets its default.',
})
export class UpdateActivationInput {
  @Field(() => [String], {
    nullable: true,
    description: 'All attributes from now on: 0–100 dot paths, none twice.',
  })
  attributes?: string[] | null;

  @Field(() => BackfillInput, {
    nullable: true,
    description: 'What becomes of present members of the segments added; null exports all.',
  })
  backfill?: BackfillInput | null;

  @Field(() => ChangeDetectionEnum, {
    nullable: true,
    description: 'Whether writing an equal value to a mapped attribute triggers a delivery.',
  })
  changeDetection?: ChangeDetection | null;

  @Field(() => Int, { description: 'The `version` you read.' })
  expectedVersion!: number;

  @Field(() => ID, { description: 'Global id.' })
  id!: string;

  @Field(() => ScheduleInput, { nullable: true, description: 'When to export by itself; null means never.' })
  schedule?: ScheduleInput | null;

  @Field(() => [String], {
    nullable: true,
    description: "All segments from now on: 1–250 of the customer's segment ids, none twice.",
  })
  segmentIds?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'Send each member of the segments removed once more, with status exited, as an export of trigger EXITS.',
  })
  sendExits?: boolean | null;
}

/** GraphQL type `UpdateActivationSuccess`. */
@ObjectType('UpdateActivationSuccess', { description: 'The activation was changed.' })
export class UpdateActivationSuccess {
  @Field(() => ActivationType, { description: 'The activation as it is now.' })
  activation!: ActivationType;

  @Field(() => ExportType, {
    nullable: true,
    description: 'The backfill that was started; null if no segment was added, or with mode NONE.',
  })
  backfill!: ExportType | null;

  @Field(() => ExportType, {
    nullable: true,
    description: 'The export of exits that was started; null without `sendExits`, or if no segment was removed.',
  })
  exits!: ExportType | null;
}

/** GraphQL union `UpdateActivationResult`. */
export const UpdateActivationResult = createUnionType({
  name: 'UpdateActivationResult',
  description: 'Answer of updateActivation.',
  types: () => [UpdateActivationSuccess, InvalidInputErrorType, NotFoundErrorType, ConflictErrorType] as const,
});

/** GraphQL input `DeleteActivationInput`. */
@InputType('DeleteActivationInput', { description: 'Input of deleteActivation.' })
export class DeleteActivationInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `DeleteActivationSuccess`. */
@ObjectType('DeleteActivationSuccess', { description: 'The activation was deleted.' })
export class DeleteActivationSuccess {
  @Field(() => ID, { description: 'Global id of what was deleted.' })
  deletedId!: string;
}

/** GraphQL union `DeleteActivationResult`. */
export const DeleteActivationResult = createUnionType({
  name: 'DeleteActivationResult',
  description: 'Answer of deleteActivation.',
  types: () => [DeleteActivationSuccess, NotFoundErrorType, InvalidStateErrorType] as const,
});
