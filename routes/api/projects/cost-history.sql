-- GET /api/projects/{slug}/cost-history
-- Core hours and money, summed up day by day (UTC), from the blocks that were completed. A core
-- hour costs what the project's infrastructure says as cloud_rate, else 0.04 dollars.
-- also: /api/v1/projects/{slug}/cost-history
-- access: anyone
-- pool: read
-- cache: 5s
-- param: slug text max 200
-- answer: row or 404 Project not found
with project as (
    select *, coalesce((infrastructure ->> 'cloud_rate')::float8, 0.04) as cloud_rate
    from projects
    where slug = :slug
),
day as (
    select
        date_trunc('day', blocks.completed_at, 'UTC') as time,
        sum(duration_secs * coalesce(cores_used, 1)) / 3600 as core_hours
    from project
    join search_jobs on search_jobs.project_id = project.id
    join work_blocks as blocks on blocks.search_job_id = search_jobs.id
    where blocks.status = 'completed' and duration_secs is not null
    group by 1
),
history as (
    select
        time,
        sum(core_hours) over (order by time) as core_hours,
        sum(core_hours) over (order by time) * cloud_rate as cost_usd
    from day
    cross join project
)
select json_build_object(
    'history', coalesce((select json_agg(history order by time) from history), '[]'),
    'budget_usd', (budget ->> 'max_cost_usd')::numeric,
    'cloud_rate', cloud_rate,
    'total_core_hours', total_core_hours,
    'total_cost_usd', total_cost_usd
)
from project
