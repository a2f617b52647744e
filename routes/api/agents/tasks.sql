-- GET /api/agents/tasks
-- What agents shall do, do and have done, newest first.
-- also: /api/v1/agents/tasks
-- access: admin
-- param: status text? one of pending, in_progress, completed, failed, cancelled
-- param: limit int = 200 min 1 max 1000
-- param: offset bigint = 0 min 0
select json_build_object('tasks', coalesce(json_agg(task), '[]'))
from (
    select postern.shown(agent_tasks) as task
    from agent_tasks
    where true
        and status = :status                            --? status
    order by created_at desc, id desc
    limit :limit offset :offset
) as page
