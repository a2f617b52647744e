-- POST /api/v1/nodes/heartbeat
-- Says that a node is alive and what it does, and reads the command that waits for it, once. Answers
-- {"ok", "command"}. The database is asked only when it has something to tell; beats are written down
-- together, once a minute.
-- also: /api/v1/worker/heartbeat
-- access: node
-- memory: beat
-- param: node_id text min 1 max 128
-- param: tested bigint? min 0
-- param: found bigint? min 0
-- param: search_type text? max 80
-- param: search_params text? max 1000
-- param: current text? max 200
-- param: checkpoint text? max 1000
-- param: metrics json?
select postern.node_beat(:node_id, json_strip_nulls(json_build_object(
    'tested', :tested, 'found', :found, 'search_type', :search_type, 'search_params', :search_params,
    'current', :current, 'checkpoint', :checkpoint, 'metrics', :metrics
)))
