-- Metrics of one worker among many are found by an index; the function that reads them is opened up
-- by the planner, so that what a caller filters by is filtered where the rows are read.

-- up

create index metric_samples_worker on metric_samples (metric, (labels ->> 'worker_id'), ts);
create index metric_rollups_hourly_worker on metric_rollups_hourly (metric, (labels ->> 'worker_id'), bucket_start);
create index metric_rollups_daily_worker on metric_rollups_daily (metric, (labels ->> 'worker_id'), bucket_start);

-- No "set search_path": a function with a setting of its own is not opened up. All names are qualified.
create or replace function postern.metric_points(rollup text, metrics text[], since timestamptz, until timestamptz)
returns table (metric text, scope text, labels jsonb, ts timestamptz, value double precision)
language sql stable as $$
    select sample.metric, sample.scope, sample.labels, sample.ts, sample.value
    from public.metric_samples as sample
    where rollup = 'raw' and sample.metric = any (metrics) and sample.ts between since and until
    union all
    select hour.metric, hour.scope, hour.labels, hour.bucket_start, hour.sum / hour.count
    from public.metric_rollups_hourly as hour
    where rollup = 'hour' and hour.metric = any (metrics) and hour.bucket_start between since and until
    union all
    select day.metric, day.scope, day.labels, day.bucket_start, day.sum / day.count
    from public.metric_rollups_daily as day
    where rollup = 'day' and day.metric = any (metrics) and day.bucket_start between since and until
$$;

-- down

create or replace function postern.metric_points(rollup text, metrics text[], since timestamptz, until timestamptz)
returns table (metric text, scope text, labels jsonb, ts timestamptz, value double precision)
language sql stable set search_path = '' as $$
    select metric, scope, coalesce(labels, '{}'), ts, value
    from public.metric_samples
    where rollup = 'raw' and metric = any (metrics) and ts between since and until
    union all
    select metric, scope, labels, bucket_start, sum / count
    from public.metric_rollups_hourly
    where rollup = 'hour' and metric = any (metrics) and bucket_start between since and until
    union all
    select metric, scope, labels, bucket_start, sum / count
    from public.metric_rollups_daily
    where rollup = 'day' and metric = any (metrics) and bucket_start between since and until
$$;
drop index metric_rollups_daily_worker;
drop index metric_rollups_hourly_worker;
drop index metric_samples_worker;
