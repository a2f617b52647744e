-- Signing in, for POSTERN_AUTH=builtin: sessions, refresh tokens and the functions behind
-- /auth/v1. The rules are here; the server signs the claims and speaks Supabase Auth's wire format.

-- up

-- bcrypt is pgcrypto's, wherever that is: Supabase has it in a schema of its own.
do $$
declare
    home name;
begin
    create extension if not exists pgcrypto schema private;
    select pg_namespace.nspname into home
    from pg_extension
    join pg_namespace on pg_namespace.oid = pg_extension.extnamespace
    where pg_extension.extname = 'pgcrypto';
    execute format($body$
        create function private.password_hash(password text) returns text
            language sql volatile set search_path = '' as
            'select %1$I.crypt($1, %1$I.gen_salt(''bf'', 10))';
        create function private.password_matches(password text, hash text) returns boolean
            language sql immutable set search_path = '' as
            'select %1$I.crypt($1, $2) = $2';
    $body$, home);
end
$$;
comment on function private.password_hash is 'bcrypt of a password, with the cost that Supabase Auth has.';
comment on function private.password_matches is 'Is it the password of this bcrypt hash? Takes as long as making one.';

-- A table of users that Supabase made has these columns already.
do $$
begin
    if obj_description(to_regnamespace('auth'), 'pg_namespace') like 'Postern:%' then
        alter table auth.users
            add column encrypted_password text,
            add column email_confirmed_at timestamptz default now(),
            add column last_sign_in_at timestamptz,
            add column banned_until timestamptz;
        comment on column auth.users.encrypted_password is 'bcrypt; null: nobody signs in with a password.';
        comment on column auth.users.banned_until is 'Until then nobody signs in or refreshes.';
    end if;
end
$$;

-- Not auth.sessions and auth.refresh_tokens: those may be Supabase's, with tokens in plain text.
create table private.sessions (
    id           uuid primary key default gen_random_uuid(),
    user_id      uuid not null references auth.users on delete cascade,
    created_at   timestamptz not null default now(),
    refreshed_at timestamptz not null default now(),
    ended_at     timestamptz,
    peer         text
);
comment on table private.sessions is 'Who is signed in: one row from signing in to signing out.';
comment on column private.sessions.ended_at is 'A refresh token came a second time: none of the session is good any more.';
create index on private.sessions (user_id);
create index on private.sessions (refreshed_at);

create table private.refresh_tokens (
    token_hash text primary key,
    session_id uuid not null references private.sessions on delete cascade,
    created_at timestamptz not null default now(),
    used_at    timestamptz
);
comment on table private.refresh_tokens is 'The refresh tokens of a session, hashed. Each is used once, and makes the next.';
create index on private.refresh_tokens (session_id);
alter table private.sessions enable row level security;
alter table private.refresh_tokens enable row level security;

create type postern.grant_or_failure as (failure text, claims json, refresh_token text, account json);
comment on type postern.grant_or_failure is
    'What a function of signing in answers: a failure by its name in Supabase Auth, or what was asked for.';

-- Not raised: what was written on the way (a session that ends) must stay written.
create function private.failed(failure text) returns postern.grant_or_failure language sql immutable set search_path = '' as $$
    select row(failure, null, null, null)::postern.grant_or_failure
$$;
comment on function private.failed is 'The answer that only says why not.';

create function private.app_metadata(account auth.users) returns jsonb language sql immutable set search_path = '' as $$
    select '{"provider": "email", "providers": ["email"]}' || coalesce(account.raw_app_meta_data, '{}')
$$;
comment on function private.app_metadata is 'What the application knows of a user, with how the user signs in.';

create function private.account_json(account auth.users) returns json language sql stable set search_path = '' as $$
    select json_strip_nulls(json_build_object(
        'id', account.id,
        'aud', coalesce(nullif(had ->> 'aud', ''), 'authenticated'),
        'role', coalesce(nullif(had ->> 'role', ''), 'authenticated'),
        'email', account.email,
        'email_confirmed_at', had -> 'email_confirmed_at',
        'phone', coalesce(had ->> 'phone', ''),
        'confirmed_at', had -> 'email_confirmed_at',
        'last_sign_in_at', had -> 'last_sign_in_at',
        'app_metadata', private.app_metadata(account),
        'user_metadata', coalesce(account.raw_user_meta_data, '{}'),
        'identities', json_build_array(json_build_object(
            'identity_id', account.id,
            'id', account.id,
            'user_id', account.id,
            'identity_data', json_build_object('email', account.email, 'email_verified', true,
                'phone_verified', false, 'sub', account.id),
            'provider', 'email',
            'last_sign_in_at', had -> 'last_sign_in_at',
            'created_at', account.created_at,
            'updated_at', account.updated_at,
            'email', account.email
        )),
        'created_at', account.created_at,
        'updated_at', account.updated_at,
        'is_anonymous', false
    ))
    from to_jsonb(account) as had
