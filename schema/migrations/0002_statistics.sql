-- Statistics: what was put on the books, summed by time. Every number is that of the delivery events of the time.

-- One row a minute for each activation and lane while it is recent: only the lane's owner writes it, in the page's
-- commit, so that no two pages wait for each other. Housekeeping merges old rows: their lanes into one (lane -1), their
-- minutes into spans of 15 minutes and then of 60. A sum over rows is the same before and after.
create table delivery_stat (
  workspace_id bigint not null references workspace,
  destination_id bigint not null references destination on delete cascade,
  -- No foreign key: what was delivered stays delivered once the activation is deleted.
  activation_id bigint not null,
  -- 0–15; -1 for merged rows.
  lane smallint not null check (lane between -1 and 15),
  span_minutes smallint not null check (span_minutes in (1, 15, 60)),
  -- Begin of the span, inclusive; spans are aligned in UTC.
  started_at timestamptz not null,
  -- Flat map of counters: delivered, failed, skipped, attempts, bytes, possibleDuplicates, code.<CODE>,
  -- latency.<bucket>.
  counts jsonb not null,
  primary key (destination_id, started_at, activation_id, lane, span_minutes)
  -- A row is rewritten with each page of its minute: with room on its page that touches no index.
) with (fillfactor = 50);
create index delivery_stat_activation on delivery_stat (activation_id, started_at);
create index delivery_stat_workspace on delivery_stat (workspace_id, started_at);
-- Find what is old enough to be merged or deleted.
create index delivery_stat_lanes on delivery_stat (started_at) where lane >= 0;
create index delivery_stat_spans on delivery_stat (span_minutes, started_at) where lane = -1;
