-- People: profiles of users, the operators who lend machines, their machines and credit.

-- up

create table private.operators (
    id             uuid primary key default gen_random_uuid(),
    username       text not null unique,
    email          text not null unique,
    team           text,
    credit         bigint not null default 0,
    primes_found   integer not null default 0,
    joined_at      timestamptz not null default now(),
    last_seen      timestamptz,
    api_key_hash   text not null,
    key_rotated_at timestamptz not null default now(),
    allowed_ips    text[],
    is_active      boolean not null default true
);
comment on table private.operators is
    'Who lends machines. Holds the e-mail address and the hash of the API key, so it is not exposed: see the view operators.';
comment on column private.operators.api_key_hash is 'SHA-256 of the key, lower-case hexadecimal.';
comment on column private.operators.allowed_ips is 'Addresses the key may be used from; null: any.';
create index on private.operators (primes_found);
create index on private.operators (credit desc);

create table user_profiles (
    id           uuid primary key references auth.users on delete cascade,
    role         text not null default 'operator' check (role in ('admin', 'operator')),
    operator_id  uuid references private.operators on delete set null,
    display_name text,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now()
);
comment on table user_profiles is 'What the dashboard knows of a user. A user changes the display name and nothing else.';
comment on column user_profiles.role is 'admin or operator; changed by the service role only.';
create index on user_profiles (operator_id);

-- Asked by the policies of user_profiles itself, so it must not pass through them: definer.
create function is_admin(user_id uuid) returns boolean language sql stable security definer set search_path = '' as $$
    select exists (select from public.user_profiles where id = user_id and role = 'admin')
$$;
comment on function is_admin is 'True when the user is an administrator of the dashboard.';
revoke execute on function is_admin from public;
grant execute on function is_admin to authenticated, service_role, postern_api;

alter table user_profiles enable row level security;
create policy "users read their own profile, administrators all" on user_profiles
    for select to authenticated
    using (id = (select auth.uid()) or (select is_admin(auth.uid())));
create policy "users change their own profile" on user_profiles
    for update to authenticated
    using (id = (select auth.uid()))
    with check (id = (select auth.uid()));
create policy "curated routes read profiles" on user_profiles
    for select to postern_api
    using (true);
grant select on user_profiles to anon, authenticated, postern_api;
-- A column grant is what keeps a user from becoming admin.
grant update (display_name) on user_profiles to authenticated;

create function private.touch_updated_at() returns trigger language plpgsql set search_path = '' as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function private.touch_updated_at is 'Trigger: notes the time of a change.';
create trigger touch before update on user_profiles
    for each row execute function private.touch_updated_at();

create function handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into public.user_profiles (id, display_name)
    values (new.id, coalesce(nullif(new.raw_user_meta_data ->> 'display_name', ''), split_part(new.email, '@', 1)))
    on conflict (id) do nothing;
    return new;
end
$$;
comment on function handle_new_user is 'Trigger: every new user gets a profile with the role operator.';
revoke execute on function handle_new_user from public;
create trigger on_auth_user_created after insert on auth.users
    for each row execute function handle_new_user();

-- One relation serves two questions: everybody counts and ranks all operators, and an operator
-- reads the own row whole. Columns that are harmless are granted; the e-mail address comes
-- through a function that knows who asks; keys never leave schema private.
create function private.operator_email(operator_id uuid) returns text
    language sql stable security definer set search_path = '' as $$
    select operators.email
    from private.operators
    where operators.id = $1
        and (public.is_admin(auth.uid())
            or exists (
                select from public.user_profiles
                where user_profiles.id = auth.uid() and user_profiles.operator_id = $1
            ))
$$;
comment on function private.operator_email is 'The address of an operator, for the operator and for administrators; else null.';
revoke execute on function private.operator_email from public;
grant execute on function private.operator_email to authenticated, service_role, postern_api;

alter table private.operators enable row level security;
create policy "everyone signed in ranks operators" on private.operators
    for select to authenticated, postern_api
    using (true);
