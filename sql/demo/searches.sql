-- Demo, behind the primes: workers, jobs, projects, records, second opinions.

create temporary table best as
    select form, count(*) as count, max(array[digits, -id]) as largest
    from primes
    group by form;

insert into workers (worker_id, hostname, cores, search_type, search_params, tested, found, current, metrics,
    registered_at, last_heartbeat, benchmark_score, preferred_forms, cpu_model, ram_gb)
select
    node_id,
    hostname,
    cores,
    form,
    format('{"search_type":"%s"}', form),
    number * 48211 + 190000,
    number * 17 + 40,
    format('block %s', 4000 + number * 13),
    jsonb_build_object(
        'cpu_usage_percent', 80 + number % 18,
        'memory_used_gb', ram_gb / 4,
        'memory_total_gb', ram_gb,
        'memory_usage_percent', 25,
        'load_avg_1m', cores - number % 3
    ),
    registered_at,
    now() - make_interval(secs => number::integer % 20),
    benchmark_score,
    array[form],
    cpu_model,
    ram_gb
from (
    select nodes.*, row_number() over (order by node_id) as number
    from operator_nodes as nodes
) as nodes
cross join lateral (
    select (array['kbn', 'twin', 'sophie_germain', 'gen_fermat', 'palindromic', 'factorial', 'repunit'])[1 + number % 7] as form
) as choice;

insert into projects (slug, name, description, objective, form, status, target, strategy, budget, total_tested,
    total_core_hours, total_cost_usd, created_at, started_at, completed_at)
values
    ('titanic-proth', 'Titanic Proth primes', 'Every k*2^n+1 with k below 16 and more than a thousand digits.',
        'survey', 'kbn', 'active', '{"range_start": 3000, "range_end": 20000}', '{"auto_strategy": true}',
        '{"max_cost_usd": 120}', 1842200, 1205, 48.2, now() - interval '210 days', now() - interval '209 days', null),
    ('factorial-gap', 'The factorial gap', 'n!+1 and n!-1 from 470 on, where nothing is known to us yet.',
        'record', 'factorial', 'active', '{"range_start": 470, "range_end": 1000}', '{"auto_strategy": true}',
        '{"max_cost_usd": 60}', 12040, 447.5, 17.9, now() - interval '120 days', now() - interval '118 days', null),
    ('palindromes-11', 'Palindromes of eleven digits', 'All of them, proven one by one.',
        'survey', 'palindromic', 'completed', '{"range_start": 100000, "range_end": 999999}', '{}',
        '{}', 900000, 5, 0.2, now() - interval '300 days', now() - interval '299 days', now() - interval '280 days'),
    ('twin-ladder', 'Twin ladder', 'Twins k*2^n±1 for each n, smallest k first.',
        'survey', 'twin', 'active', '{"range_start": 20, "range_end": 64}', '{"auto_strategy": true}',
        '{"max_cost_usd": 40}', 5210334, 110, 4.4, now() - interval '90 days', now() - interval '90 days', null),
    ('sophie-check', 'Sophie Germain, checked twice', 'A second opinion on every Sophie Germain prime.',
        'verification', 'sophie_germain', 'paused', '{}', '{}', '{}', 7410, 15, 0.6,
        now() - interval '60 days', now() - interval '59 days', null),
    ('fermat-64', 'Generalized Fermat, exponent 64', 'b^64+1 with even b up to ten thousand.',
        'custom', 'gen_fermat', 'draft', '{"range_start": 1600, "range_end": 10000}', '{}', '{}', 0, 0, 0,
        now() - interval '6 days', null, null);

update projects
set total_found = best.count, best_prime_id = -largest[2], best_digits = largest[1]
from best
where best.form = projects.form and projects.status <> 'draft';

insert into search_jobs (search_type, params, status, created_at, started_at, stopped_at, range_start, range_end,
    block_size, total_tested, total_found, project_id)
select
    form,
    jsonb_build_object('search_type', form, 'part', part),
    case
        when projects.status = 'completed' or part < 3 then 'completed'
        when projects.status = 'paused' then 'paused'
        else 'running'
    end,
    started_at + make_interval(days => part),
    started_at + make_interval(days => part, mins => 5),
    case when projects.status = 'completed' or part < 3 then started_at + make_interval(days => part + 9) end,
    part * 10000,
    (part + 1) * 10000,
    500,
    total_tested / 4,
    total_found / 4,
    projects.id
