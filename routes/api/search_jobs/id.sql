-- GET /api/search_jobs/{id}
-- One search, with its blocks counted by state.
-- also: /api/v1/search_jobs/{id}
-- access: anyone
-- param: id bigint
-- answer: row or 404 Search not found
select json_build_object(
    'search_job', row_to_json(search_jobs),
    'blocks', (
        select json_build_object(
            'total', count(*),
            'available', count(*) filter (where status = 'available'),
            'claimed', count(*) filter (where status = 'claimed'),
            'completed', count(*) filter (where status = 'completed'),
            'failed', count(*) filter (where status = 'failed')
        )
        from work_blocks
        where search_job_id = :id
    ),
    'core_hours', get_job_core_hours(:id)
)
from search_jobs
where id = :id
