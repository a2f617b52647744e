-- POST /api/agents/templates/{name}/expand
-- Makes a task from a template, and one below it for each step.
-- also: /api/v1/agents/templates/{name}/expand
-- access: admin
-- param: name text min 1 max 200
-- param: title text min 1 max 500
-- param: description text? max 20000
-- param: priority text one of low, normal, high, urgent = normal
-- param: max_cost_usd number? min 0 max 99999999
-- param: permission_level int = 1 min 0 max 3
-- param: role_name text? max 100
select json_build_object('ok', true, 'parent_task_id', postern.expand_template(task))
from json_populate_record(null::agent_tasks, json_build_object(
    'template_name', :name, 'title', :title, 'description', :description, 'priority', :priority,
    'max_cost_usd', :max_cost_usd, 'permission_level', :permission_level, 'role_name', :role_name
)) as task
