-- Sums metrics by hour and day, and deletes what is older than it is kept.
-- every: 10m
select postern.roll_up_metrics() where pg_try_advisory_xact_lock(hashtext('postern.roll_up_metrics'));
