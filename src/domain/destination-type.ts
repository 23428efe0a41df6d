/** The catalogue: kinds of places data can go, as data. Forms are built from it, by the rules that inputs are checked by. */

import type { Credential } from './credential.js';
import { ACCESS_KEY_ID_PATTERN, MAX_NAME_CHARACTERS, SECRET_ACCESS_KEY_PATTERN } from './credential-input.js';
import type { Destination } from './destination.js';
import { KINESIS_SETUP } from './kinesis-setup-step.js';
import { type WizardStep, wizardField } from './wizard-step.js';

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

const ACCESS_KEY: Credential['kind'] = 'ACCESS_KEY';
const ONLY_ACCESS_KEY = { field: 'kind', values: [ACCESS_KEY] };

const AUTHENTICATION: WizardStep = {
  kind: 'AUTHENTICATION',
  title: 'Authentication',
  fields: [
    wizardField('kind', 'Authentication', 'ENUM', {
      help: 'How to prove to AWS who is calling.',
      required: true,
      defaultValue: ACCESS_KEY,
      options: [
        {
          value: ACCESS_KEY,
          label: 'Access key',
          help: 'An access key id and its secret, made for an IAM user at AWS IAM.',
        },
      ],
    }),
    wizardField('accessKeyId', 'Access key id', 'TEXT', {
      help: '16–128 upper-case letters and digits, such as `AKIAIOSFODNN7EXAMPLE`.',
      required: true,
      pattern: ACCESS_KEY_ID_PATTERN.source,
      shownWhen: ONLY_ACCESS_KEY,
    }),
    wizardField('secretAccessKey', 'Secret access key', 'SECRET', {
      help: '40 characters. It is encrypted, used only to call AWS, and never shown again.',
      required: true,
      pattern: SECRET_ACCESS_KEY_PATTERN.source,
      shownWhen: ONLY_ACCESS_KEY,
    }),
    wizardField('name', 'Name', 'TEXT', {
      help: 'What to find this credential by.',
      required: true,
      maxLength: MAX_NAME_CHARACTERS,
    }),
    wizardField('expiresAt', 'Expires', 'TIME', { help: 'When the access key will be replaced; empty if never.' }),
  ],
};

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

/** Every entry of the catalogue. */
export const DESTINATION_TYPES: Record<DestinationKind, DestinationType> = { AMAZON_KINESIS };

function permission(action: string, purpose: string, required = false): AwsPermission {
  return { action, purpose, required };
}
