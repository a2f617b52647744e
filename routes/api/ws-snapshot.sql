-- GET /api/ws-snapshot
-- What the dashboard shows of this moment: machines, jobs, projects, agents, the latest finds. /ws
-- sends the same every two seconds. Behind ai_engine there is nothing: no program of that kind
-- writes to this database, and the part says so. The fleet comes from memory, with beats that the database
-- has not seen yet; its rows here are what memory begins with.
-- also: /api/v1/ws-snapshot
-- access: anyone
-- pool: read
-- memory: snapshot
with
-- One line a form and ten seconds: a sieve that finds a hundred primes is one piece of news.
finds as (
    select
        max(id) as id, form, count(*) as count, max(found_at) as found_at,
        (array_agg(expression order by id))[1:5] as expressions
    from (select id, form, expression, found_at from primes order by found_at desc limit 1000) as recent
    group by form, floor(extract(epoch from found_at) / 10)
    order by found_at desc, id desc
    limit 20
)
select json_build_object(
    'status', json_build_object(
        'active', exists (select from workers where last_heartbeat > now() - interval '2 minutes') or exists (select from search_jobs where status = 'running'),
        'checkpoint', null),
    'fleet', (
        select coalesce(json_agg(alive), '[]')
        from (
            select
                worker_id, hostname, cores, search_type, search_params, tested, found, current, checkpoint, metrics,
                extract(epoch from registered_at) as registered_at,
                extract(epoch from last_heartbeat) as last_heartbeat
            from workers
            where last_heartbeat > now() - interval '2 minutes'
        ) as alive),
    'search_jobs', (
        select coalesce(json_agg(job order by id desc), '[]')
        from (
            select
                id, search_type, params, status, error, created_at, started_at, stopped_at, range_start, range_end,
                block_size, total_tested, total_found
            from search_jobs
        ) as job),
    'coordinator', null,
    'notifications', (
        select coalesce(json_agg(json_build_object(
            'id', id,
            'kind', 'prime',
            'title', count || ' ' || form || case count when 1 then ' prime found' else ' primes found' end,
            'details', to_json(expressions || case when count > 5 then array['and ' || count - 5 || ' more'] end),
            'count', count,
            'timestamp_ms', floor(extract(epoch from found_at) * 1000)::bigint
        ) order by found_at desc, id desc), '[]')
        from finds),
    'agent_tasks', (
        select coalesce(json_agg(task order by id desc), '[]')
        from (select * from agent_tasks where status = 'in_progress' order by id desc limit 100) as task),
    'agent_budgets', (select coalesce(json_agg(agent_budgets order by id), '[]') from agent_budgets),
    'running_agents', (
        select coalesce(json_agg(json_build_object(
            'task_id', id,
            'title', title,
            'model', agent_model,
            'status', status,
            'started_at', started_at,
            'pid', null
        ) order by id), '[]')
        from agent_tasks
        where status = 'in_progress'),
    'projects', (select coalesce(json_agg(projects order by created_at desc, id desc), '[]') from projects),
    'records', (select coalesce(json_agg(records order by form, category), '[]') from records),
    'strategy', json_build_object(
        'enabled', (select enabled from strategy_config),
        'recent_decisions', (
            select coalesce(json_agg(decision), '[]')
            from (select * from strategy_decisions order by created_at desc, id desc limit 10) as decision)),
    'ai_engine', json_build_object(
        'tick_count', null,
        'cost_model_version', null,
        'scoring_weights', null,
        'recent_decisions', '[]'::json)
)
