-- GET /api/schedules
-- Tasks that start by the clock or by an event.
-- also: /api/v1/schedules
-- access: admin
select json_build_object('schedules', coalesce(json_agg(agent_schedules order by name), '[]'))
from agent_schedules
