-- Relations of every kind for world.mjs: to one, to many, to itself, one to one, many to many, keys of
-- two columns, two ways between the same tables, views over them, a column and a relation that are
-- computed, rows by owner.

create table writers (id int primary key, name text not null, born date, teacher_id int references writers, fame numeric);
insert into writers select n, 'writer ' || n, date '1900-01-01' + n * 1000, case when n % 3 = 0 then n - 1 end, n * 1.5 from generate_series(1, 8) n;

create table books (
    id int primary key, title text not null, writer_id int not null references writers, editor_id int references writers,
    price numeric(8, 2), tags text[], data jsonb, spot int4range, mood mood, words tsvector, printed timestamptz
);
insert into books
select
    n, (array['Ännchen', 'a,b', 'the "end"', 'x', 'y (z)'])[1 + n % 5] || ' ' || n, 1 + n % 7, case when n % 4 > 0 then 1 + (n * 3) % 8 end,
    case when n % 5 > 0 then n * 2.25 end, case when n % 6 > 0 then array['t' || n % 3, 'all'] end, case when n % 4 > 0 then jsonb_build_object('n', n, 'deep', jsonb_build_object('list', jsonb_build_array(n, n + 1))) end,
    int4range(n, n + 4), (array['sad', 'ok', 'happy']::mood[])[1 + n % 3], to_tsvector('english', 'number ' || n || case when n % 2 = 0 then ' running' else ' cats' end), timestamptz '2026-01-01 00:00+00' + n * interval '1 day'
from generate_series(1, 20) n;

create table chapters (book_id int references books, no int, title text, pages int, primary key (book_id, no));
insert into chapters select b, n, 'chapter ' || n, case when n < 3 then b * n end from generate_series(1, 12) b, generate_series(1, 3) n;
create table notes (id int primary key, book_id int, chapter_no int, body text, foreign key (book_id, chapter_no) references chapters (book_id, no));
insert into notes select n, case when n % 4 > 0 then 1 + n % 12 end, case when n % 4 > 0 then 1 + n % 3 end, 'note ' || n from generate_series(1, 15) n;

create table blurbs (book_id int primary key references books, body text);
insert into blurbs select n, 'blurb ' || n from generate_series(1, 20, 2) n;

create table shelves (id int primary key, name text);
insert into shelves select n, 'shelf ' || n from generate_series(1, 5) n;
create table book_shelf (book_id int references books, shelf_id int references shelves, place int, primary key (book_id, shelf_id));
insert into book_shelf select b, s, b * s from generate_series(1, 20) b, generate_series(1, 5) s where (b + s) % 3 = 0;

create table loans (id int primary key, book_id int references books, owner uuid, until date);
insert into loans select n, n, case when n % 2 = 0 then 'aaaaaaaa-0000-4000-8000-00000000000a' else 'bbbbbbbb-0000-4000-8000-00000000000b' end::uuid, date '2026-03-01' + n from generate_series(1, 10) n;
alter table loans enable row level security;
create policy "owners only" on loans to authenticated using (owner = auth.uid());

create view priced_books with (security_invoker = true) as select id, title, writer_id, price from books where price is not null;
create view writer_names as select id as writer, name, teacher_id from writers;
create function shout(books) returns text language sql stable as $$ select upper($1.title) || '!' $$;
create function readers(books) returns setof writers rows 1 language sql stable as $$ select * from public.writers where id = 1 + $1.id % 8 $$;
create function cheap_books(most numeric default 20) returns setof books language sql stable as $$ select * from public.books where price <= most order by id $$;
create function first_book() returns books language sql stable as $$ select * from public.books order by id limit 1 $$;

grant all on writers, books, chapters, notes, blurbs, shelves, book_shelf, loans, priced_books, writer_names to authenticated, service_role;
grant select on writers, books, chapters, notes, blurbs, shelves, book_shelf, priced_books, writer_names to anon;
