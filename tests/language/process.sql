-- What the suite of the process asks for.
create schema api;
grant usage on schema api to web_anon, web_user;
create table api.things (id int primary key, name text not null);
insert into api.things select n, 'thing ' || n from generate_series(1, 3) n;
grant select on api.things to web_anon, web_user;
create function api.nap(seconds float) returns text language sql as $$ select pg_sleep(seconds)::text || 'done' $$;
create function api.marks() returns void language sql as $$ select set_config('app.mark', 'marked', true) $$;
create function api.marked() returns text language sql stable as $$ select current_setting('app.mark', true) $$;
create function api.front() returns json language sql stable as $$ select '{"swagger": "2.0", "info": {"title": "ours"}}'::json $$;
create function api.prepared() returns bigint language sql stable as $$ select count(*) from pg_prepared_statements where name <> '' $$;
