-- Failed records that were decided on go when their retention is over.

create index failed_record_decided on failed_record (updated_at) where state in ('RECOVERED', 'DISCARDED');
