/** What may be typed into an Amazon Kinesis destination. */

import type { ConsentRule } from './consent.js';
import { checkConsent } from './consent-input.js';
import { MAX_NAME_CHARACTERS } from './credential-input.js';
import type { Destination, Envelope, MembershipScope, MembershipStatuses, TooLargePolicy } from './destination.js';
import { checkIdempotencyKey } from './idempotency.js';
import { InputIssues } from './input-issues.js';
import type { PartitionKey } from './partition-key.js';
import { checkPartitionKey, type PartitionKeyInput, toPartitionKey } from './partition-key-input.js';
import { checkRecordRate } from './record-rate.js';
import { isRegion, MAX_STREAM_NAME_CHARACTERS, parseStream, type StreamNameFault } from './stream-name.js';
import type { UserErrorCode } from './user-error.js';

/** What a destination is set to. */
export interface KinesisSettings {
  name: string;
  description: string | null;
  /** Internal id. */
  credentialId: number;
  region: string;
  /** Name or ARN. */
  stream: string;
  includeSegmentNames: boolean;
  includeSegmentTimestamps: boolean;
  /** Over all activations; null: as fast as the shards take them. */
  maxRecordsPerSecond: number | null;
  membershipScope: MembershipScope;
  membershipStatuses: MembershipStatuses;
  partitionKey: PartitionKey;
  tooLargePolicy: TooLargePolicy;
  envelope: Envelope;
  /** Null: every profile permits export. */
  consent: ConsentRule | null;
}

/** The settings that have defaults. */
type OptionalSetting =
  | 'consent'
  | 'description'
  | 'envelope'
  | 'includeSegmentNames'
  | 'includeSegmentTimestamps'
  | 'maxRecordsPerSecond'
  | 'membershipScope'
  | 'membershipStatuses'
  | 'partitionKey'
  | 'tooLargePolicy';

/** Settings as they are given. */
type GivenSettings = Omit<KinesisSettings, 'partitionKey'> & { partitionKey: PartitionKeyInput };

/** Those that have defaults, as they are given: undefined says nothing, null asks for the default. */
type GivenOptions = { [Name in OptionalSetting]?: GivenSettings[Name] | null };

/** Input of `Destinations.createKinesis`; what is undefined or null gets its default. */
export type NewKinesisDestination = Omit<KinesisSettings, OptionalSetting> &
  GivenOptions & { idempotencyKey?: string | null };

/** Input of `Destinations.updateKinesis`; what is undefined stays, null sets the default. */
export type KinesisDestinationChange = {
  [Name in keyof GivenSettings]?: GivenSettings[Name] | null;
} & { id: number; expectedVersion: number };

/** Longest description, in characters. */
export const MAX_DESCRIPTION_CHARACTERS = 1000;

/** What settings are when nothing else is said. */
export const KINESIS_DEFAULTS = {
  description: null,
  includeSegmentNames: false,
  includeSegmentTimestamps: false,
  maxRecordsPerSecond: null,
  membershipScope: 'MAPPED_ONLY',
  membershipStatuses: 'THREE_STATE',
  partitionKey: { strategy: 'PROFILE_ID', argument: null },
  tooLargePolicy: 'FAIL',
  envelope: 'NONE',
  consent: null,
} as const satisfies Pick<KinesisSettings, OptionalSetting>;

/** Fills in the defaults of a new destination. */
export function toNewSettings(input: NewKinesisDestination): KinesisSettings {
  const { name, credentialId, region, stream } = input;
  return { name, credentialId, region, stream, ...optionalSettings(input, KINESIS_DEFAULTS) };
}

/** Lays a change over what a destination is set to. */
export function mergeSettings(current: Destination, change: KinesisDestinationChange): KinesisSettings {
  return {
    name: change.name ?? current.name,
    credentialId: change.credentialId ?? current.credentialId,
    region: change.region ?? current.region,
    stream: change.stream ?? current.stream,
    ...optionalSettings(change, current),
  };
}

/** Collects the faults of settings, but for whether the credential exists. */
export function checkSettings(settings: KinesisSettings, idempotencyKey?: string | null): InputIssues {
  const issues = new InputIssues();
  checkFields(issues, settings);
  checkIdempotencyKey(issues, idempotencyKey);
  return issues;
}

/** As {@link checkSettings}, for what a change makes of a destination; fields that cannot be cleared are faults if null. */
export function checkSettingsChange(settings: KinesisSettings, change: KinesisDestinationChange): InputIssues {
  const issues = new InputIssues();
  for (const name of ['name', 'credentialId', 'region', 'stream'] as const)
    if (change[name] === null)
      issues.add('REQUIRED', name, `\`${name}\` cannot be cleared; give a value, or leave it out.`);
  checkFields(issues, settings);
  return issues;
}

