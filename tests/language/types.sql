-- What becomes TypeScript in types.test.mjs.
create schema api;
create schema other;
grant usage on schema api, other to web_anon;
create type api.mood as enum ('so so', 'fine');
create type api."Odd type" as enum ('a"b', 'c\d');
create type api.address as (street text, number integer);
create type public.inner_mood as enum ('x', 'y');
create domain api.amount as numeric(10, 2);
create table api.authors (id bigint generated always as identity primary key, name text not null, lives api.address);
create table api.books (
    id integer primary key default 1,
    author_id bigint not null references api.authors,
    title text not null,
    mood api.mood,
    moods api.mood[] not null default '{}',
    hidden public.inner_mood,
    price api.amount,
    data jsonb,
    raw bytea,
    "odd name" api."Odd type",
    place inet,
    twice bigint generated always as (author_id * 2) stored
);
create table api.covers (book_id integer primary key references api.books, path text);
create view api.titles as select id, title from api.books;
create view api.counts as select count(*) as count from api.books;
create table other.things (id integer primary key, label text not null);
create function api.add(a integer, b integer default 1) returns integer language sql stable as 'select a + b';
create function api.nothing() returns void language sql as 'select null';
create function api.find(title text) returns setof api.books language sql stable as 'select * from api.books';
create function api.one() returns api.books language sql stable as 'select * from api.books limit 1';
create function api.pairs() returns table (a integer, b text) language sql stable as $$ select 1, 'x' $$;
create function api.pick(a integer) returns integer language sql as 'select 1';
create function api.pick(a integer, b text) returns text language sql as $$ select 'x' $$;
create function api.unnamed(integer, integer) returns integer language sql as 'select 1';
create function api.whole(json) returns json language sql as 'select $1';
create function api.shout(books api.books) returns text language sql stable as 'select upper(books.title)';
grant all on all tables in schema api, other to web_anon;
insert into api.authors (name) values ('Ada');
insert into api.books (id, author_id, title, mood) values (1, 1, 'Notes', 'fine');
