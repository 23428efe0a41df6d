-- Credentials without a secret of their own: roles that are assumed, and the identity of the process.

alter table credential
  drop constraint credential_kind_check,
  drop constraint credential_previous_whole,
  alter column access_key_id drop not null,
  alter column secret_sealed drop not null,
  add column role_arn text,
  add column previous_role_arn text,
  add constraint credential_kind_check check (kind in ('ACCESS_KEY', 'ASSUME_ROLE', 'PROCESS_IDENTITY')),
  add constraint credential_whole check (
    (access_key_id is not null) = (kind = 'ACCESS_KEY')
    and (secret_sealed is not null) = (kind = 'ACCESS_KEY')
    and (role_arn is not null) = (kind = 'ASSUME_ROLE')
  ),
  add constraint credential_previous_whole check (
    (previous_created_at is null) = (previous_secret_version is null)
    and (previous_access_key_id is not null) = (kind = 'ACCESS_KEY' and previous_secret_version is not null)
    and (previous_secret_sealed is not null) = (kind = 'ACCESS_KEY' and previous_secret_version is not null)
    and (previous_role_arn is not null) = (kind = 'ASSUME_ROLE' and previous_secret_version is not null)
  );

-- Roles of customers require it: another one would lock us out, and one that was given to somebody else would let him in.
create function refuse_external_id_change() returns trigger language plpgsql as $$
begin
  raise exception 'The external id of workspace % never changes: roles of its customers require it.', old.id;
end $$;

create trigger workspace_external_id
before update of external_id on workspace
for each row when (old.external_id is distinct from new.external_id)
execute function refuse_external_id_change();