function optionalSettings(
  given: GivenOptions,
  otherwise: Pick<KinesisSettings, OptionalSetting>,
): Pick<KinesisSettings, OptionalSetting> {
  const choose = <Value>(value: Value | null | undefined, present: Value, cleared: Value): Value =>
    value === undefined ? present : (value ?? cleared);
  const none = KINESIS_DEFAULTS;
  return {
    description: given.description === undefined ? otherwise.description : given.description,
    includeSegmentNames: choose(given.includeSegmentNames, otherwise.includeSegmentNames, none.includeSegmentNames),
    includeSegmentTimestamps: choose(
      given.includeSegmentTimestamps,
      otherwise.includeSegmentTimestamps,
      none.includeSegmentTimestamps,
    ),
    maxRecordsPerSecond:
      given.maxRecordsPerSecond === undefined ? otherwise.maxRecordsPerSecond : given.maxRecordsPerSecond,
    membershipScope: choose(given.membershipScope, otherwise.membershipScope, none.membershipScope),
    membershipStatuses: choose(given.membershipStatuses, otherwise.membershipStatuses, none.membershipStatuses),
    partitionKey: toPartitionKey(choose(given.partitionKey, otherwise.partitionKey, none.partitionKey)),
    tooLargePolicy: choose(given.tooLargePolicy, otherwise.tooLargePolicy, none.tooLargePolicy),
    envelope: choose(given.envelope, otherwise.envelope, none.envelope),
    consent: given.consent === undefined ? otherwise.consent : given.consent,
  };
}

function checkFields(issues: InputIssues, settings: KinesisSettings): void {
  checkText(issues, settings);
  checkRegionAndStream(issues, settings.region, settings.stream);
  checkPartitionKey(issues, settings.partitionKey);
  checkRecordRate(issues, 'maxRecordsPerSecond', settings.maxRecordsPerSecond);
  checkConsent(issues, settings.consent);
}

function checkText(issues: InputIssues, settings: KinesisSettings): void {
  issues.checkText('name', settings.name, { min: 1, max: MAX_NAME_CHARACTERS });
  if (settings.description !== null)
    issues.checkText('description', settings.description, { min: 0, max: MAX_DESCRIPTION_CHARACTERS });
}

/** Checks the field `region`. @returns whether it is one. */
export function checkRegion(issues: InputIssues, region: string): boolean {
  if (isRegion(region)) return true;
  issues.add(
    region === '' ? 'REQUIRED' : 'MALFORMED',
    'region',
    'This `region` is none: give one as AWS writes it, such as `us-east-2`, in lower case, without zone or host name.',
  );
  return false;
}

/** Checks both fields: a stream is judged even beside a wrong region, so that a form shows both faults at once. */
export function checkRegionAndStream(issues: InputIssues, region: string, stream: string): void {
  const regionIsRight = checkRegion(issues, region);
  const parsed = parseStream(stream, regionIsRight ? region : ANY_REGION);
  if (parsed.ok || (!regionIsRight && parsed.fault === 'STREAM_ARN_OTHER_REGION')) return;
  const { code, message } = STREAM_FAULTS[parsed.fault];
  issues.add(code, 'stream', message);
}

/** Stands in for a region that is wrong itself. */
const ANY_REGION = 'us-east-1';

const STREAM_FAULTS: Record<StreamNameFault, { code: UserErrorCode; message: string }> = {
  REGION_MALFORMED: { code: 'MALFORMED', message: 'Give a right `region` first.' },
  STREAM_NAME_EMPTY: { code: 'REQUIRED', message: '`stream` is empty: give the name or ARN of an existing stream.' },
  STREAM_NAME_TOO_LONG: {
    code: 'OUT_OF_RANGE',
    message: `\`stream\` is too long: a stream's name has 1–${MAX_STREAM_NAME_CHARACTERS} characters.`,
  },
  STREAM_NAME_MALFORMED: {
    code: 'MALFORMED',
    message:
      '`stream` holds characters that no stream name has: give letters, digits, `_`, `.` and `-`, without spaces, or the ARN.',
  },
  STREAM_ARN_MALFORMED: {
    code: 'MALFORMED',
    message:
      '`stream` is no ARN of a stream: give it as `arn:aws:kinesis:<region>:<account>:stream/<name>`, or the name.',
  },
  STREAM_ARN_OTHER_REGION: {
    code: 'NOT_ALLOWED',
    message: '`stream` is an ARN of another region than `region`: make the two agree.',
  },
};
