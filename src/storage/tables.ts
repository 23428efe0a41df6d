/**
 * The tables as Kysely sees them: one interface a table of schema/migrations, where each column is explained.
 * int8 arrives as a number (parsed, safe up to 2^53: see database.ts); jsonb arrives parsed as `unknown` and is
 * parsed by a model before use, never cast.
 */

import type { ColumnType, Generated } from 'kysely';

/** A jsonb column: read as unknown, written as JSON text. */
export type Json = ColumnType<unknown, string, string>;

/** A jsonb column with a default. */
export type DefaultedJson = ColumnType<unknown, string | undefined, string>;

/** Table `workspace`. */
export interface WorkspaceTable {
  id: ColumnType<number, never, never>;
  name: string;
  external_id: string;
  created_at: Generated<Date>;
}

/** Table `api_key`. */
export interface ApiKeyTable {
  id: ColumnType<number, never, never>;
  workspace_id: number;
  name: string;
  prefix: string;
  key_hash: Buffer;
  role: string;
  version: Generated<number>;
  created_at: Generated<Date>;
  expires_at: Date | null;
  last_used_at: Generated<Date | null>;
  revoked_at: Generated<Date | null>;
  created_by_kind: string;
  created_by_name: string;
}

/** Table `idempotency_key`. */
export interface IdempotencyKeyTable {
  workspace_id: number;
  operation: string;
  key: string;
  input_hash: Buffer;
  answer: Json;
  created_at: Generated<Date>;
}

