-- One row for each encryption key that this database was ever started with. It opens with that key and no other, which
-- is looked at in every start. What is sealed is the same in all rows: the key of the fingerprints of secrets, which
-- stays when encryption keys change.

create table key_check (
  key_id text primary key,
  sealed bytea not null,
  created_at timestamptz not null default now()
);
