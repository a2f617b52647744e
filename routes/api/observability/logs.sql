-- GET /api/observability/logs
-- Log lines of a window, the newest first. The last 24 hours, unless said otherwise.
-- also: /api/v1/observability/logs
-- access: admin
-- pool: read
-- param: from timestamptz?
-- param: to timestamptz?
-- param: limit int = 200 min 1 max 2000
-- param: level text? one of debug, info, warn, error
-- param: source text?
-- param: component text?
-- param: worker_id text?
-- param: format text one of json, csv = json
-- answer: csv darkreach-logs-:today.csv  --? format=csv
-- answer: value
with lines as (
    select *
    from system_logs
    where ts >= coalesce(:from, coalesce(:to, now()) - interval '24 hours')
        and ts <= coalesce(:to, now())
        and level = :level                              --? level
        and source = :source                            --? source
        and component = :component                      --? component
        and worker_id = :worker_id                      --? worker_id
    order by ts desc, id desc
    limit :limit
)
select json_build_object('logs', coalesce(json_agg(json_build_object(             --? format=json
    'id', id, 'ts', ts, 'level', level, 'source', source, 'component', component, --? format=json
    'message', message, 'worker_id', worker_id, 'search_job_id', search_job_id,   --? format=json
    'search_id', search_id, 'context', context                                    --? format=json
) order by ts desc, id desc), '[]'))                                              --? format=json
select to_json(ts) #>> '{}' as ts, level, source, component, message, worker_id   --? format=csv
from lines
