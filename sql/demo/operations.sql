-- Demo: a week of metrics, a day of log lines, three releases, decisions of the strategy.

insert into metric_samples (ts, scope, metric, value)
select at, split_part(metric, '.', 1), metric, round((middle + swing * sin(extract(epoch from at) / 7200))::numeric, 2)
from generate_series(now() - interval '6 days 20 hours', now(), interval '5 minutes') as at
cross join (values
    ('coordinator.cpu_usage_percent', 35.0, 20.0),
    ('coordinator.memory_usage_percent', 48.0, 5.0),
    ('coordinator.load_avg_1m', 2.0, 1.5),
    ('fleet.max_heartbeat_age_secs', 20.0, 15.0),
    ('fleet.work_blocks_available', 40.0, 9.0),
    ('fleet.work_blocks_claimed', 9.0, 3.0)
) as kind (metric, middle, swing);

insert into system_logs (ts, level, source, component, message, context)
select
    now() - make_interval(mins => 6 * n),
    case when n % 60 = 0 then 'error' when n % 15 = 0 then 'warn' when n % 3 = 0 then 'debug' else 'info' end,
    (array['coordinator', 'worker', 'agent'])[n % 3 + 1],
    (array['heartbeat', 'sieve', 'proof', 'scheduler'])[n % 4 + 1],
    case
        when n % 60 = 0 then 'a block was not finished in time, it is given to another worker'
        when n % 15 = 0 then 'a heartbeat is late'
        else (array['block claimed', 'block finished', 'candidates sieved', 'nothing to do'])[n % 4 + 1]
    end,
    jsonb_build_object('line', n)
from generate_series(1, 240) as n;

insert into worker_releases (version, artifacts, notes, published_at)
select
    version,
    jsonb_build_array(jsonb_build_object('os', 'linux', 'arch', 'x86_64', 'url', 'https://example.org/worker-' || version)),
    'Release ' || version,
    now() - make_interval(days => age)
from (values ('1.0.0', 90), ('1.1.0', 30), ('1.2.0', 3)) as release (version, age);
insert into worker_release_channels (channel, version, rollout_percent)
values ('stable', '1.1.0', 100), ('beta', '1.2.0', 50), ('canary', '1.2.0', 100);
insert into worker_release_events (channel, from_version, to_version, rollout_percent, changed_by, changed_at)
values
    ('stable', '1.0.0', '1.1.0', 100, 'grace', now() - interval '29 days'),
    ('canary', '1.1.0', '1.2.0', 100, 'grace', now() - interval '3 days'),
    ('beta', '1.1.0', '1.2.0', 50, 'grace', now() - interval '2 days');

insert into strategy_decisions (decision_type, form, summary, reasoning, estimated_cost_usd, action_taken, created_at)
values
    ('create_job', 'kbn', 'Search k*2^n+1 further', 'The best yield of the month', 4.5, 'executed', now() - interval '5 days'),
    ('no_action', null, 'Wait', 'No worker is idle', null, 'deferred', now() - interval '1 day');
