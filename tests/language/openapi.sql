-- What describes itself in openapi.test.mjs: relations of every kind, types, keys, functions, and
-- what only some may see.
create schema api;
create schema other;
grant usage on schema api, other to web_anon, web_user;
comment on schema api is E'A library\n\nBooks and their readers,\nas far as they are known.';

create type api.mood as enum ('so so', 'fine');
create domain api.short as varchar(12);
create domain api.shorter as api.short check (length(value) < 5);

create table api.authors (id integer primary key, name text not null);
comment on table api.authors is E'Who writes\n\nOne row a person.\nThe living ones first.';
comment on column api.authors.id is 'A number of ours';

create table api.books (
    id bigint generated always as identity primary key,
    author_id integer not null references api.authors,
    title character varying(80) not null default 'untitled',
    initial character(1),
    code api.shorter,
    mood api.mood default 'fine',
    moods api.mood[],
    tags text[] default '{}',
    pages smallint default 42,
    price numeric(10, 2) default 4.5,
    weight double precision,
    printed boolean default false,
    day date default '1900-01-01',
    at timestamp(3) with time zone default now(),
    data jsonb default '{}',
    twice integer generated always as (author_id * 2) stored
);
create table api.covers (book_id bigint primary key references api.books, path text);
create table api.places (floor integer, shelf integer, primary key (floor, shelf));
create table api.copies (id integer primary key, floor integer, shelf integer, foreign key (floor, shelf) references api.places);
create table api.secrets (id integer primary key);
create table api.half_secret (id integer, open text);
create table api."odd name.é" ("a b" integer, "{c}" text);
create view api.titles as select title from api.books;
comment on view api.titles is 'Titles alone';
create view api.counts as select count(*) from api.books;
create materialized view api.frozen as select 1 as one;
create table api.log (at date, line text) partition by range (at);
create table api.log_old partition of api.log for values from ('2000-01-01') to ('2020-01-01');
create table other.things (id integer primary key);
grant all on all tables in schema api, other to web_anon;
revoke all on api.secrets, api.half_secret from web_anon;
grant select (open) on api.half_secret to web_anon;
grant select on api.secrets to web_user;

create function api.add(a integer, b integer default 1) returns integer language sql stable as 'select a + b';
comment on function api.add is E'Adds\nno more than that';
create function api.change(a integer) returns void language sql volatile as 'select null';
create function api.find(title text, moods api.mood[] default null) returns setof api.books language sql stable as 'select * from api.books';
create function api.one_author() returns api.authors language sql stable as 'select * from api.authors limit 1';
create function api.many(variadic words text[]) returns integer language sql immutable as 'select 1';
create function api.feel(mood api.mood) returns api.mood language sql immutable as 'select mood';
create function api.whole(json) returns json language sql immutable as 'select $1';
create function api.overload(a integer) returns integer language sql immutable as 'select 1';
create function api.overload(a integer, b integer) returns integer language sql immutable as 'select 2';
create function api.hidden() returns integer language sql as 'select 1';
revoke execute on function api.hidden from public;
create function api.root() returns json language sql stable as $$ select json_build_object('swagger', '2.0', 'own', true) $$;
