-- Accounts: keys, badges, and who may call what makes them.
begin;
create schema tap;
create extension pgtap schema tap;
set search_path = public, tap;
select plan(10);

insert into auth.users (id, email) values
    ('00000000-0000-4000-8000-000000000001', 'one@example.org'), ('00000000-0000-4000-8000-000000000002', 'two@example.org');
insert into private.operators (id, username, email, api_key_hash, primes_found, joined_at)
values ('00000000-0000-4000-a000-000000000001', 'one', 'one@example.org', 'hash', 3, now() - interval '40 days');
insert into operator_trust (operator_id, total_valid) values ('00000000-0000-4000-a000-000000000001', 100);
insert into operator_nodes (operator_id, node_id) select '00000000-0000-4000-a000-000000000001', n from generate_series(1, 2) as n;

select is(check_and_grant_badges('00000000-0000-4000-a000-000000000001'), 5, 'badges of every metric that reaches its threshold');
select results_eq('select badge_id from operator_badges order by 1',
    $$values ('block-1'), ('block-100'), ('days-30'), ('first-prime'), ('nodes-2')$$, 'and no other');
select is(check_and_grant_badges('00000000-0000-4000-a000-000000000001'), 0, 'once');
select is(check_and_grant_badges('00000000-0000-4000-a000-00000000000f'), 0, 'nobody earns nothing');

select isnt(private.new_api_key(), private.new_api_key(), 'keys differ');
select matches(private.new_api_key(), '^[0-9a-f]{64}$', 'and have 64 hexadecimal digits');

create function pg_temp.become(who text, subject text) returns void language sql as $$
    select set_config('request.jwt.claims', json_build_object('role', who, 'sub', subject)::text, true);
    select set_config('role', who, true);
$$;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;

select pg_temp.become('authenticated', '00000000-0000-4000-8000-000000000001');
select throws_ok($$select check_and_grant_badges(null)$$, '42501', null, 'a user grants no badge');
select throws_ok($$select postern.rotate_key()$$, '42501', null, 'and rotates keys through the route only');
select is_empty('select from operator_badges', 'and reads nobody else''s badges');
select throws_ok($$insert into operator_badges select '00000000-0000-4000-a000-000000000001', 'nodes-10'$$, '42501', null, 'nor writes one');

select * from finish();
rollback;
