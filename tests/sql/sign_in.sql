-- Signing in: who gets a session, how refresh tokens rotate, what a stolen one does, who may call what.
begin;
create schema tap;
create extension pgtap schema tap;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
set search_path = public, tap;
select plan(36);

-- What C would send, and the little of it that stays.
create function pg_temp.terms() returns jsonb language sql as $$
    select '{"issued": 1000, "lifetime": 3600, "audience": "authenticated", "issuer": "here", "peer": "::1"}'::jsonb
$$;
create temporary table kept (name text primary key, token text, session text);
grant all on kept to postern_api;
create function pg_temp.keep(as_name text, got postern.grant_or_failure) returns text language sql as $$
    insert into kept values (as_name, got.refresh_token, got.claims ->> 'session_id')
    on conflict (name) do update set token = excluded.token, session = excluded.session
    returning token
$$;
create function pg_temp.token(of_name text) returns text language sql as 'select token from kept where name = of_name';
create function pg_temp.session(of_name text) returns uuid language sql as 'select session::uuid from kept where name = of_name';
-- The time of a refresh token's use, moved into the past.
create function pg_temp.age(of_name text, by interval) returns void language sql as $$
    update private.refresh_tokens set used_at = used_at - by where token_hash = private.key_hash(pg_temp.token(of_name))
$$;
create function pg_temp.bring(subject text, session text default null) returns void language sql as $$
    select set_config('request.jwt.claims',
        json_strip_nulls(json_build_object('role', 'authenticated', 'sub', subject, 'session_id', session))::text, true)
$$;

-- users
select matches(postern.create_user('Ada@Example.org', 'a password')::text, '^[0-9a-f-]{36}$', 'a user is made');
select postern.create_user('bob@example.org', 'an other one', '{"name": "Bob"}', '{"tenant_id": "t1"}');
select results_eq($$select email, encrypted_password like '$2_$10$%' from auth.users order by email$$,
    $$values ('ada@example.org', true), ('bob@example.org', true)$$, 'with the address in small letters and a bcrypt hash');
select results_eq('select count(*) from user_profiles', 'values (2::bigint)', 'and a profile');
select throws_ok($$select postern.create_user('ada@example.org', 'a password')$$, '23505', null, 'an address is taken once');
select throws_ok($$select postern.create_user('nonsense', 'a password')$$, '22023', null, 'an address has an @');
select throws_ok($$select postern.create_user('c@example.org', 'short')$$, '22023', null, 'a short password is refused');
select throws_ok($$select postern.create_user('c@example.org', repeat('ä', 37))$$, '22023', null,
    'and one that bcrypt would cut');
select throws_ok($$select postern.set_password('nobody@example.org', 'long enough')$$, '22023', null, 'nobody has no password');

-- signing in
select results_eq(format('select failure, claims is null, refresh_token, account is null from postern.sign_in(%L, %L, pg_temp.terms())',
        email, password), $$values ('invalid_credentials', true, null, true)$$, sentence)
from (values
    ('ada@example.org', 'wrong', 'a wrong password'),
    ('ada@example.org', '', 'no password'),
    ('eve@example.org', 'a password', 'nobody''s address'),
    ('', 'a password', 'no address')
) as trial (email, password, sentence);
select is(pg_temp.keep('first', postern.sign_in(' ADA@example.org', 'a password', pg_temp.terms())) is not null, true,
    'the right password, the address in any case');
select results_eq(
    $$select claims ->> 'role', claims ->> 'aud', claims ->> 'iss', (claims ->> 'exp')::int - (claims ->> 'iat')::int,
        claims ->> 'email', claims -> 'app_metadata' ->> 'tenant_id', account -> 'user_metadata' ->> 'name',
        claims ->> 'sub' = account ->> 'id', account ->> 'encrypted_password'
        from postern.sign_in('bob@example.org', 'an other one', pg_temp.terms())$$,
    $$values ('authenticated', 'authenticated', 'here', 3600, 'bob@example.org', 't1', 'Bob', true, null)$$,
    'the claims are Supabase''s, the hash is not told');
select is((select count(*) from private.refresh_tokens where token_hash like '%' || pg_temp.token('first') || '%'), 0::bigint,
    'no refresh token is stored as it is');
