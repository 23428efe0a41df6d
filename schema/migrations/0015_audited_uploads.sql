-- Uploads are audited: they may end in the middle, and what was written before stays.

alter table audit_entry
  drop constraint audit_entry_result_check,
  add constraint audit_entry_result_check check (result in ('SUCCEEDED', 'REFUSED', 'INTERRUPTED'));
