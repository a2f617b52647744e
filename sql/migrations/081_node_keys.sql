-- Keys of machines: allow-lists of whole networks, and a word before a key is too old.

-- up

-- A range that is none lets nobody in.
create function private.in_networks(peer text, networks text[]) returns boolean
    language plpgsql immutable set search_path = '' as $$
begin
    return exists (select from unnest(networks) as network where peer::inet <<= network::inet);
exception
    when invalid_text_representation then
        return false;
end
$$;
comment on function private.in_networks is 'Is the address in one of the networks (192.0.2.7, 10.0.0.0/8, 2001:db8::/32)?';

create function private.are_networks(networks text[]) returns boolean
    language plpgsql immutable set search_path = '' as $$
begin
    return networks is null or (select count(network::inet) = cardinality(networks) from unnest(networks) as network);
exception
    when invalid_text_representation then
        return false;
end
$$;
comment on function private.are_networks is 'Are all of them addresses or networks?';

alter table private.operators
    add constraint operators_allowed_ips_check check (private.are_networks(allowed_ips)) not valid;
comment on column private.operators.allowed_ips is
    'Addresses and networks (CIDR) the key may be used from; null: any. Behind proxies see POSTERN_TRUSTED_PROXIES.';

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

create function postern.node_key_warning() returns text
    language sql stable security definer set search_path = '' as $$
    select format('299 postern "The API key expires on %s, please rotate"',
        to_char(key_rotated_at + interval '90 days', 'YYYY-MM-DD'))
    from private.operators
    where id = postern.node_operator() and key_rotated_at < now() - interval '76 days'
$$;
comment on function postern.node_key_warning is
    'The Warning header for a machine whose key has two weeks left, of 90 days; else null.';

revoke execute on function private.in_networks, private.are_networks, postern.node_key_warning from public;
grant execute on function postern.node_key_warning to postern_api;

-- down

drop function postern.node_key_warning();
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
    if not coalesce(postern.node_claim('peer') = any (operator.allowed_ips), operator.allowed_ips is null) then
        raise exception 'IP address not in allowlist' using errcode = 'PT403';
    end if;
end
$$;
alter table private.operators drop constraint operators_allowed_ips_check;
drop function private.are_networks(text[]);
drop function private.in_networks(text, text[]);
