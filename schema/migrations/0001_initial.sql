-- The first schema: tenants, what customers define, profiles, and the delivery engine's books.
-- Words are those of docs (glossary in CONTRIBUTING.md). Times are the database's clock.
-- `lane` is a hash of (workspace, customer's profile id), 0–15: see ARCHITECTURE.md, "The delivery engine".

create table workspace (
  id bigint generated always as identity primary key,
  name text not null,
  -- What a customer's IAM role must require (sts:ExternalId); issued once, never changed.
  external_id text not null unique,
  created_at timestamptz not null default now()
);

create table api_key (
  id bigint generated always as identity primary key,
  workspace_id bigint not null references workspace,
  name text not null,
  -- The key's first characters, to recognise it by; the key itself is stored only as a SHA-256.
  prefix text not null,
  key_hash bytea not null unique,
  role text not null check (role in ('VIEWER', 'OPERATOR', 'ADMIN')),
  version int not null default 1,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_key_workspace on api_key (workspace_id);

-- Remembers what a call with an idempotency key made, for 24 hours.
create table idempotency_key (
  workspace_id bigint not null references workspace,
  operation text not null,
  key text not null,
  input_hash bytea not null,
  -- What the first call made, as the operation stores it.
  answer jsonb not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, operation, key)
);
create index idempotency_key_age on idempotency_key (created_at);

create table credential (
  id bigint generated always as identity primary key,
  workspace_id bigint not null references workspace,
  name text not null,
  kind text not null check (kind in ('ACCESS_KEY')),
  version int not null default 1,
  access_key_id text not null,
  -- AES-256-GCM; additional data = workspace, credential, field, secret_version.
  secret_sealed bytea not null,
  secret_version int not null default 1,
  secret_created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index credential_by_name on credential (workspace_id, name, id);
create index credential_by_created_at on credential (workspace_id, created_at, id);

create table destination (
  id bigint generated always as identity primary key,
  workspace_id bigint not null references workspace,
  kind text not null check (kind in ('AMAZON_KINESIS')),
  name text not null,
  description text,
  enabled boolean not null default true,
  credential_id bigint not null references credential,
  region text not null,
  -- Name or ARN, as given.
  stream text not null,
  include_segment_names boolean not null default false,
  include_segment_timestamps boolean not null default false,
  membership_scope text not null default 'MAPPED_ONLY' check (membership_scope in ('ALL', 'MAPPED_ONLY')),
  membership_statuses text not null default 'THREE_STATE' check (membership_statuses in ('THREE_STATE', 'TWO_STATE')),
  version int not null default 1,
  health_status text not null default 'UNTESTED'
    check (health_status in ('HEALTHY', 'DEGRADED', 'THROTTLED', 'HALTED', 'UNTESTED')),
  health_code text,
  health_message text,
  health_aws_request_id text,
  health_since timestamptz not null default now(),
  -- HALTED: when one call is tried again.
  next_probe_at timestamptz,
  -- Position of the newest state_event: the 17th of the destination's event positions.
  position bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index destination_by_name on destination (workspace_id, name, id);
create index destination_by_created_at on destination (workspace_id, created_at, id);
create index destination_credential on destination (credential_id);

create table segment (
  id bigint generated always as identity primary key,
  workspace_id bigint not null references workspace,
  -- The customer's id, opaque.
  segment_id text not null,
  namespace text not null default 'ups',
  name text not null,
  description text,
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, segment_id)
);
create index segment_by_name on segment (workspace_id, name, id);
create index segment_by_created_at on segment (workspace_id, created_at, id);

create table activation (
  id bigint generated always as identity primary key,
  workspace_id bigint not null references workspace,
  destination_id bigint not null references destination on delete cascade,
  state text not null default 'ACTIVE' check (state in ('ACTIVE', 'PAUSED')),
  -- Dot paths.
  attributes text[] not null,
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index activation_destination on activation (destination_id, created_at, id);
create index activation_by_created_at on activation (workspace_id, created_at, id);
create index activation_by_updated_at on activation (workspace_id, updated_at, id);

create table activation_segment (
  activation_id bigint not null references activation on delete cascade,
  segment_id bigint not null references segment,
  -- Order of the mapping, from 0.
  ordinal int not null,
  mapping_created_at timestamptz not null default now(),
  mapping_updated_at timestamptz not null default now(),
  primary key (activation_id, segment_id)
);
create index activation_segment_segment on activation_segment (segment_id);

-- Profiles -------------------------------------------------------------------------------------
-- Partitioned by lane: a page reads one partition, and each partition vacuums by itself. Four
-- partitions of four lanes, not sixteen: planning and cloning cost by the partition.

create sequence profile_key;

create table profile (
  lane smallint not null check (lane between 0 and 15),
  id bigint not null default nextval('profile_key'),
  workspace_id bigint not null,
  -- The customer's id, opaque; compared by bytes, so that a prefix is a range of the index.
  profile_id text collate "C" not null,
  -- json, not jsonb: pages read whole values, and turning jsonb into text costs PostgreSQL about 20 ns a byte.
  attributes json not null default '{}',
  -- { namespace: [value, …] }
  identities json not null default '{}',
  -- { segment.id: { "status", "qualifiedAt" (as given), "validUntil" (as given, or absent) } }: read with the row,
  -- one lookup a record; the table `membership` beside it serves audiences and counts.
  memberships json not null default '{}',
  -- greatest(old + 1, database clock in µs): grows, also across erasure and re-creation.
  revision bigint not null,
  -- Bytes of attributes, identities and memberships as text: bounds what a page reads.
  size_bytes int not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (lane, id),
  unique (lane, workspace_id, profile_id)
) partition by list (lane);
create table profile_0 partition of profile for values in (0, 1, 2, 3);
create table profile_1 partition of profile for values in (4, 5, 6, 7);
create table profile_2 partition of profile for values in (8, 9, 10, 11);
create table profile_3 partition of profile for values in (12, 13, 14, 15);
create index profile_by_profile_id on profile (workspace_id, profile_id, id);
create index profile_by_updated_at on profile (workspace_id, updated_at, id);

create table membership (
  lane smallint not null,
  segment_id bigint not null,
  profile_id bigint not null,
  status text not null check (status in ('REALIZED', 'EXISTING', 'EXITED')),
  -- As given; the text comes back out.
  qualified_at text not null,
  valid_until text,
  -- valid_until as a time, to find what expires.
  expires_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (lane, segment_id, profile_id)
) partition by list (lane);
create table membership_0 partition of membership for values in (0, 1, 2, 3);
create table membership_1 partition of membership for values in (4, 5, 6, 7);
create table membership_2 partition of membership for values in (8, 9, 10, 11);
create table membership_3 partition of membership for values in (12, 13, 14, 15);
-- Audiences and member counts read this index alone.
create index membership_present on membership (segment_id, lane, profile_id) include (expires_at)
  where status <> 'EXITED';
create index membership_by_updated_at on membership (segment_id, updated_at, profile_id);
create index membership_of_profile on membership (profile_id, updated_at, segment_id);

-- The delivery engine ---------------------------------------------------------------------------
-- No foreign keys to profiles: erasing one must not wait for, nor be refused by, a running export.

create table worker (
  id bigint generated always as identity primary key,
  name text not null,
  started_at timestamptz not null default clock_timestamp(),
  lease_expires_at timestamptz not null
);

create table lane (
  destination_id bigint not null references destination on delete cascade,
  lane smallint not null check (lane between 0 and 15),
  workspace_id bigint not null,
  worker_id bigint references worker on delete set null,
  -- Grows with each claim: the fence.
  epoch bigint not null default 0,
  -- Position of the lane's newest delivery_event; gap-free, given by the lane's owner.
  position bigint not null default 0,
  primary key (destination_id, lane)
);
create index lane_worker on lane (worker_id);

create table export (
  id bigint generated always as identity primary key,
  workspace_id bigint not null references workspace,
  destination_id bigint not null references destination on delete cascade,
  -- No foreign key: an export outlives its activation.
  activation_id bigint not null,
  trigger text not null check (trigger in ('BACKFILL', 'EXITS', 'MANUAL', 'REPLAY', 'RETRY', 'SCHEDULED')),
  state text not null default 'PREPARING'
    check (state in ('PREPARING', 'RUNNING', 'CANCELING', 'CANCELED', 'FAILED', 'PARTIALLY_FAILED', 'SUCCEEDED')),
  -- The segments covered; a segment's number in pages and counts is its index here, from 0.
  segment_ids bigint[] not null,
  segment_keys text[] not null,
  -- Only these profiles (customer's ids); null means the segments' present members.
  profile_ids text[],
  max_records_per_second int,
  -- Lanes that still list members; at 0 the audience is fixed and sending begins.
  preparing_lanes smallint not null default 16,
  -- Lanes that are not done; at 0 the export is finished.
  open_lanes smallint not null default 16,
  created_by_kind text not null check (created_by_kind in ('API_KEY', 'TOKEN', 'SYSTEM')),
  created_by_name text not null,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz
);
create index export_by_created_at on export (workspace_id, created_at, id);
create index export_activation on export (activation_id, created_at, id);
create index export_destination on export (destination_id, created_at, id);
create index export_unfinished on export (destination_id) where finished_at is null;

create table export_lane (
  export_id bigint not null references export on delete cascade,
  lane smallint not null,
  destination_id bigint not null,
  -- PREPARING: lists members. READY: sends once the export is RUNNING. DONE: settled.
  state text not null default 'PREPARING' check (state in ('PREPARING', 'READY', 'DONE')),
  -- Keyset position of the listing.
  listed_until bigint not null default 0,
  -- Pages written; the checkpoint (page, page_offset) is the next record to send.
  pages int not null default 0,
  page int not null default 0,
  page_offset int not null default 0,
  received bigint not null default 0,
  -- Records of the export that wait in pending_record.
  deferred bigint not null default 0,
  -- A page that was deferred whole waits until then.
  not_before timestamptz not null default '-infinity',
  -- Flat map of counters: delivered, failed, skipped, attempts, bytes, possibleDuplicates, recovered,
  -- code.<CODE>, segment.<number>.<received|delivered|failed|skipped>, latency.<bucket>.
  counts jsonb not null default '{}',
  primary key (export_id, lane)
);
create index export_lane_open on export_lane (destination_id, lane, export_id) where state <> 'DONE';

create table export_page (
  export_id bigint not null references export on delete cascade,
  lane smallint not null,
  page int not null,
  size smallint not null,
  -- profile.id, at most 500.
  profile_ids bigint[] not null,
  -- For each profile the numbers of its segments, such as '0,3'.
  segment_sets text[] not null,
  primary key (export_id, lane, page)
);

create sequence pending_version;

-- A record that waits: the union of the reasons to send one profile for one activation.
create table pending_record (
  lane smallint not null,
  activation_id bigint not null,
  profile_id bigint not null,
  destination_id bigint not null,
  -- From a sequence that never restarts: a commit removes what it settled, not what came meanwhile.
  version bigint not null default nextval('pending_version'),
  -- Changes that ask for the record: [{ "kind", "subject" }], distinct, bounded.
  causes jsonb not null default '[]',
  -- Exports that ask for the record: { export.id: segment numbers such as '0,3' }.
  exports jsonb not null default '{}',
  attempts int not null default 0,
  outcome_unknown boolean not null default false,
  not_before timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (lane, activation_id, profile_id)
) partition by list (lane);
create table pending_record_0 partition of pending_record for values in (0, 1, 2, 3);
create table pending_record_1 partition of pending_record for values in (4, 5, 6, 7);
create table pending_record_2 partition of pending_record for values in (8, 9, 10, 11);
create table pending_record_3 partition of pending_record for values in (12, 13, 14, 15);
create index pending_record_due on pending_record (destination_id, lane, not_before);

create sequence delivery_event_key;

-- The outcomes of one page's records that belong together (one activation, one origin, the same exports):
-- outcome rows and delivery event in one, so that both are committed or neither. The arrays run parallel,
-- one element a record. Weekly partitions are made ahead and dropped when their retention is over.
create table delivery_event (
  id bigint not null default nextval('delivery_event_key'),
  committed_at timestamptz not null default clock_timestamp(),
  workspace_id bigint not null,
  destination_id bigint not null,
  lane smallint not null,
  position bigint not null,
  activation_id bigint not null,
  activation_version int not null,
  destination_version int not null,
  origin text not null,
  export_ids bigint[] not null,
  delivered int not null,
  failed int not null,
  skipped int not null,
  deferred int not null,
  attempts int not null,
  bytes bigint not null,
  possible_duplicates int not null,
  -- Failures, skips and deferrals: { code: count }.
  codes jsonb not null,
  -- Settled records only; deferred ones are counted above.
  profile_ids bigint[] not null,
  -- One letter a record: D delivered, F failed, S skipped.
  outcomes text not null,
  revisions bigint[] not null,
  record_codes text[],
  record_causes jsonb,
  shards text[] not null,
  shard_numbers smallint[] not null,
  sequence_numbers text[] not null,
  record_attempts smallint[] not null,
  record_bytes int[] not null,
  record_duplicates boolean[],
  latencies_ms real[] not null,
  primary key (committed_at, id)
) partition by range (committed_at);
create index delivery_event_position on delivery_event (destination_id, lane, position);
create index delivery_event_destination on delivery_event (destination_id, committed_at, id);
create index delivery_event_activation on delivery_event (activation_id, committed_at, id);
create index delivery_event_workspace on delivery_event (workspace_id, committed_at, id);
create index delivery_event_lane on delivery_event (workspace_id, lane, committed_at, id);
create index delivery_event_exports on delivery_event using gin (export_ids);
create index delivery_event_id on delivery_event (id);

-- What happens outside a lane: states of exports, health. Positions are given under the destination row's lock.
create table state_event (
  destination_id bigint not null references destination on delete cascade,
  position bigint not null,
  committed_at timestamptz not null default clock_timestamp(),
  export_id bigint,
  activation_id bigint,
  export_state text,
  -- { status, code, message, awsRequestId, since }
  health jsonb,
  -- Positions of lanes 0–15 that this event follows: a subscriber gets it after those.
  follows bigint[] not null,
  primary key (destination_id, position)
);
create index state_event_age on state_event (committed_at);

create table failed_record (
  id bigint generated always as identity primary key,
  workspace_id bigint not null,
  destination_id bigint not null references destination on delete cascade,
  activation_id bigint not null,
  lane smallint not null,
  profile_id bigint not null,
  state text not null default 'OPEN' check (state in ('OPEN', 'RETRYING', 'RECOVERED', 'DISCARDED')),
  code text not null,
  message text not null,
  aws_code text,
  aws_request_id text,
  attempts int not null,
  size_bytes bigint not null,
  limit_bytes bigint,
  -- The exports in which it failed, with the numbers of its segments and its code there: { export.id: '0,3;CODE' }.
  -- `code` above is that of its newest failure, which may be another.
  exports jsonb not null,
  retried_by bigint,
  failed_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
-- One undecided failed record a profile and activation.
create unique index failed_record_undecided on failed_record (activation_id, profile_id) where state in ('OPEN', 'RETRYING');
create index failed_record_destination on failed_record (destination_id, failed_at, id);
create index failed_record_activation on failed_record (activation_id, failed_at, id);
create index failed_record_workspace on failed_record (workspace_id, failed_at, id);
create index failed_record_profile on failed_record (profile_id);
create index failed_record_exports on failed_record using gin (exports);
create index failed_record_retried_by on failed_record (retried_by) where state = 'RETRYING';

-- Adds two flat maps of numbers. Counters are changed with it in place, so that two writers never overwrite each other.
create function add_counts(a jsonb, b jsonb) returns jsonb
language sql immutable parallel safe
return (
  select coalesce(jsonb_object_agg(key, total), '{}'::jsonb)
  from (
    select key, sum(value::numeric) as total
    from (select * from jsonb_each_text(a) union all select * from jsonb_each_text(b)) as both_maps
    group by key
  ) as sums
);

-- Makes the weekly partitions of delivery_event from `weeks_back` before now until `weeks_ahead` after it.
create function ensure_delivery_partitions(weeks_back int, weeks_ahead int) returns void
language plpgsql as $$
declare
  week timestamptz;
begin
  for offset_weeks in -weeks_back .. weeks_ahead loop
    week := date_trunc('week', now() at time zone 'UTC') at time zone 'UTC' + offset_weeks * interval '7 days';
    execute format(
      'create table if not exists %I partition of delivery_event for values from (%L) to (%L)',
      'delivery_event_' || to_char(week at time zone 'UTC', 'IYYY"w"IW'), week, week + interval '7 days'
    );
  end loop;
end
$$;
select ensure_delivery_partitions(0, 2);

-- Drops the weekly partitions of delivery_event that ended more than `retention_days` ago.
create function drop_delivery_partitions(retention_days int) returns void
language plpgsql as $$
declare
  partition_name text;
begin
  for partition_name in
    select child.relname
    from pg_inherits
    join pg_class child on child.oid = pg_inherits.inhrelid
    where pg_inherits.inhparent = 'delivery_event'::regclass
      and to_date(right(child.relname, 7), 'IYYY"w"IW') + 7 < (now() at time zone 'UTC')::date - retention_days
  loop
    execute format('drop table %I', partition_name);
  end loop;
end
$$;
