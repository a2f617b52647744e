-- The guard of nodes looks its operator up once: it runs before every statement of a node. Its functions
-- are PL/pgSQL, whose plans are kept; those of SQL functions are made again for each request.

-- up

create or replace function postern.node_claim(name text) returns text
    language plpgsql stable set search_path = '' as $$
declare
    claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
begin
    return case when claims ->> 'role' = 'postern_api' then claims ->> node_claim.name end;
end
$$;

-- The hash stands in a variable: a function in its place would be called for each operator.
create function private.calling_operator() returns private.operators
    language plpgsql stable set search_path = '' as $$
declare
    hash constant text := postern.node_claim('key_hash');
    operator private.operators;
begin
    select * into operator from private.operators where api_key_hash = hash and is_active;
    return operator;
end
$$;
comment on function private.calling_operator is 'The active operator whose API key the request brings; all null without one.';

create or replace function postern.node_operator() returns uuid
    language plpgsql stable security definer set search_path = '' as $$
begin
    return (private.calling_operator()).id;
end
$$;

create or replace function postern.require_node() returns void
    language plpgsql stable security definer set search_path = '' as $$
declare
    operator constant private.operators := private.calling_operator();
begin
    if postern.node_claim('key_hash') is null then
        raise exception 'Missing or invalid Authorization header' using errcode = 'PT401';
    end if;
    if operator.id is null then
        raise exception 'Invalid or expired API key' using errcode = 'PT401';
    end if;
    if operator.key_rotated_at < now() - interval '90 days' then
        raise exception 'API key expired, please rotate' using errcode = 'PT401';
    end if;
    if operator.allowed_ips is not null
        and not coalesce(private.in_networks(postern.node_claim('peer'), operator.allowed_ips), false) then
        raise exception 'IP address not in allowlist' using errcode = 'PT403';
    end if;
end
$$;

create or replace function postern.node_key_warning() returns text
    language plpgsql stable security definer set search_path = '' as $$
declare
    operator constant private.operators := private.calling_operator();
begin
    if operator.key_rotated_at < now() - interval '76 days' then
        return format('299 postern "The API key expires on %s, please rotate"',
            to_char(operator.key_rotated_at + interval '90 days', 'YYYY-MM-DD'));
    end if;
    return null;
end
$$;

create or replace function private.own_node(node_id text) returns text
    language plpgsql stable set search_path = '' as $$
declare
    operator constant uuid := postern.node_operator();
begin
    if not exists (
        select from public.operator_nodes as nodes
        where nodes.node_id = own_node.node_id and nodes.operator_id = operator
    ) then
        raise exception 'Node not registered' using errcode = 'PT404';
    end if;
    return own_node.node_id;
end
$$;

revoke execute on function private.calling_operator from public;

-- down

create or replace function private.own_node(node_id text) returns text
    language plpgsql stable set search_path = '' as $$
begin
    if not exists (
        select from public.operator_nodes as nodes
        where nodes.node_id = own_node.node_id and nodes.operator_id = postern.node_operator()
    ) then
        raise exception 'Node not registered' using errcode = 'PT404';
    end if;
    return own_node.node_id;
end
$$;
create or replace function postern.node_key_warning() returns text
    language sql stable security definer set search_path = '' as $$
    select format('299 postern "The API key expires on %s, please rotate"',
        to_char(key_rotated_at + interval '90 days', 'YYYY-MM-DD'))
    from private.operators
    where id = postern.node_operator() and key_rotated_at < now() - interval '76 days'
$$;
create or replace function postern.require_node() returns void
    language plpgsql stable security definer set search_path = '' as $$
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
    if operator.allowed_ips is not null
        and not coalesce(private.in_networks(postern.node_claim('peer'), operator.allowed_ips), false) then
        raise exception 'IP address not in allowlist' using errcode = 'PT403';
    end if;
end
$$;
create or replace function postern.node_operator() returns uuid language sql stable security definer set search_path = '' as $$
    select id
    from private.operators
    where api_key_hash = postern.node_claim('key_hash') and is_active
$$;
drop function private.calling_operator();
create or replace function postern.node_claim(name text) returns text language sql stable set search_path = '' as $$
    select claims.value ->> node_claim.name
    from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as value) as claims
    where claims.value ->> 'role' = 'postern_api'
$$;
