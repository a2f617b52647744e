-- GET /api/v1/nodes/work
-- A block for a node, leased for ten minutes; a heartbeat prolongs it. 204 when there is none. `types`
-- are the search types that the node can compute; any, unless said.
-- also: /api/v1/work
-- access: node
-- pool: write
-- param: node_id text min 1 max 128
-- param: types text[]? max 20
-- answer: row or 204
select postern.node_work(:node_id, :types)
