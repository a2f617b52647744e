-- GET /api/agents/templates
-- Recipes for tasks, with their steps.
-- also: /api/v1/agents/templates
-- access: admin
select json_build_object('templates', coalesce(json_agg(agent_templates order by name), '[]'))
from agent_templates
