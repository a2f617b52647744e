-- POST /api/agents/tasks/{id}/cancel
-- Cancels an open task, and the open ones below it.
-- also: /api/v1/agents/tasks/{id}/cancel
-- access: admin
-- param: id bigint
-- answer: row or 404 Task not found
select postern.cancel_task(:id)
