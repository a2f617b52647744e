-- Tenants: which one a token names, and what postern.fence_table puts on a table.
begin;
create schema tap;
create extension pgtap schema tap;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
set search_path = public, tap;
select plan(18);

create function pg_temp.bring(claims text) returns void language sql as $$
    select set_config('request.jwt.claims', claims, true)
$$;

select pg_temp.bring(claims), is(auth.tenant_id(), tenant, claims)
from (values
    ('{"tenant_id": "a"}', 'a'),
    ('{"app_metadata": {"tenant_id": "b"}}', 'b'),
    ('{"tenant_id": "a", "app_metadata": {"tenant_id": "b"}}', 'a'),
    ('{"user_metadata": {"tenant_id": "b"}}', null),
    ('{"tenant_id": 7}', '7'),
    ('{}', null),
    ('', null)
) as token (claims, tenant);

create table rows_of (id int primary key, tenant_id uuid not null, name text);
grant all on rows_of to authenticated, service_role;
insert into rows_of values (1, '00000000-0000-4000-8000-00000000000a', 'mine'), (2, '00000000-0000-4000-8000-00000000000b', 'theirs');
create table no_tenants (id int primary key);
select throws_ok($$select postern.fence_table('no_tenants')$$, '42703', null, 'a table without the column cannot be fenced');
select lives_ok($$select postern.fence_table('rows_of')$$, 'one with it can');
select lives_ok($$select postern.fence_table('rows_of')$$, 'also twice');
create policy everybody on rows_of for all to authenticated using (true) with check (true);
select isnt_empty($$select from pg_indexes where tablename = 'rows_of' and indexdef like '%(tenant_id)'$$, 'the column has an index');

set local role authenticated;
select pg_temp.bring('{"role": "authenticated", "tenant_id": "00000000-0000-4000-8000-00000000000a"}');
select results_eq('select name from rows_of', $$values ('mine')$$, 'a policy that allows all shows the own rows');
select lives_ok($$insert into rows_of (id, name) values (3, 'new')$$, 'a new row gets the tenant');
select throws_ok($$insert into rows_of values (4, '00000000-0000-4000-8000-00000000000b', 'stolen')$$, '42501', null, 'and no other');
select throws_ok($$update rows_of set tenant_id = '00000000-0000-4000-8000-00000000000b'$$, '42501', null, 'nor later');
select pg_temp.bring('{"role": "authenticated"}');
select is_empty('select from rows_of', 'without a tenant there are no rows');
select throws_ok($$select postern.fence_table('rows_of')$$, '42501', null, 'a user fences nothing');
set local role service_role;
select results_eq('select count(*) from rows_of', 'values (3::bigint)', 'the service role sees all');
reset role;

select * from finish();
rollback;
