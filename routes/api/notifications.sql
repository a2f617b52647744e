-- GET /api/notifications
-- The latest finds, the newest first: one line a form and ten seconds, as /ws sends them.
-- also: /api/v1/notifications
-- access: anyone
-- pool: read
-- cache: 2s
-- param: limit int = 20 min 1 max 50
with finds as (
    select
        max(id) as id, form, count(*) as count, max(found_at) as found_at,
        (array_agg(expression order by id))[1:5] as expressions
    from (select id, form, expression, found_at from primes order by found_at desc limit 1000) as recent
    group by form, floor(extract(epoch from found_at) / 10)
    order by found_at desc, id desc
    limit :limit
)
select json_build_object('notifications', coalesce(json_agg(json_build_object(
    'id', id,
    'kind', 'prime',
    'title', count || ' ' || form || case count when 1 then ' prime found' else ' primes found' end,
    'details', to_json(expressions || case when count > 5 then array['and ' || count - 5 || ' more'] end),
    'count', count,
    'timestamp_ms', floor(extract(epoch from found_at) * 1000)::bigint
) order by found_at desc, id desc), '[]'))
from finds
