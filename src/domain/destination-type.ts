/** The catalogue: kinds of places data can go, as data. Forms are built from it, by the rules that inputs are checked by. */

import { AUTHENTICATION } from './authentication-step.js';
import type { CredentialKind } from './credential.js';
import type { Destination } from './destination.js';
import { KINESIS_SETUP } from './kinesis-setup-step.js';
import type { WizardStep } from './wizard-step.js';

/** Which kind of destination. */
export type DestinationKind = Destination['kind'];

/** An AWS permission, and what it is for. */
export interface AwsPermission {
  action: string;
  purpose: string;
  /** Whether nothing can be delivered without it. */
  required: boolean;
}

/** An entry of the catalogue. */
export interface DestinationType {
  kind: DestinationKind;
  name: string;
  category: string;
  description: string;
  exportType: 'PROFILE_BASED';
  frequency: 'STREAMING';
  permissions: AwsPermission[];
  /** The least policy, with `<region>`, `<account>` and `<stream>` to fill in. */
  iamPolicy: Record<string, unknown>;
  steps: WizardStep[];
}

/** Amazon Kinesis in the catalogue. */
export const AMAZON_KINESIS: DestinationType = {
  kind: 'AMAZON_KINESIS',
  name: 'Amazon Kinesis',
  category: 'Cloud storage',
  description:
    'Delivers profiles as JSON to an existing Amazon Kinesis data stream in your own AWS account, in order per profile. Changes are delivered as they happen, and all members by exports.',
  exportType: 'PROFILE_BASED',
  frequency: 'STREAMING',
  permissions: [
    permission('kinesis:PutRecords', 'Delivers records. Without it the destination halts.', true),
    permission('kinesis:PutRecord', 'Not called by this version: records go in batches, by kinesis:PutRecords.'),
    permission(
      'kinesis:DescribeStreamSummary',
      "Reads the stream's state and record size limit. Without it the default limit of 1 MiB holds.",
    ),
    permission(
      'kinesis:ListShards',
      "Reads the shards' hash ranges, to tell how records spread over them. Without it that cannot be shown.",
    ),
    permission('kinesis:ListStreams', 'Lists streams to pick from. Without it the name must be typed.'),
    permission(
      'kms:GenerateDataKey',
      "On the stream's KMS key, if the stream is encrypted. Without it the destination halts.",
    ),
  ],
  iamPolicy: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['kinesis:DescribeStreamSummary', 'kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords'],
        Resource: ['arn:aws:kinesis:<region>:<account>:stream/<stream>'],
      },
      // AWS takes no single stream as the resource of this one.
      { Effect: 'Allow', Action: ['kinesis:ListStreams'], Resource: ['*'] },
    ],
  },
  steps: [AUTHENTICATION, KINESIS_SETUP],
};

/** The kinds that there are, in the order of the catalogue. */
export const DESTINATION_KINDS: readonly DestinationKind[] = ['AMAZON_KINESIS'];

/** An entry of the catalogue. @param kinds kinds of credentials that the operator allows: the others are not offered. */
export function describeDestinationType(kind: DestinationKind, kinds: readonly CredentialKind[]): DestinationType {
  const type = DESTINATION_TYPES[kind];
  return { ...type, steps: type.steps.map((step) => (step === AUTHENTICATION ? offerKinds(step, kinds) : step)) };
}

const DESTINATION_TYPES: Record<DestinationKind, DestinationType> = { AMAZON_KINESIS };

function offerKinds(step: WizardStep, kinds: readonly string[]): WizardStep {
  const fields = step.fields.filter(({ shownWhen }) => shownWhen?.values.some((kind) => kinds.includes(kind)) ?? true);
  return {
    ...step,
    fields: fields.map((field) => ({
      ...field,
      options: field.options.filter(({ value }) => kinds.includes(value)),
    })),
  };
}

function permission(action: string, purpose: string, required = false): AwsPermission {
  return { action, purpose, required };
}
