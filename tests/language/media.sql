-- Media types that the database makes itself, beside those that are built in.
create schema api;
grant usage on schema api to web_anon;

create table api.dots (id int primary key, name text, x float8);
insert into api.dots values (1, 'one', 1.5), (2, null, 2);
create table api.marks (id int primary key, dot_id int references api.dots, note text);
insert into api.marks values (1, 1, 'a'), (2, 1, null);
create table api.wild (v int);
insert into api.wild values (1), (2);
grant select, insert, update, delete on api.dots, api.marks, api.wild to web_anon;

create domain api."text/plain" as text;
create domain api."image/x-bits" as bytea;
create domain api."text/x-lines" as text;
create domain api."application/x-dots" as text;
create domain api."application/json" as json;
create domain api."*/*" as text;
create domain api."Text/X-UPPER" as text;

-- an aggregate for the rows of one table
create function api.dots_step(state text, next api.dots) returns text language sql immutable as $$ select state || next.id || ';' $$;
create function api.dots_end(state text) returns api."application/x-dots" language sql immutable as $$ select state::api."application/x-dots" $$;
create aggregate api.dots_of(api.dots) (sfunc = api.dots_step, stype = text, finalfunc = api.dots_end, initcond = 'dots ');

-- an aggregate for any rows
create function api.lines_step(state text, next anyelement) returns text language sql immutable as $$ select state || next::text || E'\n' $$;
create function api.lines_end(state text, any_row anyelement) returns api."text/x-lines" language sql immutable as $$ select state::api."text/x-lines" $$;
create aggregate api.lines_of(anyelement) (sfunc = api.lines_step, stype = text, finalfunc = api.lines_end, finalfunc_extra, initcond = '');

-- one table's JSON is made here
create table api.shouts (word text);
insert into api.shouts values ('hey'), ('you');
grant select on api.shouts to web_anon;
create function api.shouts_step(state json, next api.shouts) returns json language sql immutable as
    $$ select json_build_object('shouts', coalesce(state ->> 'shouts', '') || upper(next.word)) $$;
create function api.shouts_end(state json) returns api."application/json" language sql immutable as $$ select state::api."application/json" $$;
create aggregate api.shouts_of(api.shouts) (sfunc = api.shouts_step, stype = json, finalfunc = api.shouts_end);

-- everything that is asked of this table
create function api.wild_step(state text, next api.wild) returns text language plpgsql as $$
declare accept text = current_setting('request.headers', true)::json ->> 'accept';
begin
    if accept = 'application/x-refused' then raise exception 'no' using errcode = 'PT406'; end if;
    if accept = 'application/x-mine' then perform set_config('response.headers', '[{"Content-Type":"application/x-mine"}]', true); end if;
    return state || next.v || ' ';
end $$;
create function api.wild_end(state text) returns api."*/*" language sql immutable as $$ select state::api."*/*" $$;
create aggregate api.wild_of(api.wild) (sfunc = api.wild_step, stype = text, finalfunc = api.wild_end, initcond = '');

create function api.bits(n int default 3) returns api."image/x-bits" language sql immutable as $$ select decode(repeat('00ff', n), 'hex') $$;
create function api.no_bits() returns api."image/x-bits" language sql immutable as $$ select null::bytea $$;
create function api.words() returns api."text/plain" language sql immutable as $$ select 'čau' $$;
create function api.many_words() returns setof api."text/plain" language sql immutable as $$ values ('a'), ('b') $$;
create function api.upper_words() returns api."Text/X-UPPER" language sql immutable as $$ select 'UP' $$;
create function api.some_dots() returns setof api.dots language sql stable as 'select * from api.dots where id = 1';
create function api.pairs() returns table (a int, b text) language sql stable as $$ values (1, 'x,"y'), (2, null) $$;
create function api.a_record() returns record language sql stable as $$ select 1 as x, 'y'::text as y $$;
grant execute on all functions in schema api to web_anon;
