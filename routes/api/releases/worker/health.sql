-- GET /api/releases/health
-- Which versions the nodes run that were alive in the last hours, beside what the channels offer.
-- also: /api/v1/releases/health
-- also: /api/releases/worker/health
-- also: /api/v1/releases/worker/health
-- access: admin
-- pool: read
-- param: active_hours int = 24 min 1 max 720
with adoption as (
    select coalesce(node_version, 'unknown') as worker_version, count(*) as workers
    from operator_nodes
    where last_heartbeat > now() - make_interval(hours => :active_hours)
    group by 1
)
select json_build_object(
    'active_hours', :active_hours,
    'adoption', coalesce(
        (select json_agg(adoption order by workers desc, worker_version desc) from adoption), '[]'),
    'channels', coalesce(
        (select json_agg(channels order by channel) from worker_release_channels as channels), '[]')
)
