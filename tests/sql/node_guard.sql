-- The guard of nodes: who passes, and that it looks its operator up once, however many there are.
begin;
create schema tap;
create extension pgtap schema tap;
set search_path = public, tap;
select plan(10);

insert into private.operators (username, email, api_key_hash, key_rotated_at, allowed_ips, is_active)
select 'o' || n, n || '@example.org', 'hash ' || n, now() - make_interval(days => n % 100),
    case n when 7 then '{10.0.0.0/8}'::text[] end, n <> 8
from generate_series(1, 300) as n;
analyze private.operators;

create function pg_temp.come(hash text, role text default 'postern_api') returns void language sql as $$
    select set_config('request.jwt.claims', json_build_object('role', role, 'key_hash', hash, 'peer', '192.0.2.1')::text, true)
$$;
create function pg_temp.passes(hash text) returns boolean language plpgsql as $$
begin
    perform pg_temp.come(hash);
    perform postern.require_node();
    return postern.node_operator() = (select id from private.operators where api_key_hash = hash);
end
$$;

select ok(pg_temp.passes('hash 1'), 'an active operator');
select throws_ok($$select pg_temp.passes('hash 0')$$, 'PT401', 'Invalid or expired API key', 'not a key of nobody');
select throws_ok($$select pg_temp.passes(null)$$, 'PT401', 'Missing or invalid Authorization header', 'nor none');
select throws_ok($$select pg_temp.passes('hash 8')$$, 'PT401', 'Invalid or expired API key', 'nor that of an operator who was put off');
select throws_ok($$select pg_temp.passes('hash 95')$$, 'PT401', 'API key expired, please rotate', 'nor one of 95 days');
select throws_ok($$select pg_temp.passes('hash 7')$$, 'PT403', 'IP address not in allowlist', 'nor from elsewhere');
select pg_temp.come('hash 1', 'authenticated');
select is(postern.node_operator(), null, 'claims of another role bring no key');

select pg_temp.come('hash 1');
select is(postern.node_key_warning(), null, 'a young key is not warned of');
select pg_temp.come('hash 80');
select matches(postern.node_key_warning(), '^299 postern "The API key expires on \d{4}-\d\d-\d\d, please rotate"$', 'one of 80 days is');

set local track_functions = 'all';
select postern.require_node();
select cmp_ok((select sum(calls) from pg_stat_xact_user_functions where funcname = 'node_claim'), '<=', 3::numeric,
    'claims are not read again for each operator');

select * from finish();
rollback;
