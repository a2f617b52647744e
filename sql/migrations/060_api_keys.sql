-- API keys in Supabase's newer form. The server reads the whole set and hears of every change, so
-- that no request asks for one and a revoked key stops at once.

-- up

create table postern.api_keys (
    id           uuid primary key default gen_random_uuid(),
    kind         text not null check (kind in ('publishable', 'secret')),
    name         text not null check (length(name) between 1 and 100),
    prefix       text not null check (length(prefix) between 1 and 40),
    hash         bytea not null unique check (octet_length(hash) = 32),
    role         text not null check (length(role) between 1 and 63),
    created_at   timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);
comment on table postern.api_keys is 'API keys (postern key create): who brings one gets its role. Only hashes of them are kept.';
comment on column postern.api_keys.prefix is 'How it begins, for people: no secret.';
comment on column postern.api_keys.hash is 'SHA-256 of the whole key.';
comment on column postern.api_keys.last_used_at is 'To about a quarter of a minute.';
alter table postern.api_keys enable row level security;

create function postern.read_api_keys() returns json
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
comment on function postern.read_api_keys is 'The keys that are good now, for the server; any: there is or was one.';

create function postern.touch_api_keys(used json) returns void
    language sql volatile security definer set search_path = '' as $$
    update postern.api_keys as keys
    set last_used_at = to_timestamp(news.at)
    from json_to_recordset(used) as news (id uuid, at double precision)
    where keys.id = news.id and coalesce(keys.last_used_at < to_timestamp(news.at), true)
$$;
comment on function postern.touch_api_keys is 'Notes when keys were used, many at once.';

create function postern.tell_api_keys() returns trigger language plpgsql set search_path = '' as $$
begin
    perform pg_notify('postern', 'keys');
    return null;
end
$$;
comment on function postern.tell_api_keys is 'Tells every server that the keys are others now.';

create trigger tell_api_keys
    after insert or delete or truncate or update of hash, role, kind, revoked_at on postern.api_keys
    for each statement execute function postern.tell_api_keys();

revoke execute on function postern.read_api_keys, postern.touch_api_keys, postern.tell_api_keys from public;
grant execute on function postern.read_api_keys, postern.touch_api_keys to postern_api;

-- down

drop table postern.api_keys;
drop function postern.tell_api_keys();
drop function postern.touch_api_keys(json);
drop function postern.read_api_keys();
