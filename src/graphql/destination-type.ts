/** The catalogue of destination types in the schema. */

import { Field, ObjectType } from 'type-graphql';
import { type DestinationKind, type DestinationType, describeDestinationType } from '../domain/destination-type.js';
import type { Context } from './context.js';
import { createEnum } from './enums.js';
import { JSONObjectScalar } from './scalars.js';
import { WizardStepType } from './wizard-step.js';

/** GraphQL enum `DestinationKind`. */
export const DestinationKindEnum = createEnum<DestinationKind>('DestinationKind', 'Kinds of destinations.', {
  AMAZON_KINESIS: 'An Amazon Kinesis data stream.',
});

/** GraphQL enum `ExportType`. */
export const ExportTypeEnum = createEnum<DestinationType['exportType']>('ExportType', 'What one record holds.', {
  PROFILE_BASED: 'A profile with its chosen attributes, memberships and identities.',
});

/** GraphQL enum `ExportFrequency`. */
export const ExportFrequencyEnum = createEnum<DestinationType['frequency']>(
  'ExportFrequency',
  'When records are sent.',
  { STREAMING: 'Record by record, as changes happen and when an export asks for it.' },
);

/** GraphQL type `AwsPermission`. */
@ObjectType('AwsPermission', { description: 'An AWS permission.' })
export class AwsPermissionType {
  @Field(() => String, { description: 'Such as `kinesis:PutRecords`.' })
  action!: string;

  @Field(() => String, { description: 'What it is used for, and what is missing without it.' })
  purpose!: string;

  @Field(() => Boolean, { description: 'Whether nothing can be delivered without it.' })
  required!: boolean;
}

/** GraphQL type `DestinationType`. */
@ObjectType('DestinationType', { description: 'A kind of place data can go, as the catalogue shows it.' })
export class DestinationTypeType {
  @Field(() => String, { description: 'Catalogue category, such as `Cloud storage`.' })
  category!: string;

  @Field(() => String, { description: 'What it does, in a sentence or two.' })
  description!: string;

  @Field(() => ExportTypeEnum, { description: 'What one record holds.' })
  exportType!: DestinationType['exportType'];

  @Field(() => ExportFrequencyEnum, { description: 'When records are sent.' })
  frequency!: DestinationType['frequency'];

  @Field(() => JSONObjectScalar, {
    description: 'The least IAM policy, with placeholders for region, account and stream.',
  })
  iamPolicy!: Record<string, unknown>;

  @Field(() => DestinationKindEnum, { description: 'Which kind.' })
  kind!: DestinationKind;

  @Field(() => String, { description: 'Name, such as `Amazon Kinesis`.' })
  name!: string;

  @Field(() => [AwsPermissionType], { description: 'Each AWS permission it uses, and what for.' })
  permissions!: AwsPermissionType[];

  @Field(() => [WizardStepType], {
    description: "The wizard's steps in order; a field's name is the name of the input field that takes it.",
  })
  steps!: WizardStepType[];
}

/** Shapes the catalogue entry of a kind for the schema. */
export function toDestinationTypeType(kind: DestinationKind, { services }: Context): DestinationTypeType {
  return Object.assign(new DestinationTypeType(), describeDestinationType(kind, services.credentials.kinds));
}
