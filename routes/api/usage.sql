-- GET /api/usage
-- What the caller has asked: the requests of this month beside the plan of the API key, and those of
-- the last days by key and tenant. For secret API keys, and for users, who see
-- those of their tenant; others see nothing.
-- also: /api/v1/usage
-- access: anyone
-- pool: read
-- param: days int = 30 min 1 max 400
select json_build_object('data', postern.own_usage(:days))
