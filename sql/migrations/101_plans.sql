-- Plans: how much a key may ask; and how much was asked, by day. The server counts in memory and hands
-- over sums, so a request costs no statement here.

-- up

create table postern.plans (
    name                text primary key check (length(name) between 1 and 100),
    requests_per_second integer check (requests_per_second between 1 and 1000000),
    requests_per_month  bigint check (requests_per_month > 0),
    description         text
);
comment on table postern.plans is 'What the keys of a plan may ask. Money is not counted here.';
comment on column postern.plans.requests_per_second is 'Of each of its keys; null: as many as POSTERN_RATE_LIMITS allows.';
comment on column postern.plans.requests_per_month is 'Of each of its keys, from the first of the month (UTC); null: any number.';
alter table postern.plans enable row level security;

alter table postern.api_keys add column plan text references postern.plans;
comment on column postern.api_keys.plan is 'Null: without one nothing but POSTERN_RATE_LIMITS limits it.';

create table postern.usage_records (
    day       date not null,
    key_id    text not null default '',
    tenant_id text not null default '',
    requests  bigint not null default 0,
    refused   bigint not null default 0,
    primary key (key_id, day, tenant_id)
);
comment on table postern.usage_records is 'Requests by day (UTC), API key and tenant; of those with neither nothing is counted.';
comment on column postern.usage_records.key_id is 'postern.api_keys.id, also of keys that are gone; empty: without a key.';
comment on column postern.usage_records.tenant_id is 'That of the token, else that of the key; empty: of none.';
comment on column postern.usage_records.requests is 'Those that were let through.';
comment on column postern.usage_records.refused is 'Those over a limit, which got 429.';
create index on postern.usage_records (tenant_id, day);
create index on postern.usage_records (day);
alter table postern.usage_records enable row level security;

create function private.usage_month() returns date language sql stable set search_path = '' as $$
    select date_trunc('month', now() at time zone 'UTC')::date
$$;
comment on function private.usage_month is 'The first day of this month (UTC).';

create function private.month_number(day date) returns integer language sql immutable set search_path = '' as $$
    select extract(year from day)::integer * 12 + extract(month from day)::integer - 1
$$;
comment on function private.month_number is 'Months since the year 0: the next month is one more.';

-- Always in the same order: two servers that write at once wait, but not for each other.
create function postern.add_usage(entries json) returns json
    language plpgsql volatile security definer set search_path = '' as $$
begin
    insert into postern.usage_records as had (day, key_id, tenant_id, requests, refused)
    select date '1970-01-01' + entry.day, entry.key, entry.tenant, entry.requests, entry.refused
    from json_to_recordset(entries) as entry (day integer, key text, tenant text, requests bigint, refused bigint)
    order by 2, 1, 3
    on conflict (key_id, day, tenant_id) do update
    set requests = had.requests + excluded.requests, refused = had.refused + excluded.refused;
    return (
        select coalesce(json_agg(json_build_object(
            'key', month.key_id, 'month', private.month_number(private.usage_month()), 'spent', month.spent)), '[]')
        from (
            select key_id, sum(requests) as spent
            from postern.usage_records
            where day >= private.usage_month()
                and key_id in (select entry ->> 'key' from json_array_elements(entries) as entry where entry ->> 'key' <> '')
            group by key_id
        ) as month
    );
end
$$;
comment on function postern.add_usage is
    'Adds what a server has counted; answers what its keys have spent this month, as all servers count.';

create or replace function postern.read_api_keys() returns json
    language sql stable security definer set search_path = '' as $$
    select json_build_object(
        'any', exists (select from postern.api_keys),
        'usage', true,
        'month', private.month_number(private.usage_month()),
        'keys', (
            select coalesce(json_agg(json_build_object(
                'id', good.id, 'hash', encode(good.hash, 'hex'), 'kind', good.kind, 'role', good.role,
                'tenant', good.tenant_id, 'scopes', good.scopes,
                'expires', floor(extract(epoch from good.expires_at))::bigint,
                'plan', good.plan, 'rate', plans.requests_per_second, 'quota', plans.requests_per_month,
                'spent', (
                    select sum(requests)
                    from postern.usage_records
                    where plans.requests_per_month is not null
                        and key_id = good.id::text and day >= private.usage_month()
                ))), '[]')
            from (
                select *
                from postern.api_keys
                where revoked_at is null and (expires_at > now()) is not false
                order by created_at
                limit 10000
            ) as good
            left join postern.plans on plans.name = good.plan
        )
    )
