-- Columns of every kind that the query builder of supabase-js has a method for.
create schema api;
create schema other;
grant usage on schema api, other to web_anon;

create table api.items (
    id int primary key,
    name text,
    size int,
    tags text[],
    span int4range,
    data jsonb,
    words tsvector,
    done boolean
);
insert into api.items values
    (1, 'Alpha', 10, '{a,b}', '[1,5)', '{"k":1}', 'a fat cat', true),
    (2, 'beta', 20, '{b}', '[5,9)', '{"k":2,"deep":{"x":"y"}}', 'a thin rat', false),
    (3, null, 30, '{}', '[20,30)', '{}', null, null);
create table api.parts (id int primary key, item_id int references api.items on delete cascade, label text);
insert into api.parts values (1, 1, 'p'), (2, 1, 'q'), (3, 2, 'r');
create table other.items (id int primary key, note text);
insert into other.items values (1, 'elsewhere');
grant select, insert, update, delete on api.items, api.parts, other.items to web_anon;
create function api.add(a int, b int) returns int language sql immutable as 'select a + b';
create function api.some_items(floor int default 0) returns setof api.items language sql stable as 'select * from api.items where size >= floor order by id';
grant execute on all functions in schema api to web_anon;
