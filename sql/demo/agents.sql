-- Demo, last: the agents that tend the searches.

insert into agent_roles (name, description, domains, default_permission_level, default_model, system_prompt, default_max_cost_usd)
values
    ('engine', 'Makes the prime tests faster and keeps them right.', '["engine", "algorithms"]', 2, 'opus', 'You work on the arithmetic. Measure before and after.', 10.00),
    ('frontend', 'Builds the dashboard.', '["web", "charts"]', 1, 'sonnet', 'You work on the dashboard. Keep pages small.', 5.00),
    ('ops', 'Keeps workers and the database alive.', '["deploy", "database"]', 2, 'sonnet', 'You look after machines. Never delete data.', 5.00),
    ('research', 'Decides what to search next.', '["mathematics", "strategy"]', 0, 'opus', 'You read papers and records. Propose, do not start.', 8.00),
    ('reviewer', 'Reads changes of the others.', '["review", "tests"]', 0, 'haiku', 'You review. Be brief and kind.', 2.00);

insert into agent_templates (name, description, steps, role_name)
select name, description,
    (select jsonb_agg(jsonb_build_object('title', step, 'description', description, 'permission_level', 1)
            || case when number > 1 then jsonb_build_object('depends_on_step', number - 2) else '{}' end
            order by number)
     from unnest(steps) with ordinality as list (step, number)),
    role_name
from (values
    ('add-form', 'Adds a family of primes to the search', array['Read the literature', 'Write the sieve', 'Write the test', 'Verify against known primes'], 'engine'),
    ('optimise-sieve', 'Makes a sieve faster', array['Measure', 'Change', 'Measure again'], 'engine'),
    ('fix-bug', 'From a report to a fix', array['Reproduce', 'Write the failing test', 'Fix', 'Review'], 'engine'),
    ('new-page', 'Adds a page to the dashboard', array['Sketch', 'Build', 'Test in a browser'], 'frontend'),
    ('new-chart', 'Adds a chart', array['Find the numbers', 'Draw', 'Test with empty data'], 'frontend'),
    ('accessibility', 'Checks a page for everybody', array['Run the checks', 'Fix', 'Check with the keyboard'], 'frontend'),
    ('deploy-worker', 'Brings a new worker version out', array['Build', 'One machine', 'All machines'], 'ops'),
    ('rotate-logs', 'Frees disk space', array['Look', 'Compress', 'Delete what is old'], 'ops'),
    ('backup-drill', 'Restores the newest backup somewhere else', array['Fetch', 'Restore', 'Compare counts', 'Write down the time'], 'ops'),
    ('survey-records', 'Compares our best with the world''s', array['Fetch the tables', 'Compare', 'Report'], 'research'),
    ('plan-project', 'Plans a new project', array['Estimate the yield', 'Estimate the cost', 'Propose'], 'research'),
    ('verify-prime', 'A second opinion on one prime', array['Choose a method', 'Compute', 'Report'], 'research'),
    ('review-change', 'Reads one change', array['Read', 'Run the tests', 'Comment'], 'reviewer')
) as template (name, description, steps, role_name);

insert into agent_role_templates (role_name, template_name)
select role_name, name
from agent_templates
union
select 'reviewer', name
from agent_templates
where name in ('fix-bug', 'add-form', 'new-page');

insert into agent_budgets (period, budget_usd, spent_usd, tokens_used, period_start)
values
    ('daily', 10, 3.4121, 812000, date_trunc('day', now())),
    ('weekly', 50, 17.9034, 4120000, date_trunc('week', now())),
    ('monthly', 150, 61.2250, 13904000, date_trunc('month', now()));

-- Sixty tasks over the last six weeks; the newest wait or run.
insert into agent_tasks (title, description, status, priority, agent_model, assigned_agent, source, result, tokens_used,
    cost_usd, created_at, started_at, completed_at, max_cost_usd, permission_level, template_name, role_name)
select
    format('%s: %s', template.description, form),
    format('Template %s for the form %s.', template.name, form),
    state.status,
    (array['normal', 'normal', 'high', 'low', 'urgent'])[1 + number % 5],
    role.default_model,
    case when state.status <> 'pending' then role.name || '-' || 1 + number % 3 end,
    (array['manual', 'schedule', 'ai_engine', 'api'])[1 + number % 4],
    case state.status
        when 'completed' then jsonb_build_object('summary', 'done', 'files_changed', number % 7)
        when 'failed' then jsonb_build_object('error', 'the tests did not pass')
    end,
    case when state.status = 'pending' then 0 else 9000 + number * 2311 end,
    case when state.status = 'pending' then 0 else round(0.04 + number * 0.0213, 4) end,
    moment.created_at,
    case when state.status <> 'pending' then moment.created_at + interval '3 minutes' end,
    case when state.status in ('completed', 'failed', 'cancelled') then moment.created_at + make_interval(mins => 9 + number % 40) end,
    role.default_max_cost_usd,
    role.default_permission_level,
    template.name,
    role.name
from generate_series(1, 60) as number
cross join lateral (
    select
        now() - make_interval(hours => (60 - number) * 17, mins => number) as created_at,
        (array['kbn', 'twin', 'factorial', 'palindromic', 'repunit', 'wagstaff'])[1 + number % 6] as form
) as moment
join (select *, row_number() over (order by name) - 1 as position from agent_templates) as template
    on template.position = number % 13
