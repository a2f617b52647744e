-- GET /api/audit
-- Who changed what, the newest first; `total` counts all that match.
-- also: /api/v1/audit
-- access: admin
-- pool: read
-- param: limit int = 50 min 1 max 500
-- param: offset bigint = 0 min 0
-- param: action text?
-- param: user_id uuid?
-- param: since timestamptz?
with matching as not materialized (
    select *
    from audit_log
    where true
        and action = :action                            --? action
        and user_id = :user_id                          --? user_id
        and created_at >= :since                        --? since
),
page as (
    select id, user_id, user_email, action, resource, method, status_code, ip_address, user_agent, payload, created_at, role, tenant_id, request_id
    from matching
    order by created_at desc, id desc
    limit :limit offset :offset
)
select json_build_object('data', json_build_object(
    'entries', coalesce((select json_agg(page) from page), '[]'),
    'total', (select count(*) from matching)
))