$$;
comment on function private.account_json is 'A user as Supabase Auth describes one.';

create function private.is_banned(account auth.users) returns boolean language sql stable set search_path = '' as $$
    select coalesce((to_jsonb(account) ->> 'banned_until')::timestamptz > now(), false)
$$;
comment on function private.is_banned is 'May the user neither sign in nor refresh?';

-- terms: what the server knows: {"issued": time, "lifetime": seconds, "audience", "issuer", "peer"}.
create function private.grant_session(account auth.users, session private.sessions, terms jsonb)
    returns postern.grant_or_failure language plpgsql volatile set search_path = '' as $$
declare
    token text := private.new_api_key();
    issued bigint := (terms ->> 'issued')::bigint;
begin
    insert into private.refresh_tokens (token_hash, session_id) values (private.key_hash(token), session.id);
    return row(
        null,
        json_build_object(
            'iss', terms ->> 'issuer',
            'sub', account.id,
            'aud', terms ->> 'audience',
            'exp', issued + (terms ->> 'lifetime')::bigint,
            'iat', issued,
            'email', account.email,
            'phone', coalesce(to_jsonb(account) ->> 'phone', ''),
            'app_metadata', private.app_metadata(account),
            'user_metadata', coalesce(account.raw_user_meta_data, '{}'),
            'role', coalesce(nullif(to_jsonb(account) ->> 'role', ''), 'authenticated'),
            'aal', 'aal1',
            'amr', json_build_array(json_build_object(
                'method', 'password',
                'timestamp', floor(extract(epoch from session.created_at))::bigint
            )),
            'session_id', session.id,
            'is_anonymous', false
        ),
        token,
        private.account_json(account)
    )::postern.grant_or_failure;
end
$$;
comment on function private.grant_session is 'The next refresh token of a session, and the claims of its access token.';

create function postern.sign_in(email text, password text, terms jsonb) returns postern.grant_or_failure
    language plpgsql volatile security definer set search_path = '' as $$
declare
    account auth.users;
    session private.sessions;
    known boolean;
    -- Nobody's: an address that is not known takes as long as a wrong password.
    hash text := '$2a$10$UpAGtyr9eSmi7byDbUJqY.r8fk1/VcQJyZuMlc9oAl3z3O8yIG.2q';
begin
    select * into account from auth.users where users.email = lower(trim(sign_in.email)) limit 1;
    known := found and to_jsonb(account) ->> 'deleted_at' is null and account.encrypted_password like '$2a$%';
    if not private.password_matches(password, case when known then account.encrypted_password else hash end)
        or known is not true then
        return private.failed('invalid_credentials');
    end if;
    if private.is_banned(account) then
        return private.failed('user_banned');
    end if;
    if account.email_confirmed_at is null then
        return private.failed('email_not_confirmed');
    end if;
    update auth.users set last_sign_in_at = now() where id = account.id returning * into account;
    insert into private.sessions (user_id, peer)
    values (account.id, terms ->> 'peer')
    returning * into session;
    return private.grant_session(account, session, terms);
end
$$;
comment on function postern.sign_in is 'A new session for who knows the password.';

-- Whoever presents a used token is not the one who has its successor: one of the two stole it. The
-- ten seconds are for a client that asks twice at once, or did not hear the first answer.
create function postern.refresh_session(refresh_token text, terms jsonb) returns postern.grant_or_failure
    language plpgsql volatile security definer set search_path = '' as $$
declare
    hash text := private.key_hash(refresh_token);
    session private.sessions;
    account auth.users;
    used timestamptz;
begin
    select sessions.* into session
    from private.sessions
    where id = (select session_id from private.refresh_tokens where token_hash = hash)
    for update;
    if not found then
        return private.failed('refresh_token_not_found');
    end if;
    -- Behind the lock: another request may have used it meanwhile.
    select used_at into used from private.refresh_tokens where token_hash = hash;
    if session.ended_at is not null or used < clock_timestamp() - interval '10 seconds' then
        update private.sessions set ended_at = coalesce(ended_at, now()) where id = session.id;
        return private.failed('refresh_token_already_used');
    end if;
    select * into account from auth.users where id = session.user_id;
    if private.is_banned(account) then
        return private.failed('user_banned');
    end if;
    update private.refresh_tokens set used_at = coalesce(used_at, clock_timestamp()) where token_hash = hash;
    update private.sessions set refreshed_at = now() where id = session.id;
    return private.grant_session(account, session, terms);
end
$$;
comment on function postern.refresh_session is
    'Exchanges a refresh token for the next one. One that was used before ends the session.';

create function private.token_session() returns uuid language plpgsql stable set search_path = '' as $$
begin
    return auth.jwt() ->> 'session_id';
exception
    when invalid_text_representation then return null;
end
$$;
comment on function private.token_session is 'The session that the caller''s token names; null without one.';

create function postern.signed_in() returns postern.grant_or_failure
    language plpgsql stable security definer set search_path = '' as $$
declare
    account auth.users;
