-- GET /api/observability/workers/top
-- The fastest workers by their last two samples of `worker.tested`; rate is candidates a second.
-- also: /api/v1/observability/workers/top
-- access: admin
-- pool: read
-- param: limit int = 10 min 1 max 50
-- param: window_minutes int = 30 min 5 max 240
with samples as (
    select
        labels ->> 'worker_id' as worker_id, labels ->> 'hostname' as hostname,
        labels ->> 'search_type' as search_type, ts, value,
        lead(ts) over newest as ts_before,
        lead(value) over newest as value_before,
        row_number() over newest as age
    from metric_samples
    where metric = 'worker.tested' and ts > now() - make_interval(mins => :window_minutes)
    window newest as (partition by labels ->> 'worker_id' order by ts desc, id desc)
),
ranked as (
    select
        samples.worker_id,
        coalesce(workers.hostname, samples.hostname) as hostname,
        coalesce(workers.search_type, samples.search_type) as search_type,
        round((greatest(value - value_before, 0)
            / nullif(extract(epoch from ts - ts_before)::double precision, 0))::numeric, 2) as rate,
        value::bigint as tested,
        coalesce(workers.found, 0) as found
    from samples
    left join workers using (worker_id)
    where age = 1 and ts_before is not null
    order by rate desc nulls last, worker_id
    limit :limit
)
select json_build_object('workers', coalesce(json_agg(ranked), '[]'))
from ranked
