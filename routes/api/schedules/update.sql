-- PUT /api/schedules/{id}
-- Changes what is given of a schedule.
-- also: /api/v1/schedules/{id}
-- access: admin
-- param: id bigint
-- param: name text? min 1 max 200
-- param: description text? max 5000
-- param: enabled bool?
-- param: trigger_type text? one of cron, event
-- param: cron_expr text? max 200
-- param: timezone text? min 1 max 60
-- param: event_filter text? max 500
-- param: action_type text? one of task, template
-- param: template_name text? max 200
-- param: role_name text? max 100
-- param: task_title text? min 1 max 500
-- param: task_description text? max 20000
-- param: priority text? one of low, normal, high, urgent
-- param: max_cost_usd number? min 0 max 99999999
-- param: permission_level int? min 0 max 3
-- answer: row or 404 Schedule not found
update agent_schedules
set updated_at = now()
    , name = :name                          --? name
    , description = :description            --? description
    , enabled = :enabled                    --? enabled
    , trigger_type = :trigger_type          --? trigger_type
    , cron_expr = :cron_expr                --? cron_expr
    , timezone = :timezone                  --? timezone
    , event_filter = :event_filter          --? event_filter
    , action_type = :action_type            --? action_type
    , template_name = :template_name        --? template_name
    , role_name = :role_name                --? role_name
    , task_title = :task_title              --? task_title
    , task_description = :task_description  --? task_description
    , priority = :priority                  --? priority
    , max_cost_usd = :max_cost_usd          --? max_cost_usd
    , permission_level = :permission_level  --? permission_level
where id = :id
returning postern.checked(agent_schedules)
