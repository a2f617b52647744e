-- GET /api/projects
-- Campaigns with a goal, newest first.
-- also: /api/v1/projects
-- access: anyone
-- param: status text? one of draft, active, paused, completed, cancelled, failed
-- param: limit int = 200 min 1 max 1000
-- param: offset bigint = 0 min 0
select json_build_object('projects', coalesce(json_agg(project), '[]'))
from (
    select
        id, slug, name, description, objective, form, status, total_tested, total_found, best_digits,
        total_core_hours, total_cost_usd, budget, created_at, started_at, completed_at
    from projects
    where true
        and status = :status                            --? status
    order by created_at desc, id desc
    limit :limit offset :offset
) as project
