-- What is due in a lane is found by activation: records that wait for a paused activation or a halted destination, however
-- many, are stepped over as a whole.
drop index pending_record_due;
create index pending_record_due on pending_record (destination_id, lane, activation_id, not_before);
