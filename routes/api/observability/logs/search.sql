-- GET /api/observability/logs/search
-- Log lines that contain all words of `q`, the newest first; `total` counts all that match.
-- also: /api/v1/observability/logs/search
-- access: admin
-- pool: read
-- param: q text min 1 max 200
-- param: from timestamptz?
-- param: to timestamptz?
-- param: level text? one of debug, info, warn, error
-- param: limit int = 100 min 1 max 1000
-- param: offset int = 0 min 0
with matching as (
    select id, ts, level, source, component, message, worker_id, search_job_id, search_id, context
    from system_logs
    where to_tsvector('simple', message) @@ plainto_tsquery('simple', :q)
        and ts >= coalesce(:from, now() - interval '30 days')
        and ts <= coalesce(:to, now())
        and level = :level                              --? level
),
page as (
    select * from matching order by ts desc, id desc limit :limit offset :offset
)
select json_build_object(
    'logs', coalesce((select json_agg(page) from page), '[]'),
    'total', (select count(*) from matching),
    'limit', :limit,
    'offset', :offset
)
