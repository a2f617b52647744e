-- GET /api/agents/events
-- The diary of all tasks or of one, newest first.
-- also: /api/v1/agents/events
-- access: admin
-- param: task_id bigint?
-- param: limit int = 200 min 1 max 1000
-- param: offset bigint = 0 min 0
select json_build_object('events', coalesce(json_agg(event), '[]'))
from (
    select *
    from agent_events
    where true
        and task_id = :task_id                          --? task_id
    order by created_at desc, id desc
    limit :limit offset :offset
) as event
