-- DELETE /api/searches/{id}
-- Cancels a search; what it found stays.
-- also: /api/v1/searches/{id}
-- access: admin
-- param: id bigint
-- answer: row or 404 Search not found
select postern.change_job(:id, 'cancelled')
