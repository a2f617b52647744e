-- Orders and what hangs on them, for columns that are lifted out of embedded rows.
create schema api;
grant usage on schema api to web_anon;

create table api.regions (id int primary key, name text);
create table api.customers (id int primary key, name text, region_id int references api.regions, notes json);
create table api.orders (id int primary key, customer_id int references api.customers, placed date);
create table api.lines (id int primary key, order_id int references api.orders, item text, price numeric);
create table api.tags (id int primary key, tag text);
create table api.orders_tags (order_id int references api.orders, tag_id int references api.tags, primary key (order_id, tag_id));
create function api.newest(api.customers) returns setof api.orders rows 1 language sql stable
    as $$ select * from api.orders where customer_id = $1.id order by placed desc limit 1 $$;

insert into api.regions values (1, 'north'), (2, 'south');
insert into api.customers values (1, 'Ann', 1, '{"vip": true}'), (2, 'Bob', 2, null), (3, 'Cid', null, '[1]');
insert into api.orders values (1, 1, '2026-01-01'), (2, 1, '2026-02-01'), (3, 2, '2026-03-01'), (4, null, null);
insert into api.lines values (1, 1, 'pen', 2.50), (2, 1, 'ink', 7.00), (3, 2, 'pad', null), (4, 3, 'pen', 2.50);
insert into api.tags values (1, 'new'), (2, 'paid');
insert into api.orders_tags values (1, 1), (1, 2), (3, 2);
grant select, insert, delete on all tables in schema api to web_anon;
