-- Tenants: whose rows a token may see. The server's own fence (POSTERN_TENANT_CLAIM) is the second;
-- this is the first, in the database.

-- up

-- Where schema auth is somebody else's, only who may write into it brings the helper there.
do $do$
begin
    create or replace function auth.tenant_id() returns text language sql stable as $body$
        select coalesce(claims ->> 'tenant_id', claims -> 'app_metadata' ->> 'tenant_id')
        from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as claims) as token
    $body$;
    comment on function auth.tenant_id is
        'The caller''s tenant, as the token says; never from user_metadata, which users write themselves.';
exception
    when insufficient_privilege then
        raise notice 'no auth.tenant_id(): schema auth belongs to another role';
end
$do$;

create function postern.fence_table(fenced regclass, tenant_column name default 'tenant_id') returns void
    language plpgsql volatile set search_path = '' as $$
declare
    type text;
    own text;
begin
    select format_type(atttypid, atttypmod) into type
    from pg_catalog.pg_attribute
    where attrelid = fenced and attname = tenant_column and not attisdropped;
    if not found then
        raise exception 'table % has no column %', fenced, tenant_column using errcode = '42703';
    end if;
    own := format('(select auth.tenant_id())::%s', type);
    execute format('alter table %s enable row level security', fenced);
    execute format('drop policy if exists "only rows of the own tenant" on %s', fenced);
    execute format(
        'create policy "only rows of the own tenant" on %s as restrictive for all to public using (%I = %s) with check (%2$I = %3$s)',
        fenced, tenant_column, own
    );
    execute format('alter table %s alter column %I set default auth.tenant_id()::%s', fenced, tenant_column, type);
    if not exists (
        select
        from pg_catalog.pg_index
        join pg_catalog.pg_attribute on attrelid = indrelid and attnum = indkey[0]
        where indrelid = fenced and attname = tenant_column and indpred is null
    ) then
        execute format('create index on %s (%I)', fenced, tenant_column);
    end if;
end
$$;
comment on function postern.fence_table is
    'Fences a table between tenants: a restrictive policy (beside those that allow), the caller''s tenant as default, an index.';
revoke execute on function postern.fence_table from public;

-- down

drop function postern.fence_table(regclass, name);

do $$
begin
    if obj_description(to_regnamespace('auth'), 'pg_namespace') like 'Postern:%' then
        drop function auth.tenant_id() cascade;
    end if;
end
$$;
