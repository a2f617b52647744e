-- GET /api/agents/tasks/{id}/logs
-- What a task printed, a page of lines; `total` counts all of the stream asked for.
-- also: /api/v1/agents/tasks/{id}/logs
-- access: admin
-- param: id bigint
-- param: stream text? one of stdout, stderr
-- param: limit int = 500 min 1 max 5000
-- param: offset bigint = 0 min 0
-- answer: row or 404 Task not found
with line as not materialized (
    select *
    from agent_logs
    where task_id = :id
        and stream = :stream                            --? stream
),
page as (
    select id, task_id, stream, line_num, msg_type, content, created_at
    from line
    order by line_num, id
    limit :limit offset :offset
)
select json_build_object(
    'logs', coalesce((select json_agg(page) from page), '[]'),
    'total', (select count(*) from line)
)
from agent_tasks
where id = :id
