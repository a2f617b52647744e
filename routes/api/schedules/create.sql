-- POST /api/schedules
-- A new schedule: what starts it, and what it starts.
-- An event_filter is an event (prime_found, search_start, search_done, search_failed, task_completed, task_failed,
-- budget_exceeded, worker_lost, error), or one with conditions: prime_found:form=twin,digits>=1000.
-- also: /api/v1/schedules
-- access: admin
-- param: name text min 1 max 200
-- param: description text? max 5000
-- param: enabled bool = false
-- param: trigger_type text one of cron, event
-- param: cron_expr text? max 200
-- param: timezone text = UTC min 1 max 60
-- param: event_filter text? max 500
-- param: action_type text one of task, template = task
-- param: template_name text? max 200
-- param: role_name text? max 100
-- param: task_title text min 1 max 500
-- param: task_description text? max 20000
-- param: priority text one of low, normal, high, urgent = normal
-- param: max_cost_usd number? min 0 max 99999999
-- param: permission_level int = 1 min 0 max 3
-- answer: created
insert into agent_schedules (name, description, enabled, trigger_type, cron_expr, timezone, event_filter, action_type,
    template_name, role_name, task_title, task_description, priority, max_cost_usd, permission_level)
values (:name, coalesce(:description, ''), :enabled, :trigger_type, :cron_expr, :timezone, :event_filter, :action_type,
    :template_name, :role_name, :task_title, coalesce(:task_description, ''), :priority, :max_cost_usd,
    :permission_level)
returning postern.checked(agent_schedules)
