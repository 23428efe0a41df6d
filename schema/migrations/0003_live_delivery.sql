-- Live delivery: what triggers a record, and the settings that decide it.

alter table destination
  -- Profiles are exported only while the attribute at this dot path has one of the permitted values; null: no rule.
  add column consent_path text,
  add column consent_values text[],
  add column consent_refusal text check (consent_refusal in ('SEND_EXIT', 'SKIP')),
  add column envelope text not null default 'NONE' check (envelope in ('NONE', 'V1')),
  add column too_large_policy text not null default 'FAIL' check (too_large_policy in ('FAIL', 'TRIM_MEMBERSHIPS')),
  add column partition_key_strategy text not null default 'PROFILE_ID'
    check (partition_key_strategy in ('ATTRIBUTE', 'CONSTANT', 'IDENTITY', 'PROFILE_ID', 'RANDOM')),
  -- Dot path, text or namespace, as the strategy wants.
  add column partition_key_argument text,
  add check ((consent_path is null) = (consent_values is null) and (consent_path is null) = (consent_refusal is null));

alter table activation
  add column change_detection text not null default 'EXPORT_IF_CHANGED'
    check (change_detection in ('EXPORT_ALWAYS', 'EXPORT_IF_CHANGED')),
  -- Causes with this version or a lower one were discarded: their records are skipped by the lanes' owners.
  add column discarded_until bigint not null default 0,
  -- Cron expression of 5 fields, its IANA time zone and whom it exports; null: no schedule.
  add column schedule_cron text,
  add column schedule_time_zone text,
  add column schedule_mode text check (schedule_mode in ('CHANGED_SINCE_LAST', 'FULL')),
  -- Due time of the next scheduled export; null without a schedule and while paused.
  add column next_run_at timestamptz,
  -- When the newest scheduled export began: what CHANGED_SINCE_LAST counts from.
  add column last_run_at timestamptz;
create index activation_due on activation (next_run_at) where next_run_at is not null;

alter table export
  -- Only members that changed (REPLAY: were delivered) at this time or later; null: not limited.
  add column since timestamptz,
  -- REPLAY: only what was delivered before this time.
  add column until timestamptz,
  -- Due times missed while no process ran, that this export stands for.
  add column missed_runs int not null default 0;

-- Causes become a map: { "KIND:subject": version of the row when the cause came last }. A commit takes out those that
-- its page had read, also from a row that has newer ones meanwhile.
alter table pending_record alter column causes set default '{}';
update pending_record set causes = '{}' where causes = '[]';
alter table pending_record
  -- When the newest cause came: what a record waits from once the older causes are settled.
  add column changed_at timestamptz not null default clock_timestamp();

-- Memberships that end by themselves, the next first.
create index membership_expiring on membership (expires_at) where expires_at is not null and status <> 'EXITED';
