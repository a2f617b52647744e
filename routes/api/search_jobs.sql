-- GET /api/search_jobs
-- Searches and how far they are, newest first.
-- also: /api/v1/search_jobs
-- access: anyone
-- param: status text? one of pending, running, paused, completed, cancelled, failed
-- param: limit int = 100 min 1 max 1000
-- param: offset bigint = 0 min 0
select json_build_object('search_jobs', coalesce(json_agg(job), '[]'))
from (
    select *
    from search_jobs
    where true
        and status = :status                            --? status
    order by created_at desc, id desc
    limit :limit offset :offset
) as job
