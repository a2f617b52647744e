-- GET /api/agents/memory
-- What agents remember from task to task.
-- also: /api/v1/agents/memory
-- access: admin
select coalesce(json_agg(agent_memory order by category, key), '[]')
from agent_memory
