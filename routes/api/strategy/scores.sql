-- GET /api/strategy/scores
-- How much each form deserves the next search: five parts between 0 and 1, and their weighted sum.
-- also: /api/v1/strategy/scores
-- access: admin
-- pool: read
select coalesce(json_agg(scores order by total desc, form), '[]')
from postern.strategy_scores() as scores
