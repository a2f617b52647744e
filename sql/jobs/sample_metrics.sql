-- Takes a sample of the fleet's figures. Of several servers each would add one: the lock lets one.
-- every: 1m
select postern.sample_metrics() where pg_try_advisory_xact_lock(hashtext('postern.sample_metrics'));