$$;

drop trigger tell_api_keys on postern.api_keys;
create trigger tell_api_keys
    after insert or delete or truncate or update of hash, role, kind, revoked_at, tenant_id, scopes, expires_at, plan
    on postern.api_keys
    for each statement execute function postern.tell_api_keys();
create trigger tell_api_keys
    after insert or delete or truncate or update on postern.plans
    for each statement execute function postern.tell_api_keys();

create function private.usage_json(record postern.usage_records) returns json language sql stable set search_path = '' as $$
    select json_build_object(
        'day', record.day,
        'key', (select keys.name from postern.api_keys as keys where keys.id::text = record.key_id),
        'key_id', nullif(record.key_id, ''),
        'tenant', nullif(record.tenant_id, ''),
        'requests', record.requests,
        'refused', record.refused
    )
$$;
comment on function private.usage_json is 'A day of a key and tenant, as /api/usage tells it.';

-- A key that anybody can read on a page is nobody here, and sees nothing.
create function postern.own_usage(days integer) returns json
    language plpgsql stable security definer set search_path = '' as $$
declare
    mine text := auth.jwt() ->> 'key_id';
    somebody boolean := mine is not null or auth.jwt() ->> 'sub' is not null;
    tenant text := coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id');
    answer json;
begin
    with own as (
        select usage_records
        from postern.usage_records
        where somebody and (key_id = mine or tenant_id = tenant) and (key_id, tenant_id) <> ('', '')
            and day > (now() at time zone 'UTC')::date - greatest(days, 31)
    ),
    spent as (
        select sum((usage_records).requests)::bigint as requests, sum((usage_records).refused)::bigint as refused
        from own
        where (usage_records).day >= private.usage_month() and (mine is null or (usage_records).key_id = mine)
    )
    select json_build_object(
        'plan', plans.name,
        'requests_per_second', plans.requests_per_second,
        'month', json_build_object(
            'since', private.usage_month(),
            'until', (private.usage_month() + interval '1 month')::date,
            'requests', coalesce(spent.requests, 0),
            'refused', coalesce(spent.refused, 0),
            'quota', plans.requests_per_month,
            'left', greatest(plans.requests_per_month - coalesce(spent.requests, 0), 0)
        ),
        'days', coalesce((
            select json_agg(private.usage_json(usage_records)
                order by (usage_records).day desc, (usage_records).key_id, (usage_records).tenant_id)
            from own
            where (usage_records).day > (now() at time zone 'UTC')::date - days
        ), '[]')
    )
    into answer
    from spent
    left join postern.api_keys as keys on keys.id::text = mine
    left join postern.plans on plans.name = keys.plan;
    return answer;
end
$$;
comment on function postern.own_usage is
    'What the calling key, or the caller''s tenant, has asked: this month beside its plan, and the last days.';

create function postern.all_usage(days integer, tenant text, key text) returns json
    language sql stable security definer set search_path = '' as $$
    select json_build_object(
        'requests', coalesce(sum(requests), 0),
        'refused', coalesce(sum(refused), 0),
        'days', coalesce(json_agg(private.usage_json(usage_records) order by day desc, key_id, tenant_id), '[]')
    )
    from postern.usage_records
    where day > (now() at time zone 'UTC')::date - days
        and (tenant is null or tenant_id = tenant)
        and (key is null or key_id in (select id::text from postern.api_keys where name = key or prefix = key or id::text = key))
$$;
comment on function postern.all_usage is 'What all keys and tenants have asked in the last days; key: its name, beginning or id.';

revoke execute on function private.usage_month, private.month_number, private.usage_json, postern.add_usage,
    postern.own_usage, postern.all_usage
    from public;
grant execute on function postern.add_usage, postern.own_usage, postern.all_usage to postern_api;

-- down

drop function postern.all_usage(integer, text, text);
drop function postern.own_usage(integer);
drop function private.usage_json(postern.usage_records);
drop trigger tell_api_keys on postern.plans;
drop trigger tell_api_keys on postern.api_keys;
create trigger tell_api_keys
    after insert or delete or truncate or update of hash, role, kind, revoked_at, tenant_id, scopes, expires_at
    on postern.api_keys
    for each statement execute function postern.tell_api_keys();
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
drop function postern.add_usage(json);
drop function private.month_number(date);
drop function private.usage_month();
drop table postern.usage_records;
alter table postern.api_keys drop column plan;
drop table postern.plans;
