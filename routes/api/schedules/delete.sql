-- DELETE /api/schedules/{id}
-- Deletes a schedule.
-- also: /api/v1/schedules/{id}
-- access: admin
-- param: id bigint
-- answer: row or 404 Schedule not found
delete from agent_schedules
where id = :id
returning json_build_object('ok', true)
