-- GET /api/v1/operators/me/earnings
-- The caller's credit by month: this one and the eleven before, those without a grant left out.
-- access: user
-- pool: read
select coalesce(json_agg(earned), '[]')
from (
    select
        to_char(granted_at, 'YYYY-MM') as month,
        sum(credit)::bigint as total_credits,
        count(distinct block_id) as block_count
    from operator_credits
    where operator_id = (select private.my_operator_id())
        and granted_at >= date_trunc('month', now()) - interval '11 months'
    group by 1
    order by 1
) as earned
