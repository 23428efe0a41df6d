-- A time that is one: clients and dumps do not take infinity.

alter table destination alter column paced_until set default '1970-01-01T00:00:00Z';
update destination set paced_until = default where paced_until = '-infinity';
