-- What the suite of the process asks for.
create schema api;
grant usage on schema api to web_anon, web_user;
create table api.things (id int primary key, name text not null);
insert into api.things select n, 'thing ' || n from generate_series(1, 3) n;
grant select on api.things to web_anon, web_user;
create function api.nap(seconds float) returns text language sql as $$ select pg_sleep(seconds)::text || 'done' $$;
