-- Demo, every ten seconds while it runs: its machines are heard of, with another load each time. One that was
-- told to stop says so with its last beat, and is there again when the demo starts anew.

select postern.note_beats(coalesce(jsonb_agg(jsonb_build_object(
    'worker_id', worker_id,
    'last_heartbeat', extract(epoch from now()),
    'tested', tested + case when stops then 0 else (load * cores)::integer end,
    'current', case when stops then 'stopped' else format('block %s', 4000 + tested / 5000) end,
    'metrics', metrics || jsonb_build_object(
        'cpu_usage_percent', case when stops then 0 else round(100 * load) end,
        'load_avg_1m', case when stops then 0 else round((load * cores)::numeric, 1) end)
)), '[]'))
from (
    select
        workers.*,
        workers.pending_command is not distinct from 'stop' as stops,
        0.78 + 0.2 * random() as load
    from workers
    join operator_nodes on node_id = worker_id
    where operator_nodes.hostname like '%.example.org'
        and (current <> 'stopped' or workers.last_heartbeat < pg_postmaster_start_time())
) as machines;

update workers set pending_command = null where current = 'stopped' and pending_command is not null;
