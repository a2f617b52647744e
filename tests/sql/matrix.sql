-- Each exposed table and view, each role, each verb: S, I, U and D say what grants and policies together
-- let a role do at all (which rows, access.sql asks). Then each is tried.
begin;
create schema tap;
create extension pgtap schema tap;
grant usage on schema tap to public;
set search_path = public, tap;
select plan(628);

create temporary table wanted (relation text primary key, anon text, authenticated text, postern_api text, service_role text);
insert into wanted values
    ('agent_budgets', '', 'SU', 'SU', 'SIUD'),
    ('agent_events', '', 'S', 'SI', 'SIUD'),
    ('agent_logs', '', 'S', 'S', 'SIUD'),
    ('agent_memory', '', 'SIUD', 'SIUD', 'SIUD'),
    ('agent_role_templates', '', 'S', 'S', 'SIUD'),
    ('agent_roles', '', 'S', 'S', 'SIUD'),
    ('agent_schedules', '', 'SIUD', 'SIUD', 'SIUD'),
    ('agent_task_deps', '', 'S', 'SI', 'SIUD'),
    ('agent_tasks', '', 'SIU', 'SIU', 'SIUD'),
    ('agent_templates', '', 'S', 'S', 'SIUD'),
    ('audit_log', '', 'S', 'S', 'SIUD'),
    ('badge_definitions', 'S', 'S', 'S', 'SIUD'),
    ('commands', '', 'S', 'SIU', 'SIUD'),
    ('metric_rollups_daily', '', 'S', 'S', 'SIUD'),
    ('metric_rollups_hourly', '', 'S', 'S', 'SIUD'),
    ('metric_samples', '', 'S', 'S', 'SIUD'),
    ('operator_badges', '', 'S', 'S', 'SIUD'),
    ('operator_credits', '', 'S', 'S', 'SIUD'),
    ('operator_nodes', '', 'S', 'S', 'SIUD'),
    ('operator_trust', '', 'S', 'S', 'SIUD'),
    ('operators', '', 'S', 'S', 'SIUD'),
    ('prime_verification_queue', '', 'S', 'SI', 'SIUD'),
    ('prime_verification_summary', '', 'S', 'S', 'SIUD'),
    ('primes', '', 'S', 'S', 'SIUD'),
    ('project_events', 'S', 'S', 'SI', 'SIUD'),
    ('project_phases', 'S', 'S', 'SIU', 'SIUD'),
    ('projects', 'S', 'S', 'SIU', 'SIUD'),
    ('records', 'S', 'S', 'S', 'SIUD'),
    ('resource_credit_rates', 'S', 'S', 'S', 'SIUD'),
    ('search_jobs', 'S', 'S', 'SIU', 'SIUD'),
    ('strategy_config', '', 'S', 'S', 'SIUD'),
    ('strategy_decisions', '', 'S', 'S', 'SIUD'),
    ('system_logs', '', 'S', 'S', 'SIUD'),
    ('user_profiles', '', 'SU', 'S', 'SIUD'),
    ('work_blocks', '', 'S', 'SIU', 'SIUD'),
    ('worker_release_channels', '', 'S', 'S', 'SIUD'),
    ('worker_release_events', '', 'S', 'S', 'SIUD'),
    ('worker_releases', '', 'S', 'S', 'SIUD'),
    ('workers', '', 'S', 'S', 'SIUD');

create temporary view roles as select * from (values ('anon'), ('authenticated'), ('postern_api'), ('service_role')) as roles (role);
create temporary view verbs as
    select * from (values (1, 'S', 'SELECT', 'r'), (2, 'I', 'INSERT', 'a'), (3, 'U', 'UPDATE', 'w'), (4, 'D', 'DELETE', 'd')) as verbs (place, letter, verb, command);
create temporary view wishes as
    select relation, role, letter, verb, place, strpos(to_jsonb(wanted) ->> role, letter) > 0 as allowed
    from wanted cross join roles cross join verbs;

-- A grant, and where there is row level security a policy for the role.
create function pg_temp.allows(relation regclass, role text, verb text, command text) returns boolean language sql as $$
    select case verb when 'DELETE' then has_table_privilege(role, relation, verb) else has_any_column_privilege(role, relation, verb) end
        and (not relrowsecurity or (select rolbypassrls from pg_roles where rolname = role) or exists (
            select from pg_policies
            where (schemaname || '.' || quote_ident(tablename))::regclass = relation and permissive = 'PERMISSIVE'
                and cmd in (verb, 'ALL') and roles && array[role::name, 'public']))
    from pg_class
    where oid = relation
$$;

select results_eq(
    $$select relname::text collate "C" from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'p', 'm') and not relispartition order by 1$$,
    'select relation collate "C" from wanted order by 1', 'every exposed table and view is here');
select is(pg_temp.allows(relation::regclass, role, verb, command), allowed,
    role || (case when allowed then ' may ' else ' may not ' end) || lower(verb) || ': ' || relation)
from wishes join verbs using (place, letter, verb) order by relation, role, place;

-- What an attempt comes to: 42501 is no; any other error, and none, is yes.
create function pg_temp.attempt(who text, statement text) returns text language plpgsql as $$
declare
    rows bigint;
begin
    perform set_config('role', who, true);
    execute statement;
    get diagnostics rows = row_count;
    perform set_config('role', 'none', true);
    return 'done';
exception
    when insufficient_privilege then return 'refused';
    when others then return 'done';
end
$$;
create function pg_temp.statement(relation text, role text, verb text) returns text language sql as $$
    select case verb
        when 'SELECT' then format('select %1$s from %2$I limit 1', coalesce(min(quote_ident(attname)) filter (where has_column_privilege(role, attrelid, attname, 'SELECT')), '*'), relation)
        when 'INSERT' then format('insert into %I default values', relation)
        when 'UPDATE' then format('update %1$I set %2$s = default where false', relation, coalesce(min(quote_ident(attname)) filter (where has_column_privilege(role, attrelid, attname, 'UPDATE')), min(quote_ident(attname))))
        else format('delete from %I where false', relation)
    end
    from pg_attribute
    where attrelid = relation::regclass and attnum > 0 and not attisdropped
$$;
create temporary table tried as
    select relation, role, allowed, verb, pg_temp.attempt(role, pg_temp.statement(relation, role, verb)) as came from wishes;
select is_empty($$select relation, role, verb, came from tried where allowed and came <> 'done'$$, 'what may be done is not refused');
select is_empty($$select relation, role, verb, came from tried
    where not allowed and came <> 'refused' and not (verb in ('SELECT', 'UPDATE', 'DELETE')
        and has_any_column_privilege(role, relation, case verb when 'DELETE' then 'SELECT' else verb end))$$, 'what may not be done is refused, or finds no row');
select is_empty($$select relation, role, verb, came from tried where not allowed and verb in ('INSERT', 'DELETE') and came <> 'refused'$$,
    'nobody adds or deletes without both a grant and a policy');

select * from finish();
rollback;
