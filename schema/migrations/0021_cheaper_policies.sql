-- What many rows are written through is looked up once a statement, not once a row. A segment is found in a hash, of which
-- there may be thousands; a destination in an array, which takes the least to prepare where one record is written.

alter policy own_workspace on membership
  -- As it was: read in this way, lists of a segment's profiles stop at the end of their page.
  using (exists (select from segment where segment.id = membership.segment_id))
  with check (segment_id in (select id from segment));

alter policy own_workspace on pending_record
  using (destination_id = any (array(select id from destination)))
  with check (destination_id = any (array(select id from destination)));
alter policy own_workspace on export_lane using (destination_id = any (array(select id from destination)));
alter policy own_workspace on state_event using (destination_id = any (array(select id from destination)));
