-- The roles requests run as, the helpers policies ask, and the watch that reloads the schema.
-- Everything that Supabase already brings (roles, schema auth) is left as it is found.

-- up

-- Roles belong to the whole cluster, so `down` leaves them.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
        from (values
            ('anon',          'nologin noinherit'),
            ('authenticated', 'nologin noinherit'),
            ('service_role',  'nologin noinherit bypassrls'),
            ('postern_api',   'nologin noinherit'),
            ('authenticator', 'login noinherit')
        ) as roles (name, attributes)
    loop
        if to_regrole(wanted.name) is null then
            execute format('create role %I %s', wanted.name, wanted.attributes);
        end if;
    end loop;
end
$$;

grant anon, authenticated, service_role, postern_api to authenticator;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';

comment on role anon is 'Requests without a user; reads what is harmless.';
comment on role authenticated is 'Requests of a signed-in user; row level security decides.';
comment on role service_role is 'Requests with the secret service key; passes row level security.';
comment on role postern_api is 'Curated routes below /api; each route file decides who may ask.';
comment on role authenticator is 'What the server connects as; may become the roles above, owns nothing.';

create schema if not exists postern;
comment on schema postern is 'The server''s own book-keeping; not exposed.';

create schema if not exists private;
comment on schema private is 'Not exposed: materialized views (they ignore row level security) and secrets.';

grant usage on schema public to anon, authenticated, service_role, postern_api;
grant usage on schema private to authenticated, service_role, postern_api;

-- Tables that later migrations create are the service role's without a word.
alter default privileges in schema public grant all on tables to service_role;
alter default privileges in schema public grant all on sequences to service_role;
alter default privileges in schema private grant all on tables to service_role;
alter default privileges in schema private grant all on sequences to service_role;

-- Schema auth: what Supabase Auth would bring, when it is not there.
do $$
begin
    if to_regnamespace('auth') is not null then
        return;
    end if;

    create schema auth;
    comment on schema auth is 'Postern: users and the helpers that policies ask.';

    create table auth.users (
        id                 uuid primary key default gen_random_uuid(),
        email              text unique,
        raw_user_meta_data jsonb not null default '{}',
        raw_app_meta_data  jsonb not null default '{}',
        created_at         timestamptz not null default now(),
        updated_at         timestamptz not null default now()
    );
    comment on table auth.users is 'Who can sign in; kept by the authentication service.';
    alter table auth.users enable row level security;

    -- A setting that was set once in a session is '' afterwards, never null: hence nullif.
    create function auth.jwt() returns jsonb language sql stable as $body$
        select nullif(current_setting('request.jwt.claims', true), '')::jsonb
    $body$;
    comment on function auth.jwt is 'All claims of the caller''s token.';

    create function auth.uid() returns uuid language sql stable as $body$
        select coalesce(
            nullif(current_setting('request.jwt.claim.sub', true), ''),
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
        )::uuid
    $body$;
    comment on function auth.uid is 'The caller''s user id; null without a user.';

    create function auth.role() returns text language sql stable as $body$
        select coalesce(
            nullif(current_setting('request.jwt.claim.role', true), ''),
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
        )
    $body$;
    comment on function auth.role is 'The role the caller''s token names.';

    create function auth.email() returns text language sql stable as $body$
        select coalesce(
            nullif(current_setting('request.jwt.claim.email', true), ''),
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
        )
    $body$;
    comment on function auth.email is 'The caller''s e-mail address, as the token says.';

    grant usage on schema auth to anon, authenticated, service_role, postern_api;
    grant all on table auth.users to service_role;
end
$$;

-- A change of the schema is announced, so that the server loads a new snapshot. Refreshing a
-- materialized view is no such change.
create function postern.pgrst_ddl_watch() returns event_trigger language plpgsql set search_path = '' as $$
begin
    if exists (
        select from pg_catalog.pg_event_trigger_ddl_commands() as command
        where command.schema_name is distinct from 'pg_temp'
    ) then
        notify pgrst, 'reload schema';
    end if;
end
$$;
comment on function postern.pgrst_ddl_watch is 'Announces created and altered objects on channel pgrst.';

create function postern.pgrst_drop_watch() returns event_trigger language plpgsql set search_path = '' as $$
begin
    if exists (
        select from pg_catalog.pg_event_trigger_dropped_objects() as dropped
        where not dropped.is_temporary
            and dropped.object_type in ('schema', 'table', 'foreign table', 'view', 'materialized view',
                'table column', 'table constraint', 'function', 'procedure', 'type', 'trigger', 'policy')
    ) then
        notify pgrst, 'reload schema';
    end if;
end
$$;
comment on function postern.pgrst_drop_watch is 'Announces dropped objects on channel pgrst.';

-- Event triggers need a superuser; without one, reload by hand: notify pgrst, 'reload schema'.
do $$
begin
    if not exists (select from pg_event_trigger where evtname = 'pgrst_ddl_watch') then
        create event trigger pgrst_ddl_watch on ddl_command_end
            when tag in ('CREATE SCHEMA', 'ALTER SCHEMA', 'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO',
                'ALTER TABLE', 'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'CREATE VIEW', 'ALTER VIEW',
                'CREATE MATERIALIZED VIEW', 'ALTER MATERIALIZED VIEW', 'CREATE FUNCTION', 'ALTER FUNCTION',
                'CREATE PROCEDURE', 'ALTER PROCEDURE', 'CREATE TRIGGER', 'CREATE TYPE', 'ALTER TYPE',
                'CREATE RULE', 'CREATE POLICY', 'ALTER POLICY', 'GRANT', 'REVOKE', 'COMMENT')
            execute function postern.pgrst_ddl_watch();
        comment on event trigger pgrst_ddl_watch is 'Reloads the schema snapshot after a change.';
    end if;
    if not exists (select from pg_event_trigger where evtname = 'pgrst_drop_watch') then
        create event trigger pgrst_drop_watch on sql_drop
            execute function postern.pgrst_drop_watch();
        comment on event trigger pgrst_drop_watch is 'Reloads the schema snapshot after a drop.';
    end if;
exception
    when insufficient_privilege then
        raise notice 'no event triggers without a superuser: after a change, notify pgrst, ''reload schema''';
end
$$;

-- down

do $$
declare
    watch name;
begin
    for watch in
        select evtname
        from pg_event_trigger
        where evtfoid in (to_regprocedure('postern.pgrst_ddl_watch()'), to_regprocedure('postern.pgrst_drop_watch()'))
    loop
        execute format('drop event trigger %I', watch);
    end loop;
    if obj_description(to_regnamespace('auth'), 'pg_namespace') like 'Postern:%' then
        drop schema auth cascade;
    end if;
end
$$;

drop function postern.pgrst_ddl_watch();
drop function postern.pgrst_drop_watch();

drop schema private;

-- The roles and what they may do in schema public stay: others may have granted the same.
