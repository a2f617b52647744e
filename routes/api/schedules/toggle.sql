-- PUT /api/schedules/{id}/toggle
-- Switches a schedule on or off.
-- also: /api/v1/schedules/{id}/toggle
-- access: admin
-- param: id bigint
-- param: enabled bool
-- answer: row or 404 Schedule not found
update agent_schedules
set enabled = :enabled, updated_at = now()
where id = :id
returning row_to_json(agent_schedules)
