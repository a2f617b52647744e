-- GET /api/v1/marketplace/forms
-- The forms that are searched now, and how far their blocks are; the most work left first.
-- access: anyone
-- pool: read
-- cache: 5s
select coalesce(json_agg(market), '[]')
from (
    select
        search_type as form,
        count(distinct search_jobs.id) as job_count,
        count(work_blocks.id) as total_blocks,
        count(work_blocks.id) filter (where work_blocks.status = 'completed') as completed_blocks
    from search_jobs
    left join work_blocks on work_blocks.search_job_id = search_jobs.id
    where search_jobs.status in ('pending', 'running')
    group by search_type
    order by count(work_blocks.id) filter (where work_blocks.status <> 'completed') desc, search_type
) as market
