-- Lists of what failed or was skipped, among events that nearly all were delivered whole. These are in no index of theirs.
create index delivery_event_failed_destination on delivery_event (destination_id, committed_at, id) where failed > 0;
create index delivery_event_failed_activation on delivery_event (activation_id, committed_at, id) where failed > 0;
create index delivery_event_failed_workspace on delivery_event (workspace_id, committed_at, id) where failed > 0;
create index delivery_event_skipped_destination on delivery_event (destination_id, committed_at, id) where skipped > 0;
create index delivery_event_skipped_activation on delivery_event (activation_id, committed_at, id) where skipped > 0;
create index delivery_event_skipped_workspace on delivery_event (workspace_id, committed_at, id) where skipped > 0;

-- An export's events are found among its destination's, by time.
drop index delivery_event_exports;
