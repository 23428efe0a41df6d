/** The settings of a destination that decide its records and their rate, as its row keeps them. */

import { z } from 'zod';
import type { Destination } from '../domain/destination.js';
import { CONSENT_COLUMNS, toConsentRule } from './consent-columns.js';

/** Settings that decide whom records tell of, what they hold, where they go and how fast. */
export type RowSettings = Pick<
  Destination,
  | 'includeSegmentNames'
  | 'includeSegmentTimestamps'
  | 'maxRecordsPerSecond'
  | 'membershipScope'
  | 'membershipStatuses'
  | 'partitionKey'
  | 'tooLargePolicy'
  | 'envelope'
  | 'consent'
>;

/** Their columns in a row of `destination`. */
export const SETTINGS_COLUMNS = {
  include_segment_names: z.boolean(),
  include_segment_timestamps: z.boolean(),
  max_records_per_second: z.number().nullable(),
  membership_scope: z.enum(['ALL', 'MAPPED_ONLY']),
  membership_statuses: z.enum(['THREE_STATE', 'TWO_STATE']),
  partition_key_strategy: z.enum(['ATTRIBUTE', 'CONSTANT', 'IDENTITY', 'PROFILE_ID', 'RANDOM']),
  partition_key_argument: z.string().nullable(),
  too_large_policy: z.enum(['FAIL', 'TRIM_MEMBERSHIPS']),
  envelope: z.enum(['NONE', 'V1']),
  ...CONSENT_COLUMNS,
} as const;

const SettingsRow = z.object(SETTINGS_COLUMNS);

/** Reads them from a row. */
export function toRowSettings(row: z.infer<typeof SettingsRow>): RowSettings {
  return {
    includeSegmentNames: row.include_segment_names,
    includeSegmentTimestamps: row.include_segment_timestamps,
    maxRecordsPerSecond: row.max_records_per_second,
    membershipScope: row.membership_scope,
    membershipStatuses: row.membership_statuses,
    partitionKey: { strategy: row.partition_key_strategy, argument: row.partition_key_argument },
    tooLargePolicy: row.too_large_policy,
    envelope: row.envelope,
    consent: toConsentRule(row),
  };
}

/** Makes a row's columns of them. */
export function toSettingsColumns(settings: RowSettings): z.infer<typeof SettingsRow> {
  return {
    include_segment_names: settings.includeSegmentNames,
    include_segment_timestamps: settings.includeSegmentTimestamps,
    max_records_per_second: settings.maxRecordsPerSecond,
    membership_scope: settings.membershipScope,
    membership_statuses: settings.membershipStatuses,
    partition_key_strategy: settings.partitionKey.strategy,
    partition_key_argument: settings.partitionKey.argument,
    too_large_policy: settings.tooLargePolicy,
    envelope: settings.envelope,
    consent_path: settings.consent?.path ?? null,
    consent_values: settings.consent?.permittedValues ?? null,
    consent_refusal: settings.consent?.whenRefused ?? null,
  };
}
