-- What an API key is for: a tenant, some of the server's doors, a time. The server judges each request
-- by what it has read here, so none of it costs a statement.

-- up

alter table postern.api_keys
    add column tenant_id  text check (length(tenant_id) between 1 and 200),
    add column scopes     text[] check (
        cardinality(scopes) > 0
        and scopes <@ array['rest:read', 'rest:write', 'rest:call', 'api:read', 'api:write', 'live']
    ),
    add column expires_at timestamptz;
comment on column postern.api_keys.tenant_id is
    'Whose it is: auth.tenant_id() of its requests; tokens of other tenants are refused beside it. Null: of none.';
comment on column postern.api_keys.scopes is
    'What it may be used for: rest:read, rest:write (tables), rest:call (functions), api:read, api:write (curated routes), live (WebSockets, broadcasts). Null: everything.';
comment on column postern.api_keys.expires_at is 'From then on it is refused. Null: never.';
comment on column postern.api_keys.last_used_at is 'To about a minute.';

create or replace function postern.read_api_keys() returns json
    language sql stable security definer set search_path = '' as $$
    select json_build_object(
        'any', exists (select from postern.api_keys),
        'keys', (
            select coalesce(json_agg(json_build_object(
                'id', good.id, 'hash', encode(good.hash, 'hex'), 'kind', good.kind, 'role', good.role,
                'tenant', good.tenant_id, 'scopes', good.scopes,
                'expires', floor(extract(epoch from good.expires_at))::bigint)), '[]')
            from (
                select *
                from postern.api_keys
                where revoked_at is null and (expires_at > now()) is not false
                order by created_at
                limit 10000
            ) as good
        )
    )
$$;

drop trigger tell_api_keys on postern.api_keys;
create trigger tell_api_keys
    after insert or delete or truncate or update of hash, role, kind, revoked_at, tenant_id, scopes, expires_at
    on postern.api_keys
    for each statement execute function postern.tell_api_keys();

-- down

drop trigger tell_api_keys on postern.api_keys;
create trigger tell_api_keys
    after insert or delete or truncate or update of hash, role, kind, revoked_at on postern.api_keys
    for each statement execute function postern.tell_api_keys();
create or replace function postern.read_api_keys() returns json
    language sql stable security definer set search_path = '' as $$
    select json_build_object(
        'any', exists (select from postern.api_keys),
        'keys', (
            select coalesce(json_agg(json_build_object(
                'id', good.id, 'hash', encode(good.hash, 'hex'), 'kind', good.kind, 'role', good.role)), '[]')
            from (
                select id, hash, kind, role from postern.api_keys where revoked_at is null order by created_at limit 10000
            ) as good
        )
    )
$$;
comment on column postern.api_keys.last_used_at is 'To about a quarter of a minute.';
-- Without them a key could do more than it was made for.
update postern.api_keys set revoked_at = now()
where revoked_at is null and (tenant_id is not null or scopes is not null or expires_at is not null);
alter table postern.api_keys drop column tenant_id, drop column scopes, drop column expires_at;
