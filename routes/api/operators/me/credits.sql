-- GET /api/v1/operators/me/credits
-- The caller's credit as it was granted; the newest first.
-- access: user
-- pool: read
-- param: limit int = 50 min 1 max 1000
-- param: offset bigint = 0 min 0
select coalesce(json_agg(granted), '[]')
from (
    select id, block_id, credit, reason, granted_at
    from operator_credits
    where operator_id = (select private.my_operator_id())
    order by granted_at desc, id desc
    limit :limit offset :offset
) as granted