update auth.users set banned_until = now() + interval '1 hour' where email = 'ada@example.org';
select is((postern.sign_in('ada@example.org', 'a password', pg_temp.terms())).failure, 'user_banned', 'banned');
select is((postern.sign_in('ada@example.org', 'wrong', pg_temp.terms())).failure, 'invalid_credentials',
    'which only who knows the password is told');
select is((postern.refresh_session(pg_temp.token('first'), pg_temp.terms())).failure, 'user_banned', 'nor refreshed');
update auth.users set banned_until = null, email_confirmed_at = null where email = 'ada@example.org';
select is((postern.sign_in('ada@example.org', 'a password', pg_temp.terms())).failure, 'email_not_confirmed', 'not confirmed');
update auth.users set email_confirmed_at = now() where email = 'ada@example.org';

-- refresh tokens
select is((postern.refresh_session('nonsense', pg_temp.terms())).failure, 'refresh_token_not_found', 'nobody''s token');
select isnt(pg_temp.keep('second', postern.refresh_session(pg_temp.token('first'), pg_temp.terms())), pg_temp.token('first'),
    'a token is exchanged for another one');
select is(pg_temp.session('second'), pg_temp.session('first'), 'of the same session');
select is((postern.refresh_session(pg_temp.token('first'), pg_temp.terms())).failure, null, 'twice at once is an accident');
select pg_temp.age('first', '11 s');
select is((postern.refresh_session(pg_temp.token('first'), pg_temp.terms())).failure, 'refresh_token_already_used', 'later it is theft');
select is((postern.refresh_session(pg_temp.token('second'), pg_temp.terms())).failure, 'refresh_token_already_used',
    'and ends the session for both');
select pg_temp.bring((select id::text from auth.users where email = 'ada@example.org'), pg_temp.session('first')::text);
select is((postern.signed_in()).failure, 'session_not_found', 'its access tokens name no session any more');

-- signing out: three sessions, and from one of them
select pg_temp.keep(name, postern.sign_in('ada@example.org', 'a password', pg_temp.terms())) from unnest('{a,b,c}'::text[]) as name;
select pg_temp.bring((select id::text from auth.users where email = 'ada@example.org'), pg_temp.session('a')::text);
select is((postern.signed_in()).account ->> 'email', 'ada@example.org', 'a token tells who it is');
select is((postern.sign_out('local')).failure, null, 'out of one session');
select is((postern.refresh_session(pg_temp.token('a'), pg_temp.terms())).failure, 'refresh_token_not_found', 'which is gone');
select pg_temp.bring((select id::text from auth.users where email = 'ada@example.org'), pg_temp.session('b')::text);
select is((postern.sign_out('others')).failure, null, 'out of the others');
select results_eq($$select id from private.sessions where user_id = (select id from auth.users where email = 'ada@example.org')$$,
    'select pg_temp.session(''b'')', 'only the own is left');
select is((postern.sign_out('global')).failure, null, 'out of all');
select results_eq($$select distinct email from private.sessions join auth.users on users.id = user_id$$,
    $$values ('bob@example.org')$$, 'and nobody else''s sessions have ended');
select is((postern.sign_out('global')).failure, 'session_not_found', 'there is nothing to end twice');

-- who may call what
select results_eq(
    $$select role, array_agg(name order by name)
    from unnest('{anon,authenticated,service_role,postern_api,authenticator}'::text[]) as role
    cross join (
        select oid, proname::text collate "default" as name from pg_proc
        where pronamespace = 'postern'::regnamespace and proname = any ('{sign_in,refresh_session,signed_in,sign_out,create_user,set_password,check_password,forget_sessions}')
    ) as functions
    where has_function_privilege(role, oid, 'execute')
    group by role
    order by role$$,
    $$values ('authenticator', '{forget_sessions}'::text[]),
        ('postern_api', '{refresh_session,sign_in,sign_out,signed_in}'),
        ('service_role', '{forget_sessions}')$$,
    'the server''s role signs in and out, users are made by the owner only');
select is_empty($$
    select role, relname, privilege
    from unnest('{anon,authenticated,postern_api}'::text[]) as role, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) as privilege,
        pg_class
    where oid in ('private.sessions'::regclass, 'private.refresh_tokens'::regclass, 'auth.users'::regclass)
        and has_table_privilege(role, oid, privilege)
$$, 'nobody reads sessions, tokens or users');

select * from finish();
rollback;
