-- Who may call a curated route: the guards that run before its statement, as postern_api and with
-- the caller's claims. A guard raises PT401 or PT403 to refuse; the number is the HTTP status.

-- up

create function postern.require_admin() returns void language plpgsql stable set search_path = '' as $$
begin
    if auth.role() = 'service_role' or public.is_admin(auth.uid()) then
        return;
    end if;
    raise exception 'Admin access required' using errcode = 'PT403';
end
$$;
comment on function postern.require_admin is 'Guard of curated routes: administrators and the service role pass.';

-- The server puts the key's SHA-256 and the client's address into the claims of a request that
-- brings an API key, with a role that no token may name: a user cannot write such claims.
create function postern.node_claim(name text) returns text language sql stable set search_path = '' as $$
    select claims.value ->> node_claim.name
    from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as value) as claims
    where claims.value ->> 'role' = 'postern_api'
$$;
comment on function postern.node_claim is 'A claim of a request with an API key; null for other requests.';

create unique index operators_api_key on private.operators (api_key_hash);

-- Definer: curated routes cannot read key hashes.
create function postern.node_operator() returns uuid language sql stable security definer set search_path = '' as $$
    select id
    from private.operators
    where api_key_hash = postern.node_claim('key_hash') and is_active
$$;
comment on function postern.node_operator is 'The active operator whose API key the request brings; null without one.';

create function postern.require_node() returns void language plpgsql stable security definer set search_path = '' as $$
declare
    operator private.operators;
begin
    if postern.node_claim('key_hash') is null then
        raise exception 'Missing or invalid Authorization header' using errcode = 'PT401';
    end if;
    select * into operator from private.operators where id = postern.node_operator();
    if not found then
        raise exception 'Invalid or expired API key' using errcode = 'PT401';
    end if;
    if operator.key_rotated_at < now() - interval '90 days' then
        raise exception 'API key expired, please rotate' using errcode = 'PT401';
    end if;
    if not coalesce(postern.node_claim('peer') = any (operator.allowed_ips), operator.allowed_ips is null) then
        raise exception 'IP address not in allowlist' using errcode = 'PT403';
    end if;
end
$$;
comment on function postern.require_node is 'Guard of curated routes: a machine with the valid API key of an active operator passes.';

revoke execute on function postern.require_admin, postern.node_claim, postern.node_operator, postern.require_node
    from public;
grant usage on schema postern to postern_api;
grant execute on function postern.require_admin, postern.node_claim, postern.node_operator, postern.require_node
    to postern_api;

-- down

revoke usage on schema postern from postern_api;
drop function postern.require_node();
drop function postern.node_operator();
drop index private.operators_api_key;
drop function postern.node_claim(text);
drop function postern.require_admin();
