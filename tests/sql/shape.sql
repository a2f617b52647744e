-- What must hold for every table, view and function, also those that later migrations bring.
begin;
create schema tap;
create extension pgtap schema tap;
set search_path = public, tap;
select plan(9);

select is_empty($$
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relrowsecurity
$$, 'every exposed table has row level security');

select is_empty($$
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not exists (select from pg_policy where polrelid = pg_class.oid)
$$, 'every exposed table has a policy');

select is_empty($$
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'v'
        and not coalesce(reloptions @> '{security_invoker=true}', false)
$$, 'every exposed view asks as its caller');

select is_empty($$
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'm'
$$, 'no materialized view is exposed');

select is_empty($$
    select relname from pg_class
    where relnamespace::regnamespace::text in ('public', 'private', 'postern', 'auth')
        and relkind in ('r', 'p', 'v', 'm') and obj_description(oid, 'pg_class') is null
$$, 'every table and view has a comment');

select is_empty($$
    select proname from pg_proc
    where pronamespace::regnamespace::text in ('public', 'private', 'postern', 'auth')
        and obj_description(oid, 'pg_proc') is null
        and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
$$, 'every function that is not an extension''s has a comment');

select is_empty($$
    select proname from pg_proc
    where pronamespace::regnamespace::text in ('public', 'private', 'postern') and prosecdef
        and not coalesce(array_to_string(proconfig, ',') like '%search_path=%', false)
$$, 'every security definer function pins its search path');

select is_empty($$
    select conrelid::regclass, conname from pg_constraint
    where contype = 'f' and connamespace::regnamespace::text in ('public', 'private')
        and not exists (
            select from pg_index where indrelid = conrelid and indkey[0] = conkey[1] and indpred is null
        )
$$, 'every foreign key has an index');

select is_empty($$
    select relname, privilege
    from pg_class, unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) as privilege
    where relnamespace in ('public'::regnamespace, 'private'::regnamespace, 'auth'::regnamespace)
        and relkind in ('r', 'p', 'v', 'm')
        and (has_table_privilege('anon', pg_class.oid, privilege)
            or (privilege in ('INSERT', 'UPDATE') and has_any_column_privilege('anon', pg_class.oid, privilege)))
$$, 'anon may write nothing');

select * from finish();
rollback;
