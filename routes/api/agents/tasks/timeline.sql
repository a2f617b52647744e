-- GET /api/agents/tasks/{id}/timeline
-- Everything that happened to a task, in order.
-- also: /api/v1/agents/tasks/{id}/timeline
-- access: admin
-- param: id bigint
-- answer: row or 404 Task not found
select coalesce(
    (
        select json_agg(agent_events order by created_at, id)
        from agent_events
        where task_id = :id
    ),
    '[]'
)
from agent_tasks
where id = :id
