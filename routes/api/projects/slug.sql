-- GET /api/projects/{slug}
-- One project with its phases and its newest hundred events.
-- also: /api/v1/projects/{slug}
-- access: anyone
-- param: slug text max 200
-- answer: row or 404 Project not found
select json_build_object(
    'project', (
        select row_to_json(project)
        from (
            select
                projects.id, slug, projects.name, projects.description, objective, form, projects.status,
                projects.total_tested, projects.total_found, best_digits, total_core_hours, total_cost_usd,
                budget, created_at, projects.started_at, projects.completed_at
        ) as project
    ),
    'phases', coalesce(
        (
            select json_agg(project_phases order by phase_order, id)
            from project_phases
            where project_id = projects.id
        ),
        '[]'
    ),
    'events', coalesce(
        (
            select json_agg(event)
            from (
                select id, event_type, summary, created_at
                from project_events
                where project_id = projects.id
                order by created_at desc, id desc
                limit 100
            ) as event
        ),
        '[]'
    )
)
from projects
where slug = :slug
