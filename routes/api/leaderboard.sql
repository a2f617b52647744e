-- GET /api/v1/leaderboard
-- The hundred operators with the most credit.
-- also: /api/v1/operators/leaderboard
-- access: anyone
-- pool: read
-- cache: 5s
select coalesce(json_agg(leader), '[]')
from (
    select
        rank() over (order by credit desc) as rank,
        username, team, credit, primes_found,
        (select count(*) from operator_nodes where operator_nodes.operator_id = operators.id) as worker_count
    from private.operators
    where is_active
    order by credit desc, username
    limit 100
) as leader
