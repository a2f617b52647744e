-- Who reads and writes what, tried as the roles themselves.
begin;
create schema tap;
create extension pgtap schema tap;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
set search_path = public, tap;
select plan(41);

insert into auth.users (id, email, raw_user_meta_data)
values
    ('00000000-0000-4000-8000-000000000001', 'root@example.org', '{"display_name": "Root"}'),
    ('00000000-0000-4000-8000-000000000002', 'one@example.org', '{}'),
    ('00000000-0000-4000-8000-000000000003', 'two@example.org', '{"display_name": ""}');

select results_eq(
    'select display_name, role from user_profiles order by id',
    $$values ('Root', 'operator'), ('one', 'operator'), ('two', 'operator')$$,
    'a new user gets a profile, the name from the metadata or the address'
);

insert into private.operators (id, username, email, api_key_hash, primes_found)
values
    ('00000000-0000-4000-a000-000000000001', 'one', 'one@example.org', 'hash one', 3),
    ('00000000-0000-4000-a000-000000000002', 'two', 'two@example.org', 'hash two', 5);
update user_profiles set role = 'admin' where id = '00000000-0000-4000-8000-000000000001';
update user_profiles set operator_id = '00000000-0000-4000-a000-000000000001' where display_name = 'one';
update user_profiles set operator_id = '00000000-0000-4000-a000-000000000002' where display_name = 'two';
insert into operator_trust (operator_id) select id from private.operators;
insert into operator_nodes (operator_id, node_id) select id, username from private.operators;
insert into operator_credits (operator_id, credit, reason) select id, 1, 'test' from private.operators;
insert into primes (form, expression, digits, search_params) values ('kbn', '3*2^1+1', 1, '{}');
insert into records (form, expression, digits) values ('kbn', '3*2^1+1', 1);
insert into workers (worker_id, hostname, search_type) values ('w', 'h', 'kbn');
insert into agent_budgets (period) values ('daily');

create function pg_temp.become(who text, subject text default null) returns void language plpgsql as $$
begin
    perform set_config('role', who, true);
    perform set_config('request.jwt.claim.sub', '', true);
    perform set_config('request.jwt.claims', json_build_object('role', who, 'sub', subject)::text, true);
end
$$;
create function pg_temp.user_one() returns void language sql as $$
    select pg_temp.become('authenticated', '00000000-0000-4000-8000-000000000002')
$$;

-- anon
select pg_temp.become('anon');
select is_empty('select from primes', 'anon sees no prime');
select is_empty('select from workers', 'anon sees no worker');
select is_empty('select from agent_tasks', 'anon sees no task');
select is_empty('select from user_profiles', 'anon sees no profile');
select isnt_empty('select from records', 'anon reads records');
select throws_ok('select from operators', '42501', null, 'anon reads no operator');
select throws_ok('select from auth.users', '42501', null, 'anon reads no user');
select throws_ok($$insert into agent_tasks (title) values ('x')$$, '42501', null, 'anon creates no task');
select throws_ok($$insert into primes (form, expression, digits, search_params) values ('a', 'b', 1, '')$$, '42501', null, 'anon adds no prime');
select throws_ok('delete from agent_memory', '42501', null, 'anon forgets nothing');
select throws_ok('select is_admin(null)', '42501', null, 'anon asks nobody''s role');
select throws_ok('select * from private.dashboard_stats', '42501', null, 'anon reads no materialized view');
select lives_ok('select get_stats()', 'but their numbers');
select throws_ok('select postern.refresh_dashboard()', '42501', null, 'and refreshes none');

-- a user
select pg_temp.user_one();
select isnt_empty('select from primes', 'a user reads primes');
select results_eq('select display_name from user_profiles', $$values ('one')$$, 'a user reads the own profile only');
select results_eq('select username, email from operators order by username',
    $$values ('one', 'one@example.org'), ('two', null)$$, 'a user sees all operators and the own address');
select results_eq('select count(*) from operators where primes_found >= 3', 'values (2::bigint)', 'a user is ranked among all');
select throws_ok('select api_key_hash from private.operators', '42501', null, 'a user reads no key hash');
select throws_ok('select email from private.operators', '42501', null, 'nor an address past the view');
select throws_ok('select * from private.form_leaderboard_mv', '42501', null, 'nor a materialized view');
select results_eq('select count(*) from operator_nodes', 'values (1::bigint)', 'a user reads the own machines');
select results_eq('select count(*) from operator_trust', 'values (1::bigint)', 'the own trust');
select results_eq('select count(*) from operator_credits', 'values (1::bigint)', 'and the own credits');
select lives_ok($$update user_profiles set display_name = 'uno' where id = auth.uid()$$, 'a user changes the own name');
select throws_ok($$update user_profiles set role = 'admin' where id = auth.uid()$$, '42501', null, 'but not the own role');
select throws_ok($$update user_profiles set operator_id = null where id = auth.uid()$$, '42501', null, 'nor the operator account');
select throws_ok($$insert into user_profiles (id) values (gen_random_uuid())$$, '42501', null, 'and makes no profile');
select is_empty($$update user_profiles set display_name = 'x' where id <> auth.uid() returning id$$, 'other names stay');
select lives_ok($$insert into agent_tasks (title, description, priority, agent_model, source, max_cost_usd, permission_level, role_name)
    values ('t', '', 'normal', null, 'manual', null, 1, null)$$, 'a user creates a task');
select lives_ok($$update agent_tasks set status = 'cancelled', completed_at = now()$$, 'and cancels it');
select throws_ok('update agent_tasks set cost_usd = 0', '42501', null, 'but does not touch what it cost');
select lives_ok('update agent_budgets set budget_usd = 20, updated_at = now()', 'a user sets a budget');
select throws_ok('update agent_budgets set spent_usd = 0', '42501', null, 'but does not touch what was spent');
select lives_ok($$insert into agent_memory (key, value, category, updated_at) values ('k', 'v', 'general', now())
    on conflict (key) do update set key = excluded.key, value = excluded.value, category = excluded.category,
        updated_at = excluded.updated_at$$, 'a user upserts memory');
select lives_ok($$insert into agent_schedules (name, trigger_type, task_title) values ('n', 'cron', 't');
    update agent_schedules set enabled = false; delete from agent_schedules$$, 'and keeps schedules');
select throws_ok('delete from primes', '42501', null, 'a user deletes no prime');

-- an administrator, the service, the curated routes
select pg_temp.become('authenticated', '00000000-0000-4000-8000-000000000001');
select results_eq('select count(email), count(*) from operators', 'values (2::bigint, 2::bigint)', 'an administrator sees every address');
select pg_temp.become('service_role');
select results_eq('select count(*) from user_profiles', 'values (3::bigint)', 'the service passes row level security');
select pg_temp.become('postern_api');
select results_eq('select count(*) from primes', 'values (1::bigint)', 'curated routes read primes');

reset role;
select * from finish();
rollback;
