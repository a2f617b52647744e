-- GET /api/agents/budgets
-- What agents may spend in a day, a week and a month, and have spent.
-- also: /api/v1/agents/budgets
-- access: admin
select coalesce(json_agg(agent_budgets order by id), '[]')
from agent_budgets
