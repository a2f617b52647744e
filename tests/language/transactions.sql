-- What a transaction is told, what runs before and behind the statement, and how it ends.
create schema api;
grant usage on schema api to web_anon, web_user;
create role web_slow nologin;
create role web_strict nologin;
grant web_slow, web_strict to gateway;
grant usage on schema api to web_slow, web_strict;
alter role web_slow set statement_timeout = '150ms';
alter role web_slow set idle_in_transaction_session_timeout = '7s';
alter role web_strict set default_transaction_isolation = 'serializable';
alter role web_strict set default_text_search_config = 'pg_catalog.german';

create table api.items (id integer primary key, name text);
insert into api.items select n, 'item ' || n from generate_series(1, 20) n;
create table api.pairs (
    id integer,
    constraint pairs_unique unique (id) deferrable initially deferred
);
insert into api.pairs values (1);
grant all on all tables in schema api to web_anon, web_user, web_slow, web_strict;

create view api.clock as select '2024-01-01 12:00:00+00'::timestamptz as noon;
grant select on api.clock to web_anon, web_user, web_slow, web_strict;

-- The settings that a statement sees.
create function api.told(names text[]) returns json language sql stable as $$
    select json_object_agg(name, nullif(current_setting(name, true), '')) from unnest(names) as name
$$;
create function api.told_writing(names text[]) returns json language sql volatile as $$
    select api.told(names)
$$;
create function api.nap(seconds double precision) returns void language sql volatile as $$
    select pg_sleep(seconds)
$$;
create function api.hurried() returns void language sql volatile set statement_timeout = '100ms' as $$
    select pg_sleep(2)
$$;
create function api.careful() returns text language sql stable
    set default_transaction_isolation = 'repeatable read' as $$
    select current_setting('transaction_isolation')
$$;
create function api.whims() returns text language sql stable
    set default_text_search_config = 'pg_catalog.french' as $$
    select current_setting('default_text_search_config')
$$;
create function api.drop_items(up_to integer) returns setof api.items language sql volatile as $$
    delete from api.items where id <= up_to returning *
$$;
create function api.drop_all() returns void language sql volatile as $$ delete from api.items $$;

-- Called first in each transaction of the servers that are told to.
create function api.before() returns void language plpgsql as $$
declare
    mark text := current_setting('request.headers', true)::json ->> 'x-mark';
begin
    if mark = 'refused' then
        raise insufficient_privilege using message = 'not today';
    elsif mark = 'other role' then
        perform set_config('role', 'web_user', true);
    elsif mark = 'writes' then
        insert into api.items values (99, 'by before');
    end if;
    perform set_config('app.mark', coalesce(mark, ''), true);
end
$$;
