-- GET /api/observability/report
-- A window in figures: primes, log lines, the fleet. `budget` is a breach at ten errors or fifty
-- warnings an hour, a risk at half of that. The last 24 hours, unless said otherwise.
-- also: /api/v1/observability/report
-- access: admin
-- pool: read
-- param: from timestamptz?
-- param: to timestamptz?
-- param: format text one of json, csv = json
-- answer: csv darkreach-report-:today.csv  --? format=csv
-- answer: value
with span as (
    select coalesce(:from, coalesce(:to, now()) - interval '24 hours') as since, coalesce(:to, now()) as until
),
hours as (
    select since, until, greatest(extract(epoch from until - since) / 3600, 1.0 / 60) as hours
    from span
),
forms as (
    select form, count(*) as count
    from primes, hours
    where found_at between since and until
    group by form
),
levels as (
    select level, count(*) as count
    from system_logs, hours
    where ts between since and until
    group by level
),
rates as (
    select
        round(coalesce(sum(count) filter (where level = 'error'), 0) / (select hours from hours), 2) as errors,
        round(coalesce(sum(count) filter (where level = 'warn'), 0) / (select hours from hours), 2) as warnings
    from levels
),
samples as (
    select metric, ts, value
    from metric_samples, hours
    where ts between since and until
        and metric in ('fleet.workers_connected', 'fleet.total_tested', 'fleet.total_found',
            'coordinator.cpu_usage_percent')
),
fleet as (
    select
        coalesce(max(value) filter (where metric = 'fleet.workers_connected'), 0) as workers_peak,
        coalesce(max(value) filter (where metric = 'fleet.total_tested')
            - min(value) filter (where metric = 'fleet.total_tested'), 0) as tested_delta,
        coalesce(max(value) filter (where metric = 'fleet.total_found')
            - min(value) filter (where metric = 'fleet.total_found'), 0) as found_delta,
        avg(value) filter (where metric = 'coordinator.cpu_usage_percent') as avg_cpu
    from samples
),
report as (
    select
        since, until, round(hours::numeric, 2) as duration_hours, errors, warnings, fleet.*,
        coalesce((select sum(count) from forms), 0) as primes,
        case
            when errors >= 10 or warnings >= 50 then 'breached'
            when errors >= 5 or warnings >= 25 then 'risk'
            else 'healthy'
        end as status
    from hours, rates, fleet
)
select json_build_object(                                                                --? format=json
    'from', since, 'to', until, 'duration_hours', duration_hours,                        --? format=json
    'primes', json_build_object('total', primes, 'by_form', coalesce(                    --? format=json
        (select json_agg(json_build_array(form, count) order by count desc, form) from forms), '[]')), --? format=json
    'logs', json_build_object('by_level', coalesce(                                      --? format=json
        (select json_agg(json_build_array(level, count) order by count desc, level) from levels), '[]')), --? format=json
    'budget', json_build_object('errors_per_hour', errors, 'warnings_per_hour', warnings, 'status', status), --? format=json
    'fleet', json_build_object(                                                          --? format=json
        'workers_peak', workers_peak, 'tested_delta', tested_delta, 'found_delta', found_delta), --? format=json
    'coordinator', json_build_object('avg_cpu_usage_percent', avg_cpu)                   --? format=json
)                                                                                        --? format=json
select to_json(since) #>> '{}' as "from", to_json(until) #>> '{}' as "to", duration_hours, primes, --? format=csv
    errors as errors_per_hour, warnings as warnings_per_hour, status, workers_peak,      --? format=csv
    tested_delta, found_delta, avg_cpu as avg_cpu_usage_percent                          --? format=csv
from report
