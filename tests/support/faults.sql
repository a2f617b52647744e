-- Schema load: what the fault suites read, write and wait for; everybody may.

create schema load;
grant usage on schema load to anon, authenticated;

create table load.items (id int primary key, body text not null);
insert into load.items select n, 'item ' || n from generate_series(1, 1000) as n;
create table load.calm (id int primary key, body text not null);
insert into load.calm select n, 'calm ' || n from generate_series(1, 100) as n;
create table load.log (id bigint primary key, at timestamptz not null default now());
grant select on all tables in schema load to anon;
grant insert on load.log to anon;

create function load.nap(seconds float) returns text language plpgsql volatile as $$ begin perform pg_sleep(seconds); return 'rested'; end $$;
create function load.slow_read(seconds float) returns text language plpgsql stable as $$ begin perform pg_sleep(seconds); return 'read'; end $$;
grant execute on all functions in schema load to anon;
alter role anon reset statement_timeout; /* here nobody ends a nap but the server */
analyze;
