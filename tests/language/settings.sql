-- Settings kept in the database. The tests change those of the role gateway.
create schema api;
create schema other;
create schema private;
grant usage on schema api, other to web_anon, web_user;
create table api.items (id integer primary key);
insert into api.items select generate_series(1, 9);
create table other.things (id integer);
grant select on all tables in schema api, other to web_anon, web_user;
create function api.who() returns text language sql stable as $$ select current_user::text $$;

create function private.pre_config() returns void language plpgsql as $$
begin
    perform set_config('pgrst.db_max_rows', '4', true);
    perform set_config('pgrst.db_schemas', 'api,other', true);
end
$$;
grant usage on schema private to gateway;
alter role gateway set pgrst.db_max_rows = '3';
