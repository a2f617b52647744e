-- GET /api/agents/roles
-- What kinds of agents there are.
-- also: /api/v1/agents/roles
-- access: admin
select json_build_object('roles', coalesce(json_agg(agent_roles order by name), '[]'))
from agent_roles
