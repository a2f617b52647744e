-- GET /api/usage/all
-- What everybody has asked in the last days, by day, API key (its name, beginning or id) and tenant.
-- also: /api/v1/usage/all
-- access: admin
-- pool: read
-- param: days int = 30 min 1 max 400
-- param: tenant text?
-- param: key text?
select json_build_object('data', postern.all_usage(:days, :tenant, :key))