grant select (id, username, team, credit, primes_found, joined_at, last_seen, is_active)
    on private.operators to authenticated, postern_api;

create view operators with (security_invoker = true) as
    select id, username, private.operator_email(id) as email, team, credit, primes_found, joined_at, last_seen, is_active
    from private.operators;
comment on view operators is 'Who lends machines. The e-mail address shows on the own row and to administrators.';
comment on column operators.email is 'Null on other people''s rows.';
grant select on operators to authenticated, postern_api;

create table operator_nodes (
    id                    bigint generated by default as identity primary key,
    operator_id           uuid not null references private.operators on delete cascade,
    node_id               text not null unique,
    hostname              text,
    cores                 integer,
    cpu_model             text,
    os                    text,
    arch                  text,
    ram_gb                integer,
    has_gpu               boolean not null default false,
    gpu_model             text,
    gpu_vram_gb           integer,
    node_version          text,
    update_channel        text not null default 'stable',
    benchmark_score       double precision,
    storage_total_gb      integer,
    storage_available_gb  integer,
    network_tx_mbps       double precision,
    network_rx_mbps       double precision,
    resource_capabilities jsonb not null default '{}',
    registered_at         timestamptz not null default now(),
    last_heartbeat        timestamptz
);
comment on table operator_nodes is 'Machines of operators.';
create index on operator_nodes (operator_id);

create table operator_trust (
    operator_id       uuid primary key references private.operators on delete cascade,
    consecutive_valid integer not null default 0,
    total_valid       integer not null default 0,
    total_invalid     integer not null default 0,
    trust_level       smallint not null default 1
);
comment on table operator_trust is 'How far results of an operator are believed without a second computation.';

create table operator_credits (
    id          bigint generated by default as identity primary key,
    operator_id uuid not null references private.operators on delete cascade,
    block_id    bigint,
    credit      bigint not null,
    reason      text not null,
    granted_at  timestamptz not null default now()
);
comment on table operator_credits is 'Credit as it was granted, one row a grant.';
create index on operator_credits (operator_id, granted_at desc);

-- The three tables above: the own rows, and all for administrators.
create function private.my_operator_id() returns uuid language sql stable security definer set search_path = '' as $$
    select operator_id from public.user_profiles where id = auth.uid()
$$;
comment on function private.my_operator_id is 'The operator account of the calling user; null without one.';
revoke execute on function private.my_operator_id from public;
grant execute on function private.my_operator_id to authenticated, service_role, postern_api;

alter table operator_nodes enable row level security;
create policy "operators read their own nodes" on operator_nodes
    for select to authenticated
    using (operator_id = (select private.my_operator_id()) or (select is_admin(auth.uid())));
create policy "curated routes read nodes" on operator_nodes for select to postern_api using (true);
grant select on operator_nodes to anon, authenticated, postern_api;

alter table operator_trust enable row level security;
create policy "operators read their own trust" on operator_trust
    for select to authenticated
    using (operator_id = (select private.my_operator_id()) or (select is_admin(auth.uid())));
create policy "curated routes read trust" on operator_trust for select to postern_api using (true);
grant select on operator_trust to anon, authenticated, postern_api;

alter table operator_credits enable row level security;
create policy "operators read their own credits" on operator_credits
    for select to authenticated
    using (operator_id = (select private.my_operator_id()) or (select is_admin(auth.uid())));
create policy "curated routes read credits" on operator_credits for select to postern_api using (true);
grant select on operator_credits to anon, authenticated, postern_api;

-- down

drop table operator_credits;
drop table operator_trust;
drop table operator_nodes;
drop view operators;
drop trigger on_auth_user_created on auth.users;
drop function handle_new_user();
drop table user_profiles;
drop function is_admin(uuid);
drop function private.touch_updated_at();
drop function private.my_operator_id();
drop function private.operator_email(uuid);
drop table private.operators;
