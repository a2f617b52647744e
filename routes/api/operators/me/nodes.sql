-- GET /api/v1/operators/me/nodes
-- The caller's machines; who was heard last comes first.
-- access: user
-- pool: read
select coalesce(json_agg(node), '[]')
from (
    select
        node_id as worker_id, hostname, cores, cpu_model, os, arch, ram_gb, has_gpu, gpu_model,
        node_version as worker_version, registered_at, last_heartbeat
    from operator_nodes
    where operator_id = (select private.my_operator_id())
    order by last_heartbeat desc nulls last, id
) as node
