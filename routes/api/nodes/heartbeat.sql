-- POST /api/v1/nodes/heartbeat
-- Says that a node is alive, and reads the command that waits for it, once. The database is written
-- at most once a minute.
-- also: /api/v1/worker/heartbeat
-- access: node
-- param: node_id text min 1 max 128
select postern.node_heartbeat(:node_id)
