-- The people and rows of the http suites. Ids are fixed, so that a test can say which row it means:
-- Ada (user A, an operator), Bo (user B), and an administrator; see tokens.mjs.

insert into private.operators (id, username, email, team, credit, primes_found, api_key_hash) values
    ('0a0a0a0a-0000-4000-8000-000000000001', 'ada',   'ada@example.org',   'north', 700, 12, repeat('a', 64)),
    ('0b0b0b0b-0000-4000-8000-000000000002', 'bo',    'bo@example.org',    null,    300,  5, repeat('b', 64)),
    ('0d0d0d0d-0000-4000-8000-000000000003', 'carol', 'carol@example.org', 'south', 900, 30, repeat('c', 64));

insert into auth.users (id, email, raw_user_meta_data) values
    ('aaaaaaaa-0000-4000-8000-00000000000a', 'ada@example.org',  '{"display_name":"Ada"}'),
    ('bbbbbbbb-0000-4000-8000-00000000000b', 'bo@example.org',   '{}'),
    ('cccccccc-0000-4000-8000-00000000000c', 'root@example.org', '{"display_name":"Root"}');
update user_profiles set operator_id = '0a0a0a0a-0000-4000-8000-000000000001' where id = 'aaaaaaaa-0000-4000-8000-00000000000a';
update user_profiles set operator_id = '0b0b0b0b-0000-4000-8000-000000000002' where id = 'bbbbbbbb-0000-4000-8000-00000000000b';
update user_profiles set role = 'admin' where id = 'cccccccc-0000-4000-8000-00000000000c';

insert into operator_nodes (operator_id, node_id, hostname, cores) values
    ('0a0a0a0a-0000-4000-8000-000000000001', 'node-a', 'ada-1', 8),
    ('0b0b0b0b-0000-4000-8000-000000000002', 'node-b', 'bo-1', 4);
insert into operator_trust (operator_id, trust_level) values
    ('0a0a0a0a-0000-4000-8000-000000000001', 3), ('0b0b0b0b-0000-4000-8000-000000000002', 1);
insert into operator_credits (operator_id, credit, reason) values
    ('0a0a0a0a-0000-4000-8000-000000000001', 700, 'blocks'), ('0b0b0b0b-0000-4000-8000-000000000002', 300, 'blocks');

-- 60 primes of three forms; number 7 has a percent sign and an umlaut where a filter must not stumble.
insert into primes (id, form, expression, digits, found_at, search_params, proof_method, verified, tags)
select
    n,
    (array['factorial', 'kbn', 'palindromic'])[1 + n % 3],
    case n when 7 then '7!% ü+1' else n || case n % 3 when 0 then '!+1' when 1 then '*2^' || n || '+1' else '*10^' || n || '+1' end end,
    n * 10,
    timestamptz '2026-01-01 00:00+00' + n * interval '7 hours',
    json_build_object('n', n)::text,
    case n % 2 when 0 then 'deterministic' else 'probabilistic' end,
    n % 2 = 0,
    case n % 3 when 0 then '{factorial,small}' else '{}' end::text[]
from generate_series(1, 60) as n;
alter table primes alter column id restart with 1000;
insert into prime_verification_queue (id, prime_id, status) values (1, 2, 'verified'), (2, 4, 'pending');
insert into prime_verification_summary (prime_id, verified_count, quorum_met) values (2, 2, true);

insert into projects (id, slug, name, objective, form, status, created_at) values
    (1, 'first-factorials', 'First factorials', 'survey', 'factorial', 'active', '2026-02-01'),
    (2, 'wide-palindromes', 'Wide palindromes', 'record', 'palindromic', 'draft', '2026-03-01');
insert into project_phases (id, project_id, name, phase_order) values (1, 1, 'verify', 2), (2, 1, 'sieve', 1), (3, 2, 'sieve', 1);
insert into project_events (id, project_id, event_type, summary, created_at) values
    (1, 1, 'created', 'created', '2026-02-01'), (2, 1, 'started', 'started', '2026-02-02');
insert into records (id, form, category, expression, digits) values
    (1, 'palindromic', 'overall', '10^1888529-10^944264-1', 1888529), (2, 'factorial', 'overall', '422429!+1', 2193027);
insert into workers (worker_id, hostname, search_type) values ('w-1', 'ada-1', 'kbn');
insert into search_jobs (id, search_type, params, status, range_start, range_end) values (1, 'kbn', '{}', 'running', 1, 1000);
insert into work_blocks (id, search_job_id, block_start, block_end) values (1, 1, 1, 500), (2, 1, 501, 1000);

insert into commands (id, kind) values (1, 'fixture.command');

insert into agent_roles (id, name, domains) values (1, 'researcher', '["primes"]'), (2, 'engineer', '["engine"]');
insert into agent_templates (id, name, steps, role_name) values (1, 'survey', '[]', 'researcher'), (2, 'deploy', '[]', 'engineer');
insert into agent_role_templates values ('researcher', 'survey');
insert into agent_tasks (id, title, status, created_at) values
    (1, 'look', 'completed', '2026-04-01'), (2, 'think', 'in_progress', '2026-04-02'), (3, 'write', 'pending', '2026-04-03'),
    (4, 'rest', 'failed', '2026-04-04');
insert into agent_task_deps values (3, 2);
insert into agent_events (id, task_id, event_type, summary, created_at) values
    (1, 1, 'created', 'made', '2026-04-01'), (2, 1, 'completed', 'done', '2026-04-02'), (3, 2, 'created', 'made', '2026-04-03');
insert into agent_logs (id, task_id, stream, line_num, content) values (1, 1, 'stdout', 1, 'hello');
insert into agent_memory (id, key, value, category) values
    (1, 'zeta', 'last', 'pattern'), (2, 'alpha', 'first', 'pattern'), (3, 'forms', 'twelve', 'architecture');
insert into agent_schedules (id, name, trigger_type, task_title) values (1, 'nightly', 'cron', 'tidy'), (2, 'on-prime', 'event', 'verify');
insert into agent_budgets (id, period, budget_usd) values (1, 'daily', 10), (2, 'weekly', 50), (3, 'monthly', 150)
    on conflict do nothing;

do $$ /* identities go on where the fixed ids end */
declare t text;
begin
    foreach t in array array['commands', 'prime_verification_queue', 'projects', 'project_phases', 'project_events', 'records', 'search_jobs', 'work_blocks', 'agent_roles',
        'agent_templates', 'agent_tasks', 'agent_events', 'agent_logs', 'agent_memory', 'agent_schedules', 'agent_budgets']
    loop
        execute format('alter table %I alter column id restart with 1000', t);
    end loop;
end $$;

refresh materialized view private.dashboard_stats;
refresh materialized view private.form_leaderboard_mv;
refresh materialized view private.digit_distribution_mv;
refresh materialized view private.discovery_timeline_mv;
refresh materialized view private.tag_counts_mv;
analyze;
