-- GET /api/observability/metrics
-- Metrics over time: one series per metric, scope and worker. A window of more than a week is
-- answered with the means of hours, one of more than 90 days with those of days. The last six
-- hours, unless said otherwise; at most 50,000 points.
-- also: /api/v1/observability/metrics
-- access: admin
-- pool: read
-- param: metrics text[] min 1 max 50
-- param: scope text?
-- param: from timestamptz?
-- param: to timestamptz?
-- param: worker_id text?
-- param: label_key text?
-- param: label_value text?
-- param: rollup text one of raw, hour, day, auto = auto
-- param: format text one of json, csv = json
-- answer: csv darkreach-metrics-:today.csv  --? format=csv
-- answer: value
with span as (
    select coalesce(:from, coalesce(:to, now()) - interval '6 hours') as since, coalesce(:to, now()) as until
),
chosen as (
    select since, until, postern.metric_rollup(:rollup, since, until) as rollup
    from span
),
points as (
    select point.*
    from chosen
    cross join lateral postern.metric_points(rollup, :metrics, since, until) as point
    where true
        and scope = :scope                              --? scope
        and labels ->> 'worker_id' = :worker_id         --? worker_id
        and labels ->> :label_key = :label_value        --? label_key label_value
    order by metric, scope, ts
    limit 50000
),
series as (
    select metric, scope, labels ->> 'worker_id' as worker_id,
        json_agg(json_build_object('ts', ts, 'value', value) order by ts) as points
    from points
    group by 1, 2, 3
)
select json_build_object(                               --? format=json
    'series', coalesce((select json_agg(series order by metric, scope, worker_id) from series), '[]'), --? format=json
    'rollup', (select rollup from chosen)               --? format=json
)                                                       --? format=json
select metric, to_json(ts) #>> '{}' as ts, value, scope, labels ->> 'worker_id' as worker_id, --? format=csv
    :label_key as label_key, labels ->> :label_key as label_value                             --? format=csv
from points                                             --? format=csv
order by metric, scope, ts                              --? format=csv
