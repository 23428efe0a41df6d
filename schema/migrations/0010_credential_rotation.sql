-- The version of a credential that was in use before, kept until it is discarded.

alter table credential
  -- The highest secret_version ever given: none is given twice, since sealed secrets and open connections go by it.
  add column secret_count int not null default 1,
  add column previous_access_key_id text,
  add column previous_secret_sealed bytea,
  add column previous_secret_version int,
  add column previous_created_at timestamptz,
  add column previous_expires_at timestamptz,
  add column previous_last_used_at timestamptz,
  add constraint credential_previous_whole check (
    (previous_access_key_id is null) = (previous_secret_sealed is null)
    and (previous_access_key_id is null) = (previous_secret_version is null)
    and (previous_access_key_id is null) = (previous_created_at is null)
  );
