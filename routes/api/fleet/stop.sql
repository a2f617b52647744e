-- POST /api/fleet/workers/{worker_id}/stop
-- Tells a worker to stop; it reads that with its next heartbeat.
-- also: /api/v1/fleet/workers/{worker_id}/stop
-- access: admin
-- param: worker_id text max 128
-- answer: row or 404 Worker not found
select postern.stop_worker(:worker_id)
