-- Functions of every kind that a call can meet.
create schema api;
create schema hidden;
grant usage on schema api to web_anon;

create table api.rooms (id int primary key, name text, size int);
insert into api.rooms values (1, 'hall', 30), (2, 'attic', 10), (3, 'cellar', 20);
create table api.seats (id int primary key, room_id int references api.rooms, row_name char(1));
insert into api.seats values (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'a');
grant select, insert on api.rooms, api.seats to web_anon;
create type api.pair as (a int, b text);
create domain api.positive as int check (value > 0);

-- what comes in
create function api.takes_json(json) returns text language sql as $$ select json_typeof($1) $$;
create function api.takes_jsonb(jsonb) returns jsonb language sql as $$ select $1 $$;
create function api.takes_text(text) returns int language sql as $$ select length($1) $$;
create function api.takes_xml(xml) returns text language sql as $$ select 'xml ' || ($1)::text $$;
create function api.takes_bytes(bytea) returns text language sql as $$ select encode($1, 'hex') $$;
create function api.takes_number(int) returns int language sql as $$ select $1 $$;
create function api.either(text) returns text language sql as $$ select 'text' $$;
create function api.either(json) returns text language sql as $$ select 'json' $$;
create function api.either(a int, b int) returns text language sql as $$ select 'two' $$;
create function api.twins(a int) returns text language sql as $$ select 'int' $$;
create function api.twins(a text) returns text language sql as $$ select 'text' $$;
create function api.joined(sep text, variadic parts text[]) returns text language sql as $$ select array_to_string(parts, sep) $$;
create function api.summed(a int, b int default 10, c int default 100) returns int language sql as $$ select a + b + c $$;
create function api.letters(one char, many char[], bits bit) returns text language sql as $$ select concat_ws(',', one, many[1], bits) $$;
create function api.kind_of(data json) returns text language sql as $$ select json_typeof(data) $$;
create function api.all_optional(a int default 1) returns int language sql as $$ select a $$;

-- what comes out
create function api.nothing() returns void language sql as '';
create function api.null_int() returns int language sql as 'select null::int';
create function api.one_pair() returns api.pair language sql stable as $$ select (1, 'x')::api.pair $$;
create function api.no_pair() returns api.pair language sql stable as $$ select null::api.pair $$;
create function api.pairs() returns setof api.pair language sql stable as $$ values (1, 'x'), (2, 'y') $$;
create function api.numbers(n int default 3) returns setof int language sql stable as $$ select generate_series(1, n) $$;
create function api.a_domain() returns api.positive language sql as 'select 3';
create function api.out_and_in(in a int, out b int, inout c int) language sql as 'select a + 1, c * 2';
create function api.a_record() returns record language sql as $$ select 1 as x, 'y'::text as y $$;
create function api.records() returns setof record language sql as $$ select 1 as x, 'y'::text as y union all select 2, 'z' $$;
create function api.as_table(low int default 0) returns table (id int, label text, weight numeric) language sql stable as
    $$ select size, name, size / 2.0 from api.rooms where size > low order by api.rooms.id $$;
create function api.all_rooms() returns setof api.rooms language sql stable as 'select * from api.rooms order by id';
create function api.big_room() returns api.rooms language sql stable as 'select * from api.rooms where id = 1';
create function api.counted() returns int language plpgsql as $$ begin insert into api.rooms values (9, 'new', 1); return 9; end $$;
create function api.nested() returns json language sql immutable as $$ select '[1, {"a": null}]'::json $$;
grant execute on all functions in schema api to web_anon;
