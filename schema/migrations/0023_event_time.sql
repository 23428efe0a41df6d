-- As in the statistics: a delivery event counts for the minute in which its transaction began.
alter table delivery_event alter column committed_at set default now();
