-- The audit log: one row for each call of a mutation, written in the transaction of what it changed.

create table audit_entry (
  id bigint generated always as identity primary key,
  workspace_id bigint not null references workspace,
  at timestamptz not null default now(),
  -- The mutation's name.
  action text not null,
  actor_kind text not null check (actor_kind in ('API_KEY', 'TOKEN', 'SYSTEM')),
  actor_name text not null,
  -- Keys are revoked, never deleted.
  api_key_id bigint references api_key,
  request_id text not null,
  -- The client's, as the socket has it.
  address text,
  result text not null check (result in ('SUCCEEDED', 'REFUSED')),
  code text check ((code is null) = (result = 'SUCCEEDED')),
  -- No foreign key: the entry outlives what it is about.
  target_kind text,
  target_id bigint check ((target_id is null) = (target_kind is null)),
  -- [{"field": …, "after": …}], where texts are but `changed`.
  changes jsonb not null
);
create index audit_entry_by_time on audit_entry (workspace_id, at, id);
create index audit_entry_by_actor on audit_entry (workspace_id, actor_name, at, id);
create index audit_entry_by_target on audit_entry (workspace_id, target_kind, target_id, at, id);
create index audit_entry_api_key on audit_entry (api_key_id);
create index audit_entry_age on audit_entry (at);
