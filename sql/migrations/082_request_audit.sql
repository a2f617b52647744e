-- The audit of requests: the server hands over what was asked, many at once.

-- up

alter table audit_log add column role text, add column tenant_id text, add column request_id text;
comment on column audit_log.role is 'The role that the request ran as.';
comment on column audit_log.tenant_id is 'The tenant that the caller''s token names.';
comment on column audit_log.request_id is 'X-Request-Id, as in the server''s log.';
comment on table audit_log is 'Who changed what: each change by a curated route with what it was, and, where POSTERN_AUDIT is on, each request that wrote or was for administrators.';
comment on column audit_log.action is 'What was done (releases.publish), or "request".';
comment on column audit_log.user_id is 'Null for the service role, API keys and machines.';

-- The claims were verified by the server; a subject that is no uuid is in the payload.
create function postern.write_audit(entries json) returns bigint
    language sql volatile security definer set search_path = '' as $$
    with written as (
        insert into public.audit_log (created_at, user_id, user_email, action, resource, method, status_code, ip_address,
            user_agent, role, tenant_id, request_id, payload)
        select to_timestamp(entry.at),
            case when entry.claims ->> 'sub' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                then (entry.claims ->> 'sub')::uuid end,
            entry.claims ->> 'email', 'request', entry.path, entry.method, entry.status, entry.address, entry.agent,
            entry.role, coalesce(entry.claims ->> 'tenant_id', entry.claims -> 'app_metadata' ->> 'tenant_id'), entry.id,
            nullif(jsonb_strip_nulls(jsonb_build_object(
                'key_id', entry.claims ->> 'key_id',
                'operator_id', (select operators.id from private.operators
                    where operators.api_key_hash = entry.claims ->> 'key_hash'),
                'subject', case when entry.claims ->> 'sub' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                    then entry.claims ->> 'sub' end)), '{}')
        from json_to_recordset(entries) as entry (at double precision, id text, method text, path text, status integer,
            address text, agent text, role text, claims jsonb)
        returning 1
    )
    select count(*) from written
$$;
comment on function postern.write_audit is 'Writes down requests, many at once; how many. For the server.';

revoke execute on function postern.write_audit from public;
grant execute on function postern.write_audit to postern_api;

-- down

drop function postern.write_audit(json);
alter table audit_log drop column role, drop column tenant_id, drop column request_id;
comment on table audit_log is 'Who changed what through the curated routes.';
comment on column audit_log.user_id is 'Null for the service role.';
comment on column audit_log.action is null;
