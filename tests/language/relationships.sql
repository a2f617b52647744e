-- What relationships are found by: foreign keys of every shape, views over tables that are not
-- exposed, and functions.
create schema api;
create schema store;
grant usage on schema api to web_anon, web_user;

-- Tables behind views: the keys are theirs.
create table store.authors (id int primary key, name text, mentor int references store.authors);
create table store.books (id int primary key, title text, author_id int references store.authors, editor_id int references store.authors);
insert into store.authors values (1, 'Ada', null), (2, 'Bo', 1);
insert into store.books values (10, 'One', 1, 2), (11, 'Two', 2, 2);

create view api.authors as select id, name, mentor from store.authors;
create view api.writers as select a.id as writer_id, upper(a.name) as name from api.authors a;
create view api.books as select id, title, author_id, editor_id from store.books;
create view api.titles as select b.title as "The title", b.id as ":resno", b.author_id as "by (whom)" from store.books b;
create view api.twice as select id, author_id as one, author_id as other from store.books;
create view api.counts as select author_id + 0 as author_id, count(*) as books from store.books group by 1;
create materialized view api.shelf as select b.id, b.title, b.author_id from store.books b;

-- Two keys to one table, and a junction between two.
create table api.places (id int primary key, name text);
create table api.trips (id int primary key, start int constraint trip_start references api.places, finish int constraint trip_finish references api.places);
create table api.people (id int primary key, name text);
create table api.people_trips (person int references api.people, trip int references api.trips, primary key (person, trip));
create table api.likes (id int primary key, person int references api.people, trip int references api.trips);
insert into api.places values (1, 'Oslo'), (2, 'Rome');
insert into api.trips values (5, 1, 2);
insert into api.people values (7, 'Cy');
insert into api.people_trips values (7, 5);
insert into api.likes values (1, 7, 5);
create view api.people_view as select id, name from api.people;
create view api.people_trips_view as select person, trip from api.people_trips;

-- A junction nobody sees joins nothing.
create table store.hidden (person int references api.people, place int references api.places, primary key (person, place));

-- One to one: by the primary key, and by a unique key of two columns in another order.
create table api.passports (person int primary key references api.people, number text);
create table api.seats (row int, seat int, label text, primary key (row, seat));
create table api.tickets (id int primary key, seat int, row int, unique (seat, row), foreign key (row, seat) references api.seats);
insert into api.passports values (7, 'P7');
insert into api.seats values (1, 2, 'B');
insert into api.tickets values (9, 2, 1);

-- Partitions are not seen, what they are partitions of is.
create table api.events (id int, day date, place int references api.places, primary key (id, day)) partition by range (day);
create table api.events_old partition of api.events for values from ('2020-01-01') to ('2021-01-01');
insert into api.events values (1, '2020-02-02', 1);

-- Functions: to one, to many, instead of a foreign key, of a view's row, and computed columns.
create function api.favourite(api.people) returns setof api.places rows 1 stable language sql as $$select * from api.places where id = 2$$;
create function api.home(api.people) returns api.places stable language sql as $$select * from api.places where id = 1$$;
create function api.everywhere(api.people) returns setof api.places stable language sql as $$select * from api.places order by id$$;
create function api.passports(api.people) returns setof api.passports rows 1 stable language sql as $$select $1.id, 'forged'$$;
create function api.works(api.writers) returns setof api.books stable language sql as $$select * from api.books where author_id = $1.writer_id$$;
create function api.initial(api.people) returns text stable language sql as $$select left($1.name, 1)$$;
create function api.initial(api.places) returns text stable language sql as $$select lower(left($1.name, 1))$$;
create function api.all_trips() returns setof api.trips stable language sql as $$select * from api.trips$$;

grant select on all tables in schema api to web_anon;
grant insert, update, delete on api.books to web_anon;
