-- What beyond.test.mjs reads and writes.
create schema api;
grant usage on schema api to web_anon;
create table api.items (id integer primary key, name text, size integer);
insert into api.items select n, 'item ' || n, n % 10 from generate_series(1, 2000) n;
create table api.parts (id integer primary key, item_id integer references api.items, at timestamptz default '2026-01-01 00:00Z', tags text[]);
insert into api.parts (id, item_id, tags) select n, n, array['a', 'b'] from generate_series(1, 3) n;
create view api.many as select n as id, repeat('x', 20) as filler, n / 2.0 as half from generate_series(1, 1000000) n;
create table api.breaks (id integer, data json);
insert into api.breaks values (1, E'{"a":\n 1,\r\n "b": "x\\\\ny"}'), (2, null);
create view api.broken as select n as id, 1 / (99999 - n) as over from generate_series(1, 100000) n;
create table api.notes (id serial primary key, body text);
insert into api.notes (body) values ('one'), ('two');
grant all on all tables in schema api to web_anon;
grant usage on all sequences in schema api to web_anon;
create function api.sizes(lowest integer default 0) returns setof integer language sql stable as 'select distinct size from api.items where size >= lowest order by 1';
create function api.first(count integer) returns setof api.items language sql stable as 'select * from api.items order by id limit count';
create function api.change() returns integer language sql volatile as $$ insert into api.notes (body) values ('changed'); select 1 $$;
create function api.slow() returns setof integer language plpgsql stable as $$
begin
    for i in 1 .. 1000000 loop
        return next i;
        if i = 1000000 then raise exception 'too late'; end if;
    end loop;
end $$;
create role service_role nologin;
grant service_role to gateway;
grant usage on schema api to service_role;
grant all on all tables in schema api to service_role;