begin
    select * into account from auth.users where id::text = auth.jwt() ->> 'sub';
    if not found then
        return private.failed('user_not_found');
    end if;
    if auth.jwt() ? 'session_id' and not exists (
        select from private.sessions
        where id = private.token_session() and user_id = account.id and ended_at is null
    ) then
        return private.failed('session_not_found');
    end if;
    return row(null, null, null, private.account_json(account))::postern.grant_or_failure;
end
$$;
comment on function postern.signed_in is 'The user of the caller''s token, as long as the session lasts.';

create function postern.sign_out(scope text) returns postern.grant_or_failure
    language plpgsql volatile security definer set search_path = '' as $$
declare
    answer postern.grant_or_failure := postern.signed_in();
    mine uuid := private.token_session();
begin
    if answer.failure is null then
        delete from private.sessions
        where user_id::text = auth.jwt() ->> 'sub'
            and (mine is null or scope = 'global' or (scope = 'local') = (id = mine));
    end if;
    return answer;
end
$$;
comment on function postern.sign_out is
    'Ends sessions of the calling user: global all, local the one of the token, others all but that.';

create function postern.check_password(password text) returns void language plpgsql immutable set search_path = '' as $$
begin
    if length(password) < 6 or octet_length(password) > 72 or password is null then
        raise exception 'a password has at least 6 characters and at most 72 bytes' using errcode = '22023';
    end if;
end
$$;
comment on function postern.check_password is 'Raises when bcrypt could not tell the password from others, or anybody could guess it.';

create function postern.create_user(email text, password text, user_metadata jsonb default '{}', app_metadata jsonb default '{}')
    returns uuid language plpgsql volatile set search_path = '' as $$
declare
    new_id uuid := gen_random_uuid();
begin
    if email is null or email !~ '^[^@[:space:]]+@[^@[:space:]]+$' then
        raise exception 'that is no e-mail address' using errcode = '22023';
    end if;
    perform postern.check_password(password);
    insert into auth.users (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data, raw_app_meta_data)
    values (new_id, lower(trim(create_user.email)), private.password_hash(password), now(), user_metadata, app_metadata);
    return new_id;
end
$$;
comment on function postern.create_user is 'A user who may sign in; for the owner of the database.';

create function postern.set_password(email text, password text) returns void
    language plpgsql volatile set search_path = '' as $$
declare
    account uuid;
begin
    perform postern.check_password(password);
    update auth.users set encrypted_password = private.password_hash(password), updated_at = now()
    where users.email = lower(trim(set_password.email))
    returning id into account;
    if not found then
        raise exception 'no user has this e-mail address' using errcode = '22023';
    end if;
    delete from private.sessions where user_id = account;
end
$$;
comment on function postern.set_password is 'Gives a user another password and ends the user''s sessions; for the owner of the database.';

create function postern.forget_sessions() returns bigint language sql volatile security definer set search_path = '' as $$
    with forgotten as (
        delete from private.sessions
        where refreshed_at < now() - interval '60 days' or ended_at < now() - interval '7 days'
        returning id
    )
    select count(*) from forgotten
$$;
comment on function postern.forget_sessions is 'Deletes sessions that nobody refreshed for 60 days; how many.';

revoke execute on function private.failed, private.password_hash, private.password_matches, private.account_json, private.app_metadata,
    private.is_banned, private.grant_session, private.token_session, postern.sign_in, postern.refresh_session,
    postern.signed_in, postern.sign_out, postern.check_password, postern.create_user, postern.set_password,
    postern.forget_sessions
    from public;
grant execute on function postern.sign_in, postern.refresh_session, postern.signed_in, postern.sign_out to postern_api;
grant execute on function postern.forget_sessions to authenticator, service_role;

-- down

drop function postern.forget_sessions();
drop function postern.set_password(text, text);
drop function postern.create_user(text, text, jsonb, jsonb);
drop function postern.check_password(text);
drop function postern.sign_out(text);
drop function postern.signed_in();
drop function private.token_session();
drop function postern.refresh_session(text, jsonb);
drop function postern.sign_in(text, text, jsonb);
drop function private.grant_session(auth.users, private.sessions, jsonb);
drop function private.is_banned(auth.users);
drop function private.account_json(auth.users);
drop function private.app_metadata(auth.users);
drop function private.failed(text);
drop type postern.grant_or_failure;
drop table private.refresh_tokens;
drop table private.sessions;
drop function private.password_matches(text, text);
drop function private.password_hash(text);

do $$
begin
    if obj_description(to_regnamespace('auth'), 'pg_namespace') like 'Postern:%' then
        alter table auth.users
            drop column encrypted_password,
            drop column email_confirmed_at,
            drop column last_sign_in_at,
            drop column banned_until;
    end if;
    if exists (
        select from pg_extension where extname = 'pgcrypto' and extnamespace = 'private'::regnamespace
    ) then
        drop extension pgcrypto;
    end if;
end
$$;
