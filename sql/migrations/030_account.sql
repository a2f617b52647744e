-- Accounts of operators: sign-up, API keys, badges, what a unit of work is worth.

-- up

create table badge_definitions (
    id          text primary key,
    name        text not null,
    description text not null,
    tier        text not null check (tier in ('bronze', 'silver', 'gold', 'platinum')),
    metric      text not null check (metric in ('primes_found', 'credit', 'blocks', 'nodes', 'days')),
    threshold   bigint not null check (threshold > 0),
    icon        text not null
);
comment on table badge_definitions is 'What an operator can be honoured for: a metric that reaches a threshold.';
comment on column badge_definitions.metric is 'See private.operator_metric.';

create table operator_badges (
    operator_id uuid not null references private.operators on delete cascade,
    badge_id    text not null references badge_definitions on delete cascade,
    granted_at  timestamptz not null default now(),
    primary key (operator_id, badge_id)
);
comment on table operator_badges is 'Badges that operators have earned; never taken away.';
create index on operator_badges (badge_id);

create table resource_credit_rates (
    resource_type    text primary key check (resource_type in ('cpu', 'gpu', 'storage', 'bandwidth')),
    credits_per_unit numeric not null check (credits_per_unit >= 0),
    unit_label       text not null,
    updated_at       timestamptz not null default now()
);
comment on table resource_credit_rates is 'Credit for a unit of what an operator lends.';

alter table badge_definitions enable row level security;
create policy "everyone reads badges" on badge_definitions
    for select to anon, authenticated, postern_api using (true);
grant select on badge_definitions to anon, authenticated, postern_api;

alter table resource_credit_rates enable row level security;
create policy "everyone reads rates" on resource_credit_rates
    for select to anon, authenticated, postern_api using (true);
grant select on resource_credit_rates to anon, authenticated, postern_api;

alter table operator_badges enable row level security;
create policy "operators read their own badges" on operator_badges
    for select to authenticated
    using (operator_id = (select private.my_operator_id()) or (select is_admin(auth.uid())));
create policy "curated routes read earned badges" on operator_badges for select to postern_api using (true);
grant select on operator_badges to anon, authenticated, postern_api;

insert into badge_definitions (id, name, description, tier, metric, threshold, icon) values
    ('first-prime',    'First prime',      'Found a prime number',              'bronze',   'primes_found', 1,       'sparkles'),
    ('ten-primes',     'Ten primes',       'Found ten prime numbers',           'silver',   'primes_found', 10,      'star'),
    ('hundred-primes', 'Hundred primes',   'Found a hundred prime numbers',     'gold',     'primes_found', 100,     'trophy'),
    ('prime-thousand', 'Thousand primes',  'Found a thousand prime numbers',    'platinum', 'primes_found', 1000,    'crown'),
    ('credit-100',     'Helping hand',     'Earned 100 credits',                'bronze',   'credit',       100,     'hand'),
    ('credit-10k',     'Workhorse',        'Earned 10,000 credits',             'silver',   'credit',       10000,   'bolt'),
    ('credit-1m',      'Millionaire',      'Earned 1,000,000 credits',          'gold',     'credit',       1000000, 'gem'),
    ('block-1',        'First block',      'Completed a block',                 'bronze',   'blocks',       1,       'cube'),
    ('block-100',      'Hundred blocks',   'Completed a hundred blocks',        'silver',   'blocks',       100,     'cubes'),
    ('block-10k',      'Ten thousand',     'Completed ten thousand blocks',     'gold',     'blocks',       10000,   'mountain'),
    ('nodes-2',        'A pair',           'Lends two machines',                'bronze',   'nodes',        2,       'server'),
    ('nodes-10',       'Server room',      'Lends ten machines',                'silver',   'nodes',        10,      'servers'),
    ('days-30',        'Regular',          'With us for a month',               'bronze',   'days',         30,      'calendar'),
    ('days-365',       'Anniversary',      'With us for a year',                'gold',     'days',         365,     'cake');

insert into resource_credit_rates (resource_type, credits_per_unit, unit_label) values
    ('cpu',       1,   'thousand candidates'),
    ('gpu',       5,   'GPU hour'),
    ('storage',   0.1, 'GB month'),
    ('bandwidth', 0.5, 'GB');

create function private.operator_metric(operator_id uuid, metric text) returns bigint
    language sql stable set search_path = '' as $$
    select case operator_metric.metric
        when 'primes_found' then operators.primes_found
        when 'credit' then operators.credit
        when 'blocks' then (select total_valid from public.operator_trust as trust where trust.operator_id = operators.id)
        when 'nodes' then (select count(*) from public.operator_nodes as nodes where nodes.operator_id = operators.id)
        when 'days' then extract(day from now() - operators.joined_at)
    end::bigint
    from private.operators
    where operators.id = operator_metric.operator_id
$$;
comment on function private.operator_metric is 'How far an operator got by a metric of badge_definitions.';

