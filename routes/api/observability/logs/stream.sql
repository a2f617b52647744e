-- GET /api/observability/logs/stream
-- Log lines as they come, as server-sent events; the last minute's first. A client who comes back
-- with Last-Event-ID misses none. A line is sent a second after it was written: those that are
-- written at the same time are there by then.
-- also: /api/v1/observability/logs/stream
-- access: admin
-- pool: read
-- param: last_event_id bigint?
-- param: level text? one of debug, info, warn, error
-- param: source text? max 100
-- param: component text? max 100
-- param: worker_id text? max 200
-- answer: events
with lines as (
    select id, ts, level, source, component, message, worker_id, search_job_id, search_id, context
    from system_logs
    where ts < now() - interval '1 second'
        and id > :last_event_id                             --? last_event_id
        and (:last_event_id is not null or ts > now() - interval '1 minute')
        and level = :level                                  --? level
        and source = :source                                --? source
        and component = :component                          --? component
        and worker_id = :worker_id                          --? worker_id
    order by id
    limit 500
)
select id, row_to_json(lines)
from lines
order by id
