-- GET /api/fleet
-- The workers heard of within two minutes, and their sums.
-- also: /api/v1/fleet
-- access: user
-- pool: read
-- cache: 2s
with alive as (
    select
        worker_id, hostname, cores, search_type, search_params, tested, found, current, checkpoint, metrics,
        extract(epoch from now() - registered_at)::bigint as uptime_secs,
        extract(epoch from now() - last_heartbeat)::bigint as last_heartbeat_secs_ago
    from workers
    where last_heartbeat > now() - interval '2 minutes'
)
select json_build_object(
    'workers', coalesce(json_agg(alive order by worker_id), '[]'),
    'total_workers', count(*),
    'total_cores', coalesce(sum(cores), 0),
    'total_tested', coalesce(sum(tested), 0),
    'total_found', coalesce(sum(found), 0)
)
from alive
