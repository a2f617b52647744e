-- GET /api/v1/operators/me/badges
-- What the caller has been honoured with, in the order it was earned.
-- access: user
-- pool: read
select coalesce(json_agg(earned), '[]')
from (
    select badge_id, granted_at as earned_at
    from operator_badges
    where operator_id = (select private.my_operator_id())
    order by granted_at, badge_id
) as earned
