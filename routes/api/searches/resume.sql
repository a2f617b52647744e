-- POST /api/searches/{id}/resume
-- Goes on with a paused search.
-- also: /api/v1/searches/{id}/resume
-- also: /api/search_jobs/{id}/resume
-- also: /api/v1/search_jobs/{id}/resume
-- access: admin
-- param: id bigint
-- answer: row or 404 Search not found
select postern.change_job(:id, 'running')