create function check_and_grant_badges(operator_id uuid) returns integer
    language sql volatile security definer set search_path = '' as $$
    with granted as (
        insert into public.operator_badges (operator_id, badge_id)
        select operators.id, badge.id
        from private.operators
        cross join public.badge_definitions as badge
        where operators.id = check_and_grant_badges.operator_id
            and private.operator_metric(operators.id, badge.metric) >= badge.threshold
        on conflict do nothing
        returning badge_id
    )
    select count(*)::integer from granted
$$;
comment on function check_and_grant_badges is 'Grants an operator the badges that are earned by now; how many are new.';

-- Two random UUIDs are 244 random bits; hashed they are a key of 64 hexadecimal digits.
create function private.new_api_key() returns text language sql volatile set search_path = '' as $$
    select encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex')
$$;
comment on function private.new_api_key is 'A random API key, to be shown once.';

create function private.key_hash(api_key text) returns text language sql immutable set search_path = '' as $$
    select encode(sha256(convert_to(api_key, 'UTF8')), 'hex')
$$;
comment on function private.key_hash is 'What is stored of an API key.';

-- Definer, like the functions below: curated routes read no hash and write no operator.
create function postern.register_operator(username text, email text, team text) returns json
    language plpgsql volatile security definer set search_path = '' as $$
declare
    api_key text := private.new_api_key();
    profile public.user_profiles;
    new_id uuid;
begin
    if username !~ '^[A-Za-z0-9_-]{3,32}$' then
        raise exception 'username must be 3 to 32 letters, digits, - or _' using errcode = 'PT400';
    end if;
    if email !~ '^[^@[:space:]]+@[^@[:space:]]+$' then
        raise exception 'email must be an e-mail address' using errcode = 'PT400';
    end if;
    select * into profile from public.user_profiles where id = auth.uid() for update;
    if profile.operator_id is not null then
        raise exception 'User has an operator account already' using errcode = 'PT409';
    end if;
    insert into private.operators (username, email, team, api_key_hash)
    values (register_operator.username, lower(register_operator.email), register_operator.team, private.key_hash(api_key))
    on conflict do nothing
    returning id into new_id;
    if new_id is null then
        raise exception 'Username or email already registered' using errcode = 'PT409';
    end if;
    insert into public.operator_trust (operator_id) values (new_id);
    update public.user_profiles set operator_id = new_id where id = profile.id;
    return json_build_object('api_key', api_key, 'username', username);
end
$$;
comment on function postern.register_operator is
    'A new operator and its API key, shown this once; a signed-in user who asks owns the account.';

create function postern.my_operator() returns uuid language plpgsql stable security definer set search_path = '' as $$
declare
    profile public.user_profiles;
begin
    select * into profile from public.user_profiles where id = auth.uid();
    if not found then
        raise exception 'User profile not found' using errcode = 'PT404';
    end if;
    if profile.operator_id is null then
        raise exception 'No operator account linked' using errcode = 'PT404';
    end if;
    return profile.operator_id;
end
$$;
comment on function postern.my_operator is 'The operator account of the calling user; 404 without one.';

create function postern.rotate_key() returns json language plpgsql volatile security definer set search_path = '' as $$
declare
    api_key text := private.new_api_key();
begin
    update private.operators
    set api_key_hash = private.key_hash(api_key), key_rotated_at = now()
    where id = postern.my_operator();
    return json_build_object('api_key', api_key);
end
$$;
comment on function postern.rotate_key is 'A new API key for the calling user''s operator; the old one stops at once.';

create function postern.operator_stats(operator_id uuid) returns json language sql stable set search_path = '' as $$
    select json_build_object(
        'username', operators.username,
        'credit', operators.credit,
        'primes_found', operators.primes_found,
        'trust_level', coalesce(trust.trust_level, 1),
        'rank', 1 + (select count(*) from private.operators as richer where richer.credit > operators.credit)
    )
    from private.operators
    left join public.operator_trust as trust on trust.operator_id = operators.id
    where operators.id = operator_stats.operator_id
$$;
comment on function postern.operator_stats is 'The figures of one operator, and the rank by credit.';

revoke execute on function private.operator_metric, check_and_grant_badges, private.new_api_key, private.key_hash,
    postern.register_operator, postern.my_operator, postern.rotate_key, postern.operator_stats
    from public;
grant execute on function check_and_grant_badges to service_role;
grant execute on function postern.register_operator, postern.my_operator, postern.rotate_key, postern.operator_stats
    to postern_api;

-- down

drop function postern.operator_stats(uuid);
drop function postern.rotate_key();
drop function postern.my_operator();
drop function postern.register_operator(text, text, text);
drop function private.key_hash(text);
drop function private.new_api_key();
drop function check_and_grant_badges(uuid);
drop function private.operator_metric(uuid, text);
drop table resource_credit_rates;
drop table operator_badges;
drop table badge_definitions;
