-- Schema iso: rows of two owners, and functions that misbehave on their connection in every way
-- that SQL allows. The isolation and leak suites expose it.

create schema iso;
grant usage on schema iso to anon, authenticated, service_role;

create table iso.items (id int primary key, owner uuid not null, payload json, body text not null);
alter table iso.items enable row level security;
create policy "owners" on iso.items using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
grant select, insert, update, delete on iso.items to authenticated, service_role;
insert into iso.items
select n, case when n % 10 = 0 then 'bbbbbbbb-0000-4000-8000-00000000000b' else 'aaaaaaaa-0000-4000-8000-00000000000a' end::uuid, '{}', 'item ' || n
from generate_series(1, 1000) as n;

create table iso.open_items (id int primary key, body text not null);
grant select on iso.open_items to anon, authenticated, service_role;
insert into iso.open_items select n, 'open ' || n from generate_series(1, 20) as n;

create table iso.deferred (id int primary key, parent int references iso.deferred deferrable initially deferred);
grant select, insert, delete on iso.deferred to authenticated;

create table iso.log (id bigint generated always as identity, message text);
grant select, insert on iso.log to authenticated, anon;

-- Everything a request could inherit from the one before it.
create function iso.seen() returns jsonb language sql volatile as $$
    select jsonb_build_object(
        'user', current_user, 'session', session_user,
        'claims', nullif(current_setting('request.jwt.claims', true), ''),
        'sub', nullif(current_setting('request.jwt.claim.sub', true), ''), 'uid', auth.uid(),
        'read_only', current_setting('transaction_read_only'), 'search_path', current_setting('search_path'),
        'timeout', current_setting('statement_timeout'), 'level', current_setting('transaction_isolation'),
        'tenant', nullif(current_setting('iso.tenant', true), ''))
$$;
create function iso.probe() returns jsonb language sql volatile as 'select iso.seen() || jsonb_build_object(''pid'', pg_backend_pid())';
create function iso.probe_read() returns jsonb language sql stable as 'select iso.seen() || jsonb_build_object(''pid'', pg_backend_pid())';
create function iso.headers() returns text language sql volatile as $$ select current_setting('request.headers', true) $$;

create function iso.whoami() returns text language sql stable as 'select current_user::text';
create function iso.broken() returns int language plpgsql as $$ begin return 1 / (length(current_user) - length(current_user)); end $$;
create function iso.raises(message text) returns int language plpgsql as $$ begin raise exception '%', message using errcode = 'P0001'; end $$;
create function iso.nap(seconds float) returns text language plpgsql volatile as $$ begin perform pg_sleep(seconds); return current_user; end $$;
create function iso.write_log() returns text language plpgsql volatile as $$ begin insert into iso.log (message) values ('x'); return 'written'; end $$;
create view iso.sneaky with (security_invoker = true) as select iso.write_log() as done;
grant select on iso.sneaky to authenticated;

create function iso.evil_claims() returns text language plpgsql volatile as $$
begin
    perform set_config('request.jwt.claims', '{"role":"service_role","sub":"bbbbbbbb-0000-4000-8000-00000000000b"}', false);
    perform set_config('request.jwt.claim.sub', 'bbbbbbbb-0000-4000-8000-00000000000b', false);
    return 'set';
end $$;
create function iso.evil_role() returns text language plpgsql volatile as $$ begin perform set_config('role', 'service_role', false); return current_user; end $$;
create function iso.evil_path() returns text language plpgsql volatile as $$ begin perform set_config('search_path', 'iso_evil, public', false); return 'set'; end $$;
create function iso.evil_read_only() returns text language plpgsql volatile as $$
begin
    perform set_config('default_transaction_read_only', 'on', false);
    return 'set';
end $$;
create function iso.evil_level() returns text language plpgsql volatile as $$ begin perform set_config('iso.tenant', 'left by another', true); return 'set'; end $$;
create function iso.evil_local_role() returns bigint language plpgsql volatile as $$ begin set local role service_role; return (select count(*) from iso.items); end $$;
create function iso.evil_table() returns text language plpgsql volatile as $$
begin
    create temp table if not exists items (id int, owner uuid, payload json, body text);
    insert into pg_temp.items values (1, null, null, 'left by another');
    return 'made';
end $$;
create function iso.evil_deallocate() returns text language plpgsql volatile as $$ begin execute 'deallocate all'; return 'gone'; end $$;
create function iso.suicide() returns text language plpgsql volatile security definer as $$ begin perform pg_terminate_backend(pg_backend_pid()); return 'still here'; end $$;
grant execute on all functions in schema iso to anon, authenticated, service_role;
grant temp on database app to anon, authenticated;

-- For the leak suite: each row carries its owner's tag in its text.
create table iso.notes (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), tag text not null, body text not null, unique (owner, body));
alter table iso.notes enable row level security;
create policy "owners" on iso.notes to authenticated using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
grant select, insert, update, delete on iso.notes to authenticated, service_role;
insert into iso.notes (owner, tag, body)
select owner, tag, tag || ' note ' || n || ' ' || repeat(tag || ' ', 5)
from (values ('aaaaaaaa-0000-4000-8000-00000000000a'::uuid, 'tag-of-ada'), ('bbbbbbbb-0000-4000-8000-00000000000b', 'tag-of-bo')) as owners (owner, tag),
    generate_series(1, 200) as n;
create function iso.my_tag() returns text language sql stable as $$ select coalesce(min(tag), 'tag-of-nobody') from iso.notes $$;
create function iso.fail_with_tag() returns text language plpgsql volatile as $$
begin
    raise exception 'failed for %', (select min(tag) from iso.notes) using detail = (select string_agg(tag, ',') from (select tag from iso.notes limit 3) as few);
end $$;
create function iso.doze(seconds float) returns text language plpgsql stable as $$ begin perform pg_sleep(seconds); return (select min(tag) from iso.notes); end $$;
grant execute on all functions in schema iso to anon, authenticated, service_role;
-- A statement of a client of this database ends after a second.
alter role authenticator in database app set statement_timeout = '1s';
alter role authenticated set statement_timeout = '1s';
analyze;
