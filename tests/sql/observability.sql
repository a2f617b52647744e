-- Metrics are summed and forgotten, releases roll back, and what administrators change is written down.
begin;
create schema tap;
create extension pgtap schema tap;
set search_path = public, tap;
select plan(22);

-- metrics
insert into metric_samples (ts, scope, metric, value)
select date_trunc('hour', now()) - interval '1 hour' + make_interval(mins => n), 'fleet', 'm', n
from generate_series(0, 59) as n;
insert into metric_samples (ts, scope, metric, value) values (now() - interval '7 days', 'fleet', 'week', 1);
select postern.make_metric_partition(now() - make_interval(days => age)) from unnest('{14,21,28,400}'::int[]) as age;
insert into metric_samples (ts, scope, metric, value)
select now() - make_interval(days => age), 'fleet', 'old', 1 from unnest('{14,21,28,400}'::int[]) as age;
insert into system_logs (ts, level, source, component, message)
values (now() - interval '31 days', 'info', 's', 'c', 'old'), (now() - interval '29 days', 'info', 's', 'c', 'kept');
select set_config('timezone', 'America/New_York', true);
select postern.make_metric_partition(at) from unnest(array['2024-12-29', '2025-01-05']::date[]) as at;
insert into metric_samples (ts, scope, metric, value) select at::timestamptz, 's', 'edge', 1
from unnest(array['2024-12-29 23:59:59.9+00', '2024-12-30 00:00+00', '2025-01-05 23:59:59+00']) as at;
select postern.make_metric_partition(now() - make_interval(days => n)) from generate_series(0, 35) as n;
insert into metric_samples (ts, scope, metric, value)
select date_trunc('hour', now()) - make_interval(mins => n), 's', 'month', 1 from generate_series(1, 44640) as n;
select postern.roll_up_metrics();
select postern.roll_up_metrics();
select results_eq(
    $$select count, sum, min, max from metric_rollups_hourly where metric = 'm'$$,
    $$values (60::bigint, 1770::float8, 0::float8, 59::float8)$$,
    'an hour is summed once, however often the job runs'
);
select results_eq($$select count, sum from metric_rollups_daily where metric = 'm'$$,
    $$values (60::bigint, 1770::float8)$$, 'and so is its day');
select results_eq($$select tableoid::regclass::text, count(*) from metric_samples
    where ts in (timestamptz '2024-12-29 23:59:59.9+00', timestamptz '2024-12-30 00:00+00', timestamptz '2025-01-05 23:59:59+00')
    group by 1 order by 1$$,
    $$values ('private.metric_samples_2024w52', 1::bigint), ('private.metric_samples_2025w01', 2::bigint)$$,
    'a week is an ISO week of UTC, whatever the zone');
select set_config('timezone', 'UTC', true);
select postern.keep_metric_partitions();
select is_empty($$select from metric_samples where metric = 'old'$$, 'weeks that are over for a week are dropped');
select isnt_empty($$select from metric_samples where metric = 'week'$$, 'samples are kept for a week');
select is((select count(*) from pg_inherits where inhparent = 'metric_samples'::regclass), 6::bigint,
    'there are the last week, this one and four ahead');
select lives_ok($$insert into metric_samples (ts, scope, metric, value)
    select now() + make_interval(days => n), 's', 'ahead', n from generate_series(0, 27) as n$$, 'four weeks ahead take samples');
select is(postern.make_metric_partition(now()), false, 'a week is made once');
select is(count(*), 744::bigint, 'what was not summed for a month is summed') from metric_rollups_hourly where metric = 'month';
select is(sum(count), 44640::numeric, 'each sample once') from metric_rollups_daily where metric = 'month';
select results_eq('select message from system_logs', $$values ('kept')$$, 'log lines are kept for 30 days');
select is(postern.metric_rollup('auto', now() - interval '7 days', now()), 'raw', 'a week is read from the samples');
select is(postern.metric_rollup('auto', now() - interval '90 days', now()), 'hour', '90 days from the hours');
select is(postern.metric_rollup('auto', now() - interval '91 days', now()), 'day', 'more from the days');
select is(postern.metric_rollup('raw', now() - interval '1 year', now()), 'raw', 'who asks for samples gets samples');

-- releases
select postern.publish_release(version, '[]', null, null) from unnest(array['1', '2', '3']) as version;
select postern.set_channel('stable', version, 100, 'me') from unnest(array['1', '2', '3']) as version;
select is(postern.roll_back_channel('stable', 'me') ->> 'version', '2', 'a rollback is one version back');
select throws_ok($$select postern.set_channel('stable', '9', 100, 'me')$$, 'PT400', 'Unknown version: 9', 'no unknown version is rolled out');
select throws_ok($$select postern.roll_back_channel('beta', 'me')$$, 'PT400', null, 'nothing to go back to is told');
select is((select count(*) from audit_log), 7::bigint, 'every change is in the audit, a refused one is not');

-- strategy
select is(postern.change_strategy('{"enabled": true, "id": 5}') ->> 'enabled', 'true', 'a setting is changed');
select is((select count(*) from strategy_config), 1::bigint, 'and there is still one row');
select is(postern.override_decision(0, 'overridden', 'why')::text, null, 'no decision, no answer');

select * from finish();
rollback;
