-- A record that waits is written, sent and deleted within milliseconds: at PostgreSQL's own pace, a fifth of the table, tens of
-- thousands of dead rows lie between those that a lane looks for.
alter table pending_record_0 set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02);
alter table pending_record_1 set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02);
alter table pending_record_2 set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02);
alter table pending_record_3 set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02);
