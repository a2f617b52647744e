-- Sales, for sums of every kind.
create schema api;
grant usage on schema api to web_anon;

create table api.shops (id int primary key, name text);
create table api.goods (id int primary key, name text, price numeric);
create table api.sales (
    id int primary key,
    shop_id int references api.shops,
    good_id int references api.goods,
    pieces int,
    day date,
    note jsonb
);
create table api.counted (id int primary key, count int);
create function api.of_day(day date) returns setof api.sales language sql stable as 'select * from api.sales s where s.day = $1';

insert into api.shops values (1, 'east'), (2, 'west'), (3, 'shut');
insert into api.goods values (1, 'pen', 2), (2, 'ink', 7.5);
insert into api.sales values
    (1, 1, 1, 10, '2026-01-01', '{"n": 1}'), (2, 1, 2, 2, '2026-01-02', '{"n": 2}'),
    (3, 2, 1, 5, '2026-01-01', '{"n": 3}'), (4, 2, null, null, '2026-01-02', null);
insert into api.counted values (1, 40), (2, 2);
grant select on all tables in schema api to web_anon;
