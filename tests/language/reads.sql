-- What filters, paths, casts and counts meet: every kind of column a filter tells apart, names that
-- need quotes, a view that the planner guesses wrong, and functions that fail in many ways.
create schema api;
create schema ext;
grant usage on schema api, ext to web_anon;

create type api.mood as enum ('sad', 'ok');
create type api.point3 as (x int, y text);
create table api.things (
    id int primary key,
    name text,
    short varchar(9),
    fixed char(4),
    done boolean,
    feels api.mood,
    tags int[],
    grid int[][],
    spot api.point3,
    data jsonb,
    old json,
    span int4range,
    words tsvector
);
insert into api.things values
    (1, 'a fat cat', 'cats', 'cats', true, 'sad', '{1,2}', '{{1,2},{3,4}}', '(1,one)', '{"a": {"b": [10, 20]}, "t": "run"}', '{"t": "running"}', '[1,5)', to_tsvector('english', 'cats ran')),
    (2, 'Zwei Hunde', 'dogs', null, false, 'ok', '{2,3}', '{{5,6},{7,8}}', '(2,two)', '{"a": {"b": [30]}, "t": "walk"}', '{"t": "walks"}', '[5,9)', to_tsvector('english', 'dogs walked')),
    (3, null, null, null, null, null, null, null, null, null, null, null, null),
    (4, '', '10%', 'x', true, 'ok', '{}', '{}', '(4,)', '[1, [2, {"c": 3}]]', '[7]', 'empty', ''),
    (5, 'a"b,(c)\d', 'ab', 'y', false, 'sad', '{5}', '{{5}}', '(5,"a,b")', '"text"', 'null', '[2,2]', to_tsvector('simple', 'the end'));

create table api."odd names" (id int primary key, "a.b" text, "c,d" int, "e""f" int, "größe" int, "$m" int, "x-y" int, "order" int, "select" int);
insert into api."odd names" values (1, 'x', 2, 3, 4, 5, 6, 7, 8), (2, 'y', 20, 30, 40, 50, 60, 70, 80);

-- Domains over domains: their operators are those of the type at the bottom.
create domain api.indexed as tsvector;
create domain api.lexemes as api.indexed check (value <> '');
create domain api.document as jsonb;
create table api.articles (id int primary key, words api.lexemes, body api.document);
insert into api.articles values
    (1, to_tsvector('simple', 'the end of it'), '{"b": 1, "a": {"n": [7]}}'),
    (2, to_tsvector('simple', 'a start'), '{"a": {"n": [8]}}');
create function api.all_articles() returns setof api.articles language sql stable as $$ select * from api.articles $$;
create function api.some_articles() returns table (id int, words api.lexemes, body api.document) language sql stable as $$ select * from api.articles $$;

create table api.projects (id int primary key, name text);
insert into api.projects select n, 'project ' || n from generate_series(1, 40) n;
-- The planner takes a function's word for how many rows it returns.
create function api.many_projects() returns setof api.projects language plpgsql stable rows 2000 as $$ begin return query select * from api.projects; end $$;
create view api.guessed as select * from api.many_projects();
create view api.broken as select (select n from generate_series(1, 2) n) as one;
create table api.ring (id int);
create rule again as on insert to api.ring do also insert into api.ring values (new.id);
create function api.deep(n int) returns int language plpgsql stable as $$ begin return api.deep(n + 1); end $$;
create function api.fails(code text, words text) returns void language plpgsql stable as $$ begin raise exception '%', words using errcode = code; end $$;
create function api.takes(v text) returns text language sql stable as $$ select v $$;

grant select, insert on all tables in schema api to web_anon;
analyze;