from projects
cross join generate_series(0, 3) as part
where started_at is not null;

insert into work_blocks (search_job_id, block_start, block_end, status, claimed_by, claimed_at, completed_at, tested,
    found, duration_secs, cores_used)
select
    jobs.id,
    block_start,
    block_start + block_size,
    blocks.status,
    worker.worker_id,
    case when blocks.status <> 'available' then now() - interval '1 hour' + make_interval(secs => number) end,
    case when blocks.status = 'completed' then now() - interval '20 minutes' + make_interval(secs => number) end,
    case when blocks.status = 'completed' then block_size else 0 end,
    case when blocks.status = 'completed' then number % 3 else 0 end,
    case when blocks.status = 'completed' then 240 + number * 3 end,
    case when blocks.status <> 'available' then worker.cores end
from search_jobs as jobs
cross join generate_series(0, 19) as number
cross join lateral (
    select
        range_start + number * block_size as block_start,
        case
            when jobs.status = 'completed' or number < 9 then 'completed'
            when jobs.status = 'running' and number < 12 then 'claimed'
            else 'available'
        end as status
) as blocks
left join lateral (
    select worker_id, cores
    from workers
    where blocks.status <> 'available'
    order by md5(worker_id || number)
    limit 1
) as worker on true;

-- Completed one after the other as long as their search lasted; their hours add up to those of the project.
update work_blocks as blocks
set
    duration_secs = hours * 3600 / cores_used,
    claimed_at = began + (ended - began) * (number - 1) / done,
    completed_at = began + (ended - began) * number / done
from (
    select
        work_blocks.id,
        jobs.started_at as began,
        coalesce(jobs.stopped_at, now() - interval '20 minutes') as ended,
        row_number() over (partition by jobs.id order by block_start) as number,
        count(*) over (partition by jobs.id) as done,
        total_core_hours / count(*) over (partition by projects.id) as hours
    from work_blocks
    join search_jobs as jobs on jobs.id = search_job_id
    join projects on projects.id = jobs.project_id
    where work_blocks.status = 'completed'
) as share
where share.id = blocks.id;

insert into project_phases (project_id, name, description, phase_order, status, search_params, depends_on, search_job_id,
    total_tested, total_found, started_at, completed_at)
select
    jobs.project_id,
    phase.name,
    phase.description,
    phase.number,
    case jobs.status when 'completed' then 'completed' when 'running' then 'active' else 'paused' end,
    jobs.params,
    phase.depends_on,
    jobs.id,
    jobs.total_tested,
    jobs.total_found,
    jobs.started_at,
    jobs.stopped_at
from (values
    (1, 'sieve', 'Strike out what has a small factor.', '{}'::text[]),
    (2, 'screen', 'One Fermat test each.', '{sieve}'),
    (3, 'test', 'A strong test of what is left.', '{screen}'),
    (4, 'prove', 'A proof for what was found.', '{test}')
) as phase (number, name, description, depends_on)
join (
    select search_jobs.*, row_number() over (partition by project_id order by range_start) as number
    from search_jobs
) as jobs using (number);

insert into project_events (project_id, event_type, summary, detail, created_at)
select id, 'created', format('Project %s created', name), '{}'::jsonb, created_at
from projects
union all
select id, 'activated', format('%s started', name), '{}', started_at
from projects
where started_at is not null
union all
select project_id, 'phase_' || status, format('Phase %s: %s', name, status),
    jsonb_build_object('tested', total_tested, 'found', total_found), coalesce(completed_at, started_at)
from project_phases
union all
select id, 'milestone', format('Largest so far: %s digits', best_digits), jsonb_build_object('prime_id', best_prime_id),
    started_at + interval '20 days'
from projects
where best_prime_id is not null
union all
select id, 'completed', format('%s completed', name), '{}', completed_at
from projects
where completed_at is not null;