join agent_roles as role on role.name = template.role_name
cross join lateral (
    select case
        when number > 56 then 'pending'
        when number > 53 then 'in_progress'
        when number % 11 = 0 then 'failed'
        when number % 17 = 0 then 'cancelled'
        else 'completed'
    end as status
) as state
order by number;

insert into agent_task_deps (task_id, depends_on)
select id, id - 1
from agent_tasks
where status = 'pending' and id % 2 = 0;

insert into agent_events (task_id, event_type, agent, summary, detail, created_at, tool_name, input_tokens, output_tokens, duration_ms)
select id, event_type, assigned_agent, summary, detail, at, tool_name, input_tokens, output_tokens, duration_ms
from agent_tasks
cross join lateral (values
    ('created', 'Task created', '{}'::jsonb, created_at, null, null::bigint, null::bigint, null::bigint),
    ('started', 'Work began', '{}', started_at, null, null, null, null),
    ('tool_call', 'Ran the tests', '{"command": "scripts/test unit"}', started_at + interval '2 minutes', 'bash', 4200, 310, 18400),
    ('message', 'Found the place to change', '{}', started_at + interval '4 minutes', null, 2900, 640, 9100),
    (status, format('Task %s', status), coalesce(result, '{}'), completed_at, null, null, null, null)
) as event (event_type, summary, detail, at, tool_name, input_tokens, output_tokens, duration_ms)
where at is not null
order by at, id;

insert into agent_logs (task_id, stream, line_num, msg_type, content, created_at)
select id, case when line = 4 then 'stderr' else 'stdout' end, line, 'text',
    (array['reading the task', 'building', 'running 214 tests', 'warning: one test is slow', '214 passed', 'done'])[line],
    started_at + make_interval(secs => line * 20)
from agent_tasks
cross join generate_series(1, 6) as line
where started_at is not null
order by id, line;

insert into agent_memory (key, value, category, created_by_task)
select key, value, category, (select min(id) + number from agent_tasks)
from (values
    (1, 'sieve-first', 'Trial division by the primes up to 53 removes four of five candidates.', 'pattern'),
    (2, 'proth-witness', 'The witness 3 decides most Proth numbers; go up to 37.', 'pattern'),
    (3, 'digits-column', 'digits is bigint: compare numbers, not text.', 'gotcha'),
    (4, 'bucket-utc', 'Timeline buckets are UTC, without a zone in the text.', 'convention'),
    (5, 'expression-signs', 'Twins are written k*2^n±1, one row for both.', 'convention'),
    (6, 'refresh-views', 'Dashboard numbers are up to five minutes old.', 'architecture'),
    (7, 'read-pool', 'Charts read from the replica when it is fresh.', 'architecture'),
    (8, 'report-style', 'Grace likes figures first, then words.', 'preference'),
    (9, 'quiet-hours', 'No deploys between 22:00 and 06:00 UTC.', 'preference'),
    (10, 'pocklington-prime-base', 'k*b^n+1 with prime b and b^n > k has a one-line proof.', 'pattern'),
    (11, 'retry-blocks', 'A block whose worker left is handed out again after two minutes.', 'architecture'),
    (12, 'glossary', 'Titanic means more than a thousand digits.', 'general')
) as memory (number, key, value, category);

insert into agent_schedules (name, description, enabled, trigger_type, cron_expr, event_filter, action_type, template_name,
    role_name, task_title, priority, max_cost_usd, permission_level, fire_count, last_fired_at)
values
    ('nightly-survey', 'Compares our records with the world''s', true, 'cron', '0 3 * * *', null, 'template', 'survey-records', 'research', 'Nightly survey of records', 'normal', 2, 0, 181, date_trunc('day', now()) + interval '-21 hours'),
    ('weekly-drill', 'Restores a backup', true, 'cron', '0 5 * * 0', null, 'template', 'backup-drill', 'ops', 'Weekly backup drill', 'high', 5, 2, 26, date_trunc('week', now()) - interval '19 hours'),
    ('log-rotation', 'Frees disk space', true, 'cron', '30 4 * * *', null, 'template', 'rotate-logs', 'ops', 'Rotate logs', 'low', 1, 2, 181, date_trunc('day', now()) + interval '-20 hours'),
    ('titanic-found', 'A second opinion on every titanic prime', true, 'event', null, 'prime_found:digits>=1000', 'template', 'verify-prime', 'research', 'Verify a titanic prime', 'urgent', 3, 1, 9, now() - interval '8 days'),
    ('job-finished', 'Plans what comes next', true, 'event', null, 'search_done', 'template', 'plan-project', 'research', 'Plan the next project', 'normal', 4, 0, 14, now() - interval '3 days'),
    ('worker-lost', 'Looks after a silent worker', false, 'event', null, 'worker_lost', 'task', null, 'ops', 'Find out why a worker is silent', 'high', 2, 1, 3, now() - interval '31 days'),
    ('monthly-accessibility', 'Checks the dashboard', false, 'cron', '0 9 1 * *', null, 'template', 'accessibility', 'frontend', 'Accessibility check', 'low', 5, 1, 5, date_trunc('month', now()) + interval '9 hours');