/** Table `credential`. */
export interface CredentialTable {
  id: ColumnType<number, never, never>;
  workspace_id: number;
  name: string;
  kind: string;
  version: Generated<number>;
  access_key_id: string | null;
  secret_sealed: Buffer | null;
  role_arn: Generated<string | null>;
  secret_version: Generated<number>;
  secret_created_at: Generated<Date>;
  secret_count: Generated<number>;
  previous_access_key_id: Generated<string | null>;
  previous_secret_sealed: Generated<Buffer | null>;
  previous_role_arn: Generated<string | null>;
  previous_secret_version: Generated<number | null>;
  previous_created_at: Generated<Date | null>;
  previous_expires_at: Generated<Date | null>;
  previous_last_used_at: Generated<Date | null>;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** Table `destination`. */
export interface DestinationTable {
  id: ColumnType<number, never, never>;
  workspace_id: number;
  kind: string;
  name: string;
  description: string | null;
  enabled: Generated<boolean>;
  credential_id: number;
  region: string;
  stream: string;
  include_segment_names: Generated<boolean>;
  include_segment_timestamps: Generated<boolean>;
  membership_scope: Generated<string>;
  membership_statuses: Generated<string>;
  consent_path: string | null;
  consent_values: string[] | null;
  consent_refusal: string | null;
  envelope: Generated<string>;
  too_large_policy: Generated<string>;
  partition_key_strategy: Generated<string>;
  partition_key_argument: string | null;
  version: Generated<number>;
  health_status: Generated<string>;
  health_code: string | null;
  health_message: string | null;
  health_aws_request_id: string | null;
  health_since: Generated<Date>;
  next_probe_at: Date | null;
  /** JSON of a DestinationTest. */
  last_test: string | null;
  /** JSON of a KinesisStream. */
  stream_details: string | null;
  max_record_bytes: number | null;
  max_records_per_second: number | null;
  paced_until: Generated<Date>;
  position: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** Table `segment`. */
export interface SegmentTable {
  id: ColumnType<number, never, never>;
  workspace_id: number;
  segment_id: string;
  namespace: Generated<string>;
  name: string;
  description: string | null;
  version: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** Table `activation`. */
export interface ActivationTable {
  id: ColumnType<number, never, never>;
  workspace_id: number;
  destination_id: number;
  state: Generated<string>;
  attributes: string[];
  change_detection: Generated<string>;
  discarded_until: Generated<number>;
  schedule_cron: string | null;
  schedule_time_zone: string | null;
  schedule_mode: string | null;
  next_run_at: Date | null;
  last_run_at: Date | null;
  version: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** Table `activation_segment`. */
export interface ActivationSegmentTable {
  activation_id: number;
  segment_id: number;
  ordinal: number;
  mapping_created_at: Generated<Date>;
  mapping_updated_at: Generated<Date>;
}

/** Table `profile`. */
export interface ProfileTable {
  lane: number;
  id: Generated<number>;
  workspace_id: number;
  profile_id: string;
  attributes: DefaultedJson;
  identities: DefaultedJson;
  memberships: DefaultedJson;
  revision: number;
  size_bytes: number;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** Table `membership`. */
export interface MembershipTable {
  lane: number;
  segment_id: number;
  profile_id: number;
  status: string;
  qualified_at: string;
  valid_until: string | null;
  expires_at: Date | null;
  updated_at: Generated<Date>;
}

/** Table `worker`. */
export interface WorkerTable {
  id: ColumnType<number, never, never>;
  name: string;
  started_at: Generated<Date>;
  lease_expires_at: Date;
}

/** Table `lane`. */
export interface LaneTable {
  destination_id: number;
  lane: number;
  workspace_id: number;
  worker_id: number | null;
  epoch: Generated<number>;
  position: Generated<number>;
}

/** Table `export`. */
export interface ExportTable {
  id: ColumnType<number, never, never>;
  workspace_id: number;
  destination_id: number;
  activation_id: number;
  trigger: string;
  state: Generated<string>;
  segment_ids: number[];
  segment_keys: string[];
  profile_ids: string[] | null;
  max_records_per_second: number | null;
  since: Date | null;
  until: Date | null;
  missed_runs: Generated<number>;
  preparing_lanes: Generated<number>;
  open_lanes: Generated<number>;
  created_by_kind: string;
  created_by_name: string;
  created_at: Generated<Date>;
  started_at: Date | null;
  finished_at: Date | null;
}

/** Table `export_lane`. */
export interface ExportLaneTable {
  export_id: number;
  lane: number;
  destination_id: number;
  state: Generated<string>;
  listed_until: Generated<number>;
  pages: Generated<number>;
  page: Generated<number>;
  page_offset: Generated<number>;
  received: Generated<number>;
  deferred: Generated<number>;
  not_before: Generated<Date>;
  counts: DefaultedJson;
}

/** Table `export_page`. */
export interface ExportPageTable {
  export_id: number;
  lane: number;
  page: number;
  size: number;
  profile_ids: number[];
  segment_sets: string[];
}

/** Table `pending_record`. */
export interface PendingRecordTable {
  lane: number;
  activation_id: number;
  profile_id: number;
  destination_id: number;
  version: Generated<number>;
  causes: DefaultedJson;
  exports: DefaultedJson;
  attempts: Generated<number>;
  outcome_unknown: Generated<boolean>;
  not_before: Date;
  created_at: Generated<Date>;
  changed_at: Generated<Date>;
}

/** Table `delivery_event`. */
export interface DeliveryEventTable {
  id: Generated<number>;
  committed_at: Generated<Date>;
  workspace_id: number;
  destination_id: number;
  lane: number;
  position: number;
  activation_id: number;
  activation_version: number;
  destination_version: number;
  origin: string;
  export_ids: number[];
  delivered: number;
  failed: number;
  skipped: number;
  deferred: number;
  attempts: number;
  bytes: number;
  possible_duplicates: number;
  codes: Json;
  profile_ids: number[];
  outcomes: string;
  revisions: number[];
  record_codes: string[] | null;
  record_causes: ColumnType<unknown, string | null | undefined, string | null>;
  shards: string[];
  shard_numbers: number[];
  sequence_numbers: string[];
  record_attempts: number[];
  record_bytes: number[];
  record_duplicates: boolean[] | null;
  latencies_ms: number[];
}

/** Table `delivery_stat`. */
export interface DeliveryStatTable {
  workspace_id: number;
  destination_id: number;
  activation_id: number;
  lane: number;
  span_minutes: number;
  started_at: Date;
  counts: Json;
}

/** Table `state_event`. */
export interface StateEventTable {
  destination_id: number;
  position: number;
  committed_at: Generated<Date>;
  export_id: number | null;
  activation_id: number | null;
  export_state: string | null;
  health: ColumnType<unknown, string | null | undefined, string | null>;
  follows: number[];
}

/** Table `failed_record`. */
export interface FailedRecordTable {
  id: ColumnType<number, never, never>;
  workspace_id: number;
  destination_id: number;
  activation_id: number;
  lane: number;
  profile_id: number;
  state: Generated<string>;
  code: string;
  message: string;
  aws_code: string | null;
  aws_request_id: string | null;
  attempts: number;
  size_bytes: number;
  limit_bytes: number | null;
  exports: Json;
  retried_by: number | null;
  failed_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** Every table. */
export interface Tables {
  workspace: WorkspaceTable;
  api_key: ApiKeyTable;
  idempotency_key: IdempotencyKeyTable;
  credential: CredentialTable;
  destination: DestinationTable;
  segment: SegmentTable;
  activation: ActivationTable;
  activation_segment: ActivationSegmentTable;
  profile: ProfileTable;
  membership: MembershipTable;
  worker: WorkerTable;
  lane: LaneTable;
  export: ExportTable;
  export_lane: ExportLaneTable;
  export_page: ExportPageTable;
  pending_record: PendingRecordTable;
  delivery_event: DeliveryEventTable;
  delivery_stat: DeliveryStatTable;
  state_event: StateEventTable;
  failed_record: FailedRecordTable;
}
