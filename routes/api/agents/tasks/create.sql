-- POST /api/agents/tasks
-- A new task, pending until an agent takes it.
-- also: /api/v1/agents/tasks
-- access: admin
-- param: title text min 1 max 500
-- param: description text? max 20000
-- param: priority text one of low, normal, high, urgent = normal
-- param: agent_model text? max 100
-- param: source text one of manual, api = manual
-- param: max_cost_usd number? min 0 max 99999999
-- param: permission_level int = 1 min 0 max 3
-- param: role_name text? max 100
-- answer: created
select postern.shown(postern.create_task(task))
from json_populate_record(null::agent_tasks, json_build_object(
    'title', :title, 'description', :description, 'priority', :priority, 'agent_model', :agent_model,
    'source', :source, 'max_cost_usd', :max_cost_usd, 'permission_level', :permission_level,
    'role_name', :role_name
)) as task
