/** The catalogue: kinds of places data can go, as data. Forms are built from it, by the rules that inputs are checked by. */

import type { Credential } from './credential.js';
import { ACCESS_KEY_ID_PATTERN, MAX_NAME_CHARACTERS, SECRET_ACCESS_KEY_PATTERN } from './credential-input.js';
import type { Destination } from './destination.js';
import { KINESIS_DEFAULTS, MAX_DESCRIPTION_CHARACTERS } from './destination-input.js';
import { REGION_PATTERN, STREAM_PATTERN } from './stream-name.js';

/** Which kind of destination. */
export type DestinationKind = Destination['kind'];

/** How a form asks for a value. */
export type WizardFieldKind =
  | 'TEXT'
  | 'MULTILINE'
  | 'SECRET'
  | 'BOOLEAN'
  | 'TIME'
  | 'ENUM'
  | 'REGION'
  | 'STREAM'
  | 'CREDENTIAL';

/** Which step of the wizard. */
export type WizardStepKind = 'AUTHENTICATION' | 'SETUP';

/** One value of an ENUM field. */
export interface WizardOption {
  value: string;
  label: string;
  help: string;
}

/** One field of a wizard step; its name is that of the input field that takes it. */
export interface WizardField {
  name: string;
  label: string;
  help: string;
  type: WizardFieldKind;
  required: boolean;
  /** ECMAScript regular expression of the whole value. */
  pattern: string | null;
  /** In characters. */
  maxLength: number | null;
  /** As text. */
  defaultValue: string | null;
  options: WizardOption[];
  /** Shown only while another field has one of these values. */
  shownWhen: { field: string; values: string[] } | null;
}

/** One step of the wizard. */
export interface WizardStep {
  kind: WizardStepKind;
  title: string;
  fields: WizardField[];
}

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
    field('kind', 'Authentication', 'ENUM', {
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
    field('accessKeyId', 'Access key id', 'TEXT', {
      help: '16–128 upper-case letters and digits, such as `AKIAIOSFODNN7EXAMPLE`.',
      required: true,
      pattern: ACCESS_KEY_ID_PATTERN.source,
      shownWhen: ONLY_ACCESS_KEY,
    }),
    field('secretAccessKey', 'Secret access key', 'SECRET', {
      help: '40 characters. It is encrypted, used only to call AWS, and never shown again.',
      required: true,
      pattern: SECRET_ACCESS_KEY_PATTERN.source,
      shownWhen: ONLY_ACCESS_KEY,
    }),
    field('name', 'Name', 'TEXT', {
      help: 'What to find this credential by.',
      required: true,
      maxLength: MAX_NAME_CHARACTERS,
    }),
    field('expiresAt', 'Expires', 'TIME', { help: 'When the access key will be replaced; empty if never.' }),
  ],
};

const SETUP: WizardStep = {
  kind: 'SETUP',
  title: 'Set up',
  fields: [
    field('name', 'Name', 'TEXT', {
      help: 'What to find this destination by.',
      required: true,
      maxLength: MAX_NAME_CHARACTERS,
    }),
    field('description', 'Description', 'MULTILINE', {
      help: 'What it is for, whom to ask.',
      maxLength: MAX_DESCRIPTION_CHARACTERS,
    }),
    field('credentialId', 'Credential', 'CREDENTIAL', { help: 'What to call AWS with.', required: true }),
    field('region', 'Region', 'REGION', {
      help: 'The AWS region of the stream, such as `us-east-2`; every partition works.',
      required: true,
      pattern: REGION_PATTERN.source,
    }),
    field('stream', 'Stream', 'STREAM', {
      help: 'Name or ARN of an existing data stream; none is created. An ARN must be of the region above.',
      required: true,
      pattern: STREAM_PATTERN.source,
    }),
    yesOrNo('includeSegmentNames', 'Include segment names', 'Adds the names of activated segments to each record.'),
    yesOrNo(
      'includeSegmentTimestamps',
      'Include segment timestamps',
      'Adds when each activated segment was made, changed, activated and last changed in the activation, in UNIX milliseconds.',
    ),
    field('membershipScope', 'Memberships', 'ENUM', {
      help: 'Which memberships a record holds.',
      defaultValue: KINESIS_DEFAULTS.membershipScope,
      options: [
        { value: 'MAPPED_ONLY', label: 'Activated segments', help: 'Only those of activated segments.' },
        { value: 'ALL', label: 'All segments', help: "All of the profile's, activated or not." },
      ],
    }),
    field('membershipStatuses', 'Statuses', 'ENUM', {
      help: 'Which statuses memberships have in records.',
      defaultValue: KINESIS_DEFAULTS.membershipStatuses,
      options: [
        { value: 'THREE_STATE', label: 'Three', help: '`realized`, `existing` and `exited`.' },
        { value: 'TWO_STATE', label: 'Two', help: '`realized` and `exited`; `existing` is written as `realized`.' },
      ],
    }),
  ],
};

/** Amazon Kinesis in the catalogue. */
export const AMAZON_KINESIS: DestinationType = {
  kind: 'AMAZON_KINESIS',
  name: 'Amazon Kinesis',
  category: 'Cloud storage',
  description:
    'Delivers profiles as JSON to an existing Amazon Kinesis data stream in your own AWS account, in order per profile. In this version exports deliver; changes do not by themselves.',
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
  steps: [AUTHENTICATION, SETUP],
};

/** Every entry of the catalogue. */
export const DESTINATION_TYPES: Record<DestinationKind, DestinationType> = { AMAZON_KINESIS };

type FieldDetails = Partial<WizardField> & { help: string };

function field(name: string, label: string, type: WizardFieldKind, details: FieldDetails): WizardField {
  const none = { required: false, pattern: null, maxLength: null, defaultValue: null, options: [], shownWhen: null };
  return { name, label, type, ...none, ...details };
}

function yesOrNo(name: 'includeSegmentNames' | 'includeSegmentTimestamps', label: string, help: string): WizardField {
  return field(name, label, 'BOOLEAN', { help, defaultValue: String(KINESIS_DEFAULTS[name]) });
}

function permission(action: string, purpose: string, required = false): AwsPermission {
  return { action, purpose, required };
}
