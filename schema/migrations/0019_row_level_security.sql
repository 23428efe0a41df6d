-- No statement can use it behind row-level security: see storage/failed-records.ts.
drop index failed_record_exports;

-- Row-level security, the second wall between workspaces. Requests run as the role tributary_app, which owns nothing; it
-- sees and writes the rows of one workspace, that of its session's setting tributary.workspace_id, and none without it.
-- The owner (delivery, housekeeping, authentication) works for all workspaces and is not held.

do $$
declare
  right_to_take text := case when current_setting('server_version_num')::int < 160000 then 'MEMBER' else 'SET' end;
begin
  -- Roles are the whole server's: another database may have made it, or may be making it.
  if not exists (select from pg_roles where rolname = 'tributary_app') then
    begin
      create role tributary_app nologin;
    exception when duplicate_object or unique_violation then null;
    end;
  end if;
  if not pg_has_role('tributary_app', right_to_take) then
    grant tributary_app to current_user;
  end if;
exception when insufficient_privilege then
  raise exception 'the database user % may not make the role tributary_app, or not take it. Let an administrator run: '
    'create role tributary_app nologin (if it is missing); grant tributary_app to %. Then start again',
    current_user, quote_ident(current_user);
end
$$;

-- The workspace that the session is bound to; null if to none.
create function session_workspace_id() returns bigint
language sql stable parallel safe
return nullif(current_setting('tributary.workspace_id', true), '')::bigint;

grant select on workspace, export_page, delivery_stat to tributary_app;
grant select, delete on delivery_event to tributary_app;
grant select, insert on state_event to tributary_app;
grant select, insert, delete on lane to tributary_app;
grant select, insert, update on audit_entry, export_lane to tributary_app;
grant select, insert, update, delete on api_key, idempotency_key, credential, destination, segment, activation,
  activation_segment, profile, membership, export, pending_record, failed_record to tributary_app;
grant usage on sequence credential_id_seq, profile_key, pending_version to tributary_app;

alter table workspace enable row level security;
create policy own_workspace on workspace using (id = session_workspace_id());

-- Partitions are reached through their table alone: nobody but the owner has a right to them.
do $$
declare
  name text;
begin
  foreach name in array array[
    'api_key', 'idempotency_key', 'credential', 'destination', 'segment', 'activation', 'profile', 'lane', 'export',
    'delivery_event', 'delivery_stat', 'failed_record', 'audit_entry'
  ] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy own_workspace on %I using (workspace_id = session_workspace_id())', name);
  end loop;
end
$$;

-- Tables without a workspace of their own have that of their parents, which the parents' policies look at: all of them when
-- a row is written, the one that is looked up fastest when it is read. Lanes are written in the statement that writes their
-- export, which is not there yet to be looked at.
alter table activation_segment enable row level security;
create policy own_workspace on activation_segment
  using (exists (select from activation where activation.id = activation_segment.activation_id))
  with check (
    exists (select from activation where activation.id = activation_segment.activation_id)
    and exists (select from segment where segment.id = activation_segment.segment_id)
  );

alter table membership enable row level security;
create policy own_workspace on membership
  using (exists (select from segment where segment.id = membership.segment_id));

alter table pending_record enable row level security;
create policy own_workspace on pending_record
  using (exists (select from destination where destination.id = pending_record.destination_id))
  with check (
    exists (select from destination where destination.id = pending_record.destination_id)
    and exists (select from activation where activation.id = pending_record.activation_id)
  );

alter table export_lane enable row level security;
create policy own_workspace on export_lane
  using (exists (select from destination where destination.id = export_lane.destination_id));

alter table export_page enable row level security;
create policy own_workspace on export_page
  using (exists (select from export where export.id = export_page.export_id));

alter table state_event enable row level security;
create policy own_workspace on state_event
  using (exists (select from destination where destination.id = state_event.destination_id));
