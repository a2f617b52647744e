-- Who may call what of agents, searches, projects, contributions and nodes: each role, each function.
begin;
create schema tap;
create extension pgtap schema tap;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
set search_path = public, tap;
select plan(41);

create function pg_temp.callers(home text, named text) returns text language sql as $$
    select string_agg(distinct role, ' ' order by role)
    from pg_proc, unnest('{anon,authenticated,service_role,postern_api,authenticator}'::text[]) as role
    where pronamespace = home::regnamespace and proname = named and has_function_privilege(role, pg_proc.oid, 'execute')
$$;

select ok((select count(*) > 0 from pg_proc where pronamespace = home::regnamespace and proname = named)
        and pg_temp.callers(home, named) is not distinct from callers,
    format('%s.%s: %s', home, named, coalesce(callers, 'nobody')))
from (values
    ('postern', 'create_task',         'postern_api'),
    ('postern', 'expand_template',     'postern_api'),
    ('postern', 'cancel_task',         'postern_api'),
    ('postern', 'checked',             'postern_api'),
    ('postern', 'shown',               'postern_api'),
    ('postern', 'start_search',        'postern_api'),
    ('postern', 'change_job',          'postern_api'),
    ('postern', 'claim_for_node',      'postern_api'),
    ('public',  'claim_work_blocks',   'postern_api service_role'),
    ('public',  'claim_work_block',    'postern_api service_role'),
    ('public',  'update_block_progress', 'postern_api service_role'),
    ('public',  'complete_work_block_with_duration', 'postern_api service_role'),
    ('public',  'reclaim_stale_blocks', 'postern_api service_role'),
    ('public',  'get_job_core_hours',  'postern_api service_role'),
    ('postern', 'create_project',      'postern_api'),
    ('postern', 'change_project',      'postern_api'),
    ('postern', 'from_toml',           'postern_api'),
    ('postern', 'to_toml',             'postern_api'),
    ('postern', 'contribute_work',     'postern_api'),
    ('postern', 'contribute_result',   'postern_api'),
    ('postern', 'contribute_heartbeat', 'postern_api'),
    ('postern', 'register_node',       'postern_api'),
    ('postern', 'node_work',           'postern_api'),
    ('postern', 'node_result',         'postern_api'),
    ('postern', 'stop_worker',         'postern_api'),
    ('private', 'claim_block',         null),
    ('private', 'take_primes',         null),
    ('private', 'trust_level',         null),
    ('private', 'note_trust',          null),
    ('private', 'credit_block',        null),
    ('private', 'result_fault',        null),
    ('private', 'own_block',           null),
    ('private', 'complete_block',      null),
    ('private', 'take_result',         null),
    ('private', 'own_node',            null)
) as expected (home, named, callers);

-- The privilege is what stops a call, not a table behind it: tried as the roles themselves.
set local role anon;
select throws_ok('select * from public.claim_work_blocks(1, null, 1)', '42501', null, 'anon claims no block');
select throws_ok('select postern.start_search(null, null)', '42501', null, 'anon starts no search');
reset role;
set local role authenticated;
select throws_ok('select * from public.claim_work_blocks(1, null, 1)', '42501', null, 'a user claims no block past the routes');
select throws_ok('select postern.create_project(null, null)', '42501', null, 'nor makes a project');
select throws_ok('select private.trust_level(1000)', '42501', null, 'nor asks for trust');
reset role;
set local role service_role;
select throws_ok('select postern.change_job(1, null)', '42501', null, 'the service role has no functions of routes');
reset role;

select * from finish();
rollback;
