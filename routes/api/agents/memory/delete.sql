-- DELETE /api/agents/memory/{key}
-- Forgets what is remembered under a key.
-- also: /api/v1/agents/memory/{key}
-- access: admin
-- param: key text max 500
-- answer: row or 404 Memory entry not found
delete from agent_memory
where key = :key
returning json_build_object('ok', true)
