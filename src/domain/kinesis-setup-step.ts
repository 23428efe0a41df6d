/** The set-up step of Amazon Kinesis: the fields of a destination, judged by the rules that inputs are checked by. */

import { MAX_PATH_CHARACTERS } from './attribute-path.js';
import { DEFAULT_REFUSAL, MAX_CONSENT_VALUE_CHARACTERS } from './consent-input.js';
import { MAX_NAME_CHARACTERS } from './credential-input.js';
import { KINESIS_DEFAULTS, MAX_DESCRIPTION_CHARACTERS } from './destination-input.js';
import { STRATEGIES_WITH_ARGUMENT } from './partition-key-input.js';
import { RECORD_RATE_PATTERN } from './record-rate.js';
import { REGION_PATTERN, STREAM_PATTERN } from './stream-name.js';
import { type WizardField, type WizardStep, wizardField } from './wizard-step.js';

/** The step that asks for all but the credential's secret. */
export const KINESIS_SETUP: WizardStep = {
  kind: 'SETUP',
  title: 'Set up',
  fields: [
    wizardField('name', 'Name', 'TEXT', {
      help: 'What to find this destination by.',
      required: true,
      maxLength: MAX_NAME_CHARACTERS,
    }),
    wizardField('description', 'Description', 'MULTILINE', {
      help: 'What it is for, whom to ask.',
      maxLength: MAX_DESCRIPTION_CHARACTERS,
    }),
    wizardField('credentialId', 'Credential', 'CREDENTIAL', { help: 'What to call AWS with.', required: true }),
    wizardField('region', 'Region', 'REGION', {
      help: 'The AWS region of the stream, such as `us-east-2`; every partition works.',
      required: true,
      pattern: REGION_PATTERN.source,
    }),
    wizardField('stream', 'Stream', 'STREAM', {
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
    wizardField('membershipScope', 'Memberships', 'ENUM', {
      help: 'Which memberships a record holds.',
      defaultValue: KINESIS_DEFAULTS.membershipScope,
      options: [
        { value: 'MAPPED_ONLY', label: 'Activated segments', help: 'Only those of activated segments.' },
        { value: 'ALL', label: 'All segments', help: "All of the profile's, activated or not." },
      ],
    }),
    wizardField('membershipStatuses', 'Statuses', 'ENUM', {
      help: 'Which statuses memberships have in records.',
      defaultValue: KINESIS_DEFAULTS.membershipStatuses,
      options: [
        { value: 'THREE_STATE', label: 'Three', help: '`realized`, `existing` and `exited`.' },
        { value: 'TWO_STATE', label: 'Two', help: '`realized` and `exited`; `existing` is written as `realized`.' },
      ],
    }),
    wizardField('partitionKey.strategy', 'Partition key', 'ENUM', {
      help: "What decides a record's shard. A value that is empty, missing or over 256 characters falls back to the profile id.",
      required: true,
      defaultValue: KINESIS_DEFAULTS.partitionKey.strategy,
      options: [
        { value: 'PROFILE_ID', label: 'Profile id', help: 'Order per profile holds.' },
        { value: 'IDENTITY', label: 'Identity', help: 'The first identity of a namespace.' },
        { value: 'ATTRIBUTE', label: 'Attribute', help: "An attribute's value." },
        { value: 'RANDOM', label: 'Random', help: 'A new one each time: even spread, no order.' },
        { value: 'CONSTANT', label: 'Constant', help: 'One text for all: one shard, in order.' },
      ],
    }),
    wizardField('partitionKey.argument', 'Taken from', 'TEXT', {
      help: 'For an identity its namespace, such as `ECID`; for an attribute its dot path, such as `person.country`; for a constant the text, up to 256 characters.',
      required: true,
      maxLength: MAX_PATH_CHARACTERS,
      shownWhen: { field: 'partitionKey.strategy', values: [...STRATEGIES_WITH_ARGUMENT] },
    }),
    wizardField('tooLargePolicy', 'Too large records', 'ENUM', {
      help: "What becomes of a record over the stream's size limit.",
      defaultValue: KINESIS_DEFAULTS.tooLargePolicy,
      options: [
        { value: 'FAIL', label: 'Fail', help: 'Kept as a failed record, with its size and the limit.' },
        {
          value: 'TRIM_MEMBERSHIPS',
          label: 'Trim memberships',
          help: 'Memberships are left out until it fits: those of segments that are not activated first, then exited ones.',
        },
      ],
    }),
    wizardField('maxRecordsPerSecond', 'Most records a second', 'INTEGER', {
      help: '1–1,000,000, over all activations; empty for as fast as the shards take them.',
      pattern: RECORD_RATE_PATTERN.source,
    }),
    wizardField('envelope', 'Envelope', 'ENUM', {
      help: 'What is put around the profile in a record.',
      defaultValue: KINESIS_DEFAULTS.envelope,
      options: [
        { value: 'NONE', label: 'None', help: 'The record is the profile.' },
        { value: 'V1', label: 'Version 1', help: 'With what a consumer needs to drop copies and older states.' },
      ],
    }),
    wizardField('consent.path', 'Consent attribute', 'TEXT', {
      help: 'Dot path of the attribute that permits export, such as `consents.share.val`; empty to ask for no consent.',
      maxLength: MAX_PATH_CHARACTERS,
    }),
    wizardField('consent.permittedValues', 'Permitting values', 'TEXT_LIST', {
      help: '1–100 values, such as `y`, `true` or `1`; any other value, and none, refuses. Needed with a consent attribute.',
      maxLength: MAX_CONSENT_VALUE_CHARACTERS,
    }),
    wizardField('consent.whenRefused', 'Without consent', 'ENUM', {
      help: 'What becomes of a profile whose consent is refused.',
      defaultValue: DEFAULT_REFUSAL,
      options: [
        { value: 'SKIP', label: 'Skip', help: 'Nothing is sent; the skip is counted.' },
        { value: 'SEND_EXIT', label: 'Send exit', help: 'One record with status exited when consent is withdrawn.' },
      ],
    }),
  ],
};

function yesOrNo(name: 'includeSegmentNames' | 'includeSegmentTimestamps', label: string, help: string): WizardField {
  return wizardField(name, label, 'BOOLEAN', { help, defaultValue: String(KINESIS_DEFAULTS[name]) });
}