-- The world's records as of 2024, where our primes are very small; each can be looked up.
insert into records (form, category, expression, digits, holder, discovered_at, source, source_url)
values
    ('factorial', 'overall', '632760!-1', 3395992, 'PrimeGrid', '2024-10-20', 't5k.org', 'https://t5k.org/top20/page.php?id=30'),
    ('primorial', 'overall', '9562633#+1', 4151498, 'PrimeGrid', '2025-06-01', 't5k.org', 'https://t5k.org/top20/page.php?id=5'),
    ('kbn', 'overall', '10223*2^31172165+1', 9383761, 'PrimeGrid', '2016-10-31', 't5k.org', 'https://t5k.org/top20/page.php?id=3'),
    ('twin', 'overall', '2996863034895*2^1290000±1', 388342, 'PrimeGrid', '2016-09-14', 't5k.org', 'https://t5k.org/top20/page.php?id=1'),
    ('sophie_germain', 'overall', '2618163402417*2^1290000-1', 388342, 'PrimeGrid', '2016-02-29', 't5k.org', 'https://t5k.org/top20/page.php?id=2'),
    ('repunit', 'overall', '2^136279841-1', 41024320, 'GIMPS', '2024-10-12', 'mersenne.org', 'https://www.mersenne.org/primes/?press=M136279841'),
    ('gen_fermat', 'overall', '1963736^1048576+1', 6598776, 'PrimeGrid', '2022-09-24', 't5k.org', 'https://t5k.org/top20/page.php?id=12'),
    ('cullen_woodall', 'overall', '17016602*2^17016602-1', 5122515, 'PrimeGrid', '2018-03-21', 't5k.org', 'https://t5k.org/top20/page.php?id=7'),
    ('palindromic', 'overall', '10^1888529-10^944264-1', 1888529, 'Ryan Propper, Serge Batalov', '2021-10-18', 't5k.org', 'https://t5k.org/top20/page.php?id=53'),
    ('carol_kynea', 'overall', '(2^695631-1)^2-2', 418812, 'Mark Rodenkirch', '2016-07-16', null, null),
    ('wagstaff', 'overall', '(2^138937+1)/3', 41824, null, null, 't5k.org', 'https://t5k.org/top20/page.php?id=67');

update records
set our_best_id = -largest[2], our_best_digits = largest[1]
from best
where best.form = records.form;

-- Second opinions: all large primes, the newest, and a few that failed by time-out.
insert into prime_verification_queue (prime_id, status, claimed_by, claimed_at, completed_at, verification_tier,
    verification_method, result_detail, error_reason, created_at)
select
    primes.id,
    choice.status,
    case when choice.status <> 'pending' then worker_id end,
    case when choice.status <> 'pending' then found_at + interval '2 minutes' end,
    case when choice.status in ('verified', 'failed') then found_at + interval '6 minutes' end,
    case when choice.status = 'verified' then 3 end,
    case when choice.status = 'verified' then 'independent machine' end,
    case when choice.status = 'verified' then jsonb_build_object('residue', '0', 'seconds', 0.1 * digits) end,
    case when choice.status = 'failed' then 'the worker left' end,
    found_at + interval '1 minute'
from primes
cross join generate_series(1, 2) as opinion
cross join lateral (
    select case
        when found_at > now() - interval '2 hours' then 'pending'
        when found_at > now() - interval '1 day' and primes.id % 5 = 0 then 'claimed'
        when opinion = 1 and primes.id % 97 = 0 then 'failed'
        else 'verified'
    end as status
) as choice
cross join lateral (
    select worker_id from workers order by worker_id offset (primes.id + opinion) % 18 limit 1
) as worker
where digits >= 60 or found_at > now() - interval '1 day';

insert into prime_verification_summary (prime_id, verified_count, failed_count, quorum_met, updated_at)
select
    prime_id,
    count(*) filter (where status = 'verified'),
    count(*) filter (where status = 'failed'),
    count(*) filter (where status = 'verified') >= 2,
    coalesce(max(completed_at), now())
from prime_verification_queue
group by prime_id;

-- Credit is a point a digit.
insert into operator_credits (operator_id, block_id, credit, reason, granted_at)
select operator_id, row_number() over (order by week), credit, format('%s primes found', count), least(week + interval '7 days', now())
from (
    select operator_id, date_trunc('week', found_at) as week, count(*) as count, sum(digits) as credit
    from primes
    group by 1, 2
) as weeks;

update private.operators
set primes_found = found.count, credit = found.credit
from (
    select operator_id, sum(credit) as credit, sum(split_part(reason, ' ', 1)::bigint) as count
    from operator_credits
    group by operator_id
) as found
where found.operator_id = operators.id;

drop table best;
