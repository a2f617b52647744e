-- GET /api/schedules
-- Tasks that start by the clock or by an event; `next_run` is when one fires next.
-- also: /api/v1/schedules
-- access: admin
select json_build_object('schedules', coalesce(json_agg(agent_schedules order by name), '[]'))
from agent_schedules
