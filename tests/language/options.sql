-- What may be done with relations and functions of every kind, for options.test.mjs.
create schema api;
grant usage on schema api to web_anon;
create table api.notes (id integer primary key, body text);
create table api.keyless (body text);
create table api.parts (id integer primary key) partition by range (id);
create view api.simple as select id, body from api.notes;
create view api.grouped as select body, count(*) from api.notes group by body;
create view api.triggered as select body, count(*) from api.notes group by body;
create function api.do_nothing() returns trigger language plpgsql as 'begin return new; end';
create trigger on_insert instead of insert on api.triggered for each row execute function api.do_nothing();
create view api.deleted as select body, count(*) from api.notes group by body;
create trigger on_delete instead of delete on api.deleted for each row execute function api.do_nothing();
create materialized view api.frozen as select 1 as one;
grant all on all tables in schema api to web_anon;
create function api.changes() returns integer language sql volatile as 'select 1';
create function api.looks() returns integer language sql stable as 'select 1';
create function api.counts() returns integer language sql immutable as 'select 1';
