-- POST /api/searches/{id}/pause
-- Pauses a search: no more blocks of it are handed out.
-- also: /api/v1/searches/{id}/pause
-- also: /api/search_jobs/{id}/pause
-- also: /api/v1/search_jobs/{id}/pause
-- access: admin
-- param: id bigint
-- answer: row or 404 Search not found
select postern.change_job(:id, 'paused')
