-- Who issued each API key. Keys from before this are of the first start, which nobody asked for.

alter table api_key
  add column created_by_kind text not null default 'SYSTEM' check (created_by_kind in ('API_KEY', 'TOKEN', 'SYSTEM')),
  add column created_by_name text not null default 'first start';
alter table api_key
  alter column created_by_kind drop default,
  alter column created_by_name drop default;

-- The list of a workspace's keys, in its orders.
drop index api_key_workspace;
create index api_key_by_age on api_key (workspace_id, created_at, id);
create index api_key_by_name on api_key (workspace_id, name, id);
