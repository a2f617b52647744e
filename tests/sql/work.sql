-- Agents, searches, projects, contributions and nodes: what their functions do, and refuse.
begin;
create schema tap;
create extension pgtap schema tap;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
set search_path = public, tap;
select plan(60);

insert into auth.users (id, email) values
    ('00000000-0000-4000-8000-000000000001', 'one@example.org'), ('00000000-0000-4000-8000-000000000002', 'two@example.org');
insert into private.operators (id, username, email, api_key_hash) values
    ('00000000-0000-4000-a000-000000000001', 'one', 'one@example.org', 'hash one'),
    ('00000000-0000-4000-a000-000000000002', 'two', 'two@example.org', 'hash two');
update user_profiles set operator_id = ('00000000-0000-4000-a000-' || right(id::text, 12))::uuid;
insert into agent_roles (name) values ('tap') on conflict do nothing;
insert into agent_templates (name, description, steps, role_name) values
    ('steps', '', '[{"title": "first", "permission_level": 2}, {"title": "second", "depends_on_step": 0}]', 'tap'),
    ('broken', '', '[{"title": "first", "depends_on_step": 1}, {"title": "second"}]', null);

create function pg_temp.be_user(number integer) returns void language sql as $$
    select set_config('request.jwt.claims', json_build_object('role', 'authenticated',
        'sub', '00000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::text, true)
$$;
create function pg_temp.be_node(hash text) returns void language sql as $$
    select set_config('request.jwt.claims', json_build_object('role', 'postern_api', 'key_hash', hash, 'peer', '::1')::text, true)
$$;
create function pg_temp.task(named text, template text default null, role text default null) returns agent_tasks language sql as $$
    select row_to_task from jsonb_populate_record(null::agent_tasks,
        jsonb_build_object('title', named, 'template_name', template, 'role_name', role)) as row_to_task
$$;

set local role postern_api;

-- agents
select results_eq($$select title, status, priority, permission_level::int, description from postern.create_task(pg_temp.task('t'))$$,
    $$values ('t', 'pending', 'normal', 1, '')$$, 'a task has defaults');
select isnt_empty($$select from agent_events where event_type = 'created' and summary = 'Task created: t'$$, 'and its first event');
select throws_ok($$select postern.create_task(pg_temp.task('t', null, 'nobody'))$$, 'PT400', 'Unknown role: nobody', 'a role must be known');
select throws_ok($$select postern.expand_template(pg_temp.task('t', 'none'))$$, 'PT400', 'Unknown template: none', 'so must a template');
select throws_ok($$select postern.expand_template(pg_temp.task('t', 'broken'))$$, 'PT400', null, 'a step waits for an earlier one');
select ok(postern.expand_template(pg_temp.task('parent', 'steps')) > 0, 'a template is expanded');
select results_eq($$select title, permission_level::int, role_name from agent_tasks where parent_task_id = (select id from agent_tasks where title = 'parent') order by id$$,
    $$values ('first', 2, 'tap'), ('second', 1, 'tap')$$, 'into one task a step, with the template''s role');
select results_eq($$select a.title, b.title from agent_task_deps join agent_tasks as a on a.id = task_id join agent_tasks as b on b.id = depends_on$$,
    $$values ('second', 'first')$$, 'that wait for each other');
select is(postern.cancel_task((select id from agent_tasks where title = 'parent')) ->> 'ok', 'true', 'a task is cancelled');
select results_eq($$select distinct status from agent_tasks where title in ('parent', 'first', 'second')$$, $$values ('cancelled')$$, 'with its children');
select throws_ok($$select postern.cancel_task((select id from agent_tasks where title = 'parent'))$$, 'PT409', null, 'once');
select is(postern.cancel_task(-1)::text, null, 'and only if there is one');
select ok(not (postern.shown(pg_temp.task('t'))::jsonb ? 'timeout_secs'), 'what is shown has no time limit');

-- searches
select throws_ok($$select postern.start_search(search_type, '{}') from postern.search_kinds limit 1$$, 'PT400', null, 'a search needs its parameters');
reset role;
create temporary table kind as
    select search_type, first_key, last_key, block_size, (
        select jsonb_object_agg(key, 1) || jsonb_build_object(first_key, 0, last_key, 2 * block_size - 1) from unnest(keys) as key
    ) as params
    from postern.search_kinds order by search_type limit 1;
grant select on kind to postern_api;
set local role postern_api;
select throws_ok($$select postern.start_search(search_type, params || jsonb_build_object(first_key, 9, last_key, 8)) from kind$$,
    'PT400', null, 'a range has an order');
select throws_ok($$select postern.start_search(search_type, params || jsonb_build_object(last_key, 200000 * block_size)) from kind$$,
    'PT400', null, 'and an end');
select is(postern.start_search(search_type, params) ->> 'status', 'running', 'a search runs at once') from kind;
select results_eq($$select count(*), min(block_start), max(block_end) from work_blocks$$, $$select 2::bigint, 0::bigint, 2 * block_size::bigint from kind$$,
    'its blocks cover its range');
select is(postern.change_job(id, 'paused') ->> 'status', 'paused', 'it is paused') from search_jobs;
select is_empty($$select * from claim_work_blocks((select id from search_jobs), 'w', 5)$$, 'a paused search hands out nothing');
select is(postern.change_job(id, 'running') ->> 'status', 'running', 'it goes on') from search_jobs;
select throws_ok($$select postern.change_job(id, 'running') from search_jobs$$, 'PT409', null, 'but not twice');
select is(postern.change_job(-1, 'paused')::text, null, 'nobody''s search is null');
select throws_ok($$select postern.claim_for_node((select id from search_jobs), 'n1', 1)$$, 'PT404', null, 'without a key no node is one''s own');

-- nodes
select pg_temp.be_node('hash one');
select is(postern.register_node('n1', 'host', 4, '{"os": "linux"}') ->> 'ok', 'true', 'a node registers');
select is(postern.register_node('n1', 'other', 8, '{}') ->> 'ok', 'true', 'and again');
select results_eq($$select hostname, cores from operator_nodes where node_id = 'n1'$$, $$values ('other', 8)$$, 'with what it is now');
select pg_temp.be_node('hash two');
select throws_ok($$select postern.register_node('n1', 'thief', 1, '{}')$$, 'PT409', null, 'another operator cannot take its name');
select throws_ok($$select postern.node_work('n1', null)$$, 'PT404', null, 'nor work as it');
select pg_temp.be_node('hash nobody');
select throws_ok($$select postern.node_work('n1', null)$$, 'PT404', null, 'nor can an unknown key');
select pg_temp.be_node('hash one');
select isnt(postern.node_work('n1', null)::text, null, 'its own operator gets a block');
select results_eq($$select operator_id, claimed_by, lease_until > now() from work_blocks where status = 'claimed'$$,
    $$values ('00000000-0000-4000-a000-000000000001'::uuid, 'n1', true)$$, 'which is leased to the node');
select pg_temp.be_node('hash two');
select throws_ok($$select postern.node_result(id, 1, 0, '[]', 'h', 1) from work_blocks where status = 'claimed'$$, 'PT409', null,
    'nobody else reports it');
select throws_ok($$select postern.node_result(-1, 1, 0, '[]', 'h', 1)$$, 'PT404', null, 'nor a block that is not there');
select pg_temp.be_node('hash one');
select is(postern.node_result(id, 10, 1, '[{"form": "tap", "expression": "2^2+1", "digits": 1}]', 'h', 1) ->> 'status', 'accepted', 'the node does')
from work_blocks where status = 'claimed';
select results_eq($$select tested, found from work_blocks where status = 'completed'$$, 'values (10::bigint, 1::bigint)', 'the block is completed');
reset role;
select results_eq($$select credit > 0, primes_found from private.operators where username = 'one'$$, 'values (true, 1)', 'its operator credited');
select is((select count(*) from prime_verification_queue join primes on primes.id = prime_id where expression = '2^2+1'), 1::bigint,
    'and the prime waits for a second opinion');
set local role postern_api;
select is(postern.stop_worker('n1') ->> 'ok', 'true', 'a worker is told to stop');
select is(postern.stop_worker('nobody')::text, null, 'if there is one');

-- contributions
select pg_temp.be_user(2);
select isnt(postern.contribute_work()::text, null, 'a user''s browser gets a block');
select is(postern.contribute_work()::text, null, 'and no other when all are taken');
select is((postern.contribute_heartbeat(10) ->> 'block_size_hint')::bigint, 600::bigint, 'a minute''s work is its size');
select is((postern.contribute_heartbeat(1e9) ->> 'block_size_hint')::bigint, 100000::bigint, 'within bounds');
select is((postern.contribute_heartbeat(null) ->> 'block_size_hint')::bigint, 100::bigint, 'at both ends');
select pg_temp.be_user(1);
select throws_ok($$select postern.contribute_result(id, 1, 0, '[]', 'h', 1) from work_blocks where status = 'claimed'$$, 'PT409', null,
    'another user does not report it');
select pg_temp.be_user(2);
select is(postern.contribute_result(id, 1, 1, '[]', 'h', 1) ->> 'status', 'rejected', 'a result that cannot be true is refused')
from work_blocks where status = 'claimed';
select results_eq($$select status, operator_id from work_blocks order by status$$,
    $$values ('available', null::uuid), ('completed', '00000000-0000-4000-a000-000000000001'::uuid)$$, 'and its block given back');
reset role;
select results_eq($$select total_invalid::int, trust_level::int from operator_trust where operator_id = '00000000-0000-4000-a000-000000000002'$$,
    'values (1, 1)', 'which costs trust');
set local role postern_api;
select isnt(postern.contribute_work()::text, null, 'it is claimed again');
select is(postern.contribute_result(id, 5, 0, '[]', 'h', 1) ->> 'status', 'accepted', 'and reported') from work_blocks where status = 'claimed';
select is(status, 'completed', 'the last block ends the search') from search_jobs;
select pg_temp.be_user(9);
select throws_ok($$select postern.contribute_work()$$, 'PT404', null, 'who has no account has no work');

-- projects
select throws_ok($$select postern.create_project('{"name": "P"}', null)$$, 'PT400', null, 'a project needs a form');
select throws_ok($$select postern.create_project('{"name": "P", "form": "f", "objective": "fun"}', null)$$, 'PT400', null, 'and an objective');
select is(postern.create_project('{"name": "A P!", "form": "f", "objective": "survey", "strategy": {"phases": [{"name": "one"}]}}', null) ->> 'slug', 'a-p', 'it has a slug');
select is(postern.create_project('{"name": "a p", "form": "f", "objective": "survey"}', null) ->> 'slug', 'a-p-2', 'of its own');
select is(postern.change_project('a-p', 'activate') ->> 'status', 'active', 'it is activated');
select throws_ok($$select postern.change_project('a-p', 'activate')$$, 'PT400', null, 'once');
select is(postern.change_project('nowhere', 'pause')::text, null, 'nobody''s project is null');

select * from finish();
rollback;
