-- What the producer follows: the stream's own record limit, and a rate for each destination.

alter table destination
  -- Most bytes of data and partition key, as AWS last told; null: it never did.
  add column max_record_bytes int check (max_record_bytes > 0),
  add column max_records_per_second int check (max_records_per_second between 1 and 1000000),
  -- When the destination may send again, by its rate.
  add column paced_until timestamptz not null default '-infinity';

update destination set max_record_bytes = (stream_details ->> 'maxRecordBytes')::int;
