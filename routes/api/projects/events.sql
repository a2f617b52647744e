-- GET /api/projects/{slug}/events
-- What happened in a project, newest first.
-- also: /api/v1/projects/{slug}/events
-- access: anyone
-- param: slug text max 200
-- param: limit int = 100 min 1 max 1000
-- param: offset bigint = 0 min 0
-- answer: row or 404 Project not found
select json_build_object('events', coalesce(
    (
        select json_agg(event)
        from (
            select id, project_id, event_type, summary, detail, created_at
            from project_events
            where project_id = projects.id
            order by created_at desc, id desc
            limit :limit offset :offset
        ) as event
    ),
    '[]'
))
from projects
where slug = :slug
