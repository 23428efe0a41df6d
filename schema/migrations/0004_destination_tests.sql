-- Tests of destinations: what the newest one found, and the stream as AWS last described it.

alter table destination
  add column last_test jsonb,
  add column stream_details jsonb;
