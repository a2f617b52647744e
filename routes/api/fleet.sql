-- GET /api/fleet
-- The workers heard of within two minutes, and their sums: from memory, with beats that the
-- database has not seen yet. The statement reads what memory begins with, at most every ten seconds.
-- also: /api/v1/fleet
-- access: user
-- pool: read
-- memory: fleet
select coalesce(json_agg(alive), '[]')
from (
    select
        worker_id, hostname, cores, search_type, search_params, tested, found, current, checkpoint, metrics,
        extract(epoch from registered_at) as registered_at,
        extract(epoch from last_heartbeat) as last_heartbeat
    from workers
    where last_heartbeat > now() - interval '2 minutes'
) as alive
