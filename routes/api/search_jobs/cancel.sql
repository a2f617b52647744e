-- POST /api/search_jobs/{id}/cancel
-- Cancels a search; what it found stays.
-- also: /api/v1/search_jobs/{id}/cancel
-- access: admin
-- param: id bigint
-- answer: row or 404 Search not found
select postern.change_job(:id, 'cancelled')
