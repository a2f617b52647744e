-- GET /api/observability/logs/stats
-- How many lines of each level there were, by minute, hour or day. The last 24 hours, unless said
-- otherwise; buckets without a line are left out.
-- also: /api/v1/observability/logs/stats
-- access: admin
-- pool: read
-- param: from timestamptz?
-- param: to timestamptz?
-- param: bucket text one of minute, hour, day = hour
with buckets as (
    select
        date_trunc(:bucket, ts, 'UTC') as ts,
        count(*) filter (where level = 'error') as error,
        count(*) filter (where level = 'warn') as warn,
        count(*) filter (where level = 'info') as info,
        count(*) filter (where level = 'debug') as debug
    from system_logs
    where ts >= coalesce(:from, coalesce(:to, now()) - interval '24 hours')
        and ts <= coalesce(:to, now())
    group by 1
)
select json_build_object('buckets', coalesce(json_agg(buckets order by ts), '[]'))
from buckets
