-- GET /api/v1/nodes/stats
-- The figures of the operator whose API key this is.
-- access: node
-- pool: read
select postern.operator_stats(postern.node_operator())
